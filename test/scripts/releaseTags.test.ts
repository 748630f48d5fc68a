import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { resolve } from "node:path"
import { planRelease } from "../../scripts/release-tags.mjs"
import { temporaryFolder } from "../temporaryFolder.ts"

describe("release-tags", () => {
  it("gives a release all its names, with and without a v, and latest", () => {
    assert.deepStrictEqual(planRelease("v1.2.3", ["v1.2.3", "v1.2.2", "v0.9.0", "v1.2.4-rc1", "other"]), {
      version: "1.2.3",
      tags: ["1.2.3", "v1.2.3"],
      movingTags: ["1.2", "1", "v1.2", "v1", "latest"],
      prerelease: false,
      latest: true,
      npmTag: "latest"
    })
  })

  it("gives a candidate names of its own, and never latest", () => {
    assert.deepStrictEqual(planRelease("v1.3.0-rc2", ["v1.3.0-rc2", "v1.3.0-rc1", "v1.2.3"]), {
      version: "1.3.0-rc2",
      tags: ["1.3.0-rc2", "v1.3.0-rc2"],
      movingTags: ["1.3-rc2", "1-rc2", "v1.3-rc2", "v1-rc2"],
      prerelease: true,
      latest: false,
      npmTag: "rc"
    })
    assert.notInclude(planRelease("v1.0.0-rc1").movingTags, "latest")
  })

  it("takes nothing from a newer line for a release of an older one", () => {
    const tags = ["v1.2.3", "v1.2.4", "v1.10.0", "v2.0.0"]
    assert.deepInclude(planRelease("v1.2.4", tags), {
      tags: ["1.2.4", "v1.2.4"],
      movingTags: ["1.2", "v1.2"],
      latest: false,
      npmTag: "release-1.2"
    })
    assert.deepStrictEqual(planRelease("v1.2.3", tags).movingTags, [])
    assert.deepInclude(planRelease("v1.10.0", tags), {
      latest: false,
      movingTags: ["1.10", "1", "v1.10", "v1"]
    })
    assert.deepStrictEqual(planRelease("v1.2.5-rc1", ["v1.3.0-rc1"]).movingTags, ["1.2-rc1", "v1.2-rc1"])
  })

  it.each(["1.2.3", "v1.2", "v01.2.3", "v1.2.3-rc", "v1.2.3-rc0", "v1.2.3-beta1", "v1.2.3 ", ""])(
    "is told in a sentence that %j is no release",
    (tag) => {
      assert.throws(() => planRelease(tag), "expected vX.Y.Z or vX.Y.Z-rcN")
    }
  )

  it.scoped("prints what a workflow reads, of the repository that it runs in", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const git = (...args: ReadonlyArray<string>) =>
        spawnSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: folder })
      git("init", "--quiet")
      git("commit", "--quiet", "--allow-empty", "--message", "change")
      for (const tag of ["v1.2.3-rc1", "v1.3.0-rc1"]) git("tag", tag)
      const script = resolve(import.meta.dirname, "../../scripts/release-tags.mjs")
      const run = (tag: string) => spawnSync(process.execPath, [script, tag], { cwd: folder, encoding: "utf8" })
      assert.deepInclude(run("v1.2.3-rc1"), {
        status: 0,
        stdout: [
          "version=1.2.3-rc1",
          "tags=1.2.3-rc1 v1.2.3-rc1",
          "moving-tags=1.2-rc1 v1.2-rc1",
          "prerelease=true",
          "latest=false",
          "npm-tag=rc\n"
        ].join("\n")
      })
      assert.deepInclude(run("1.2.3"), { status: 1, stdout: "" })
    })
  )
})
