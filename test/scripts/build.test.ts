import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { versionOf } from "../../scripts/build.mjs"

describe("the version that a build carries", () => {
  let folder = ""

  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: folder,
      encoding: "utf8"
    })

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "mcp-kraken-version-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const commit = () => {
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "first")
  }

  it("is the tag of the commit, a release before its candidates", () => {
    commit()
    git("tag", "not-a-version")
    git("tag", "v1.10.0-rc2")
    assert.strictEqual(versionOf(folder), "1.10.0-rc2")
    git("tag", "v1.10.0")
    assert.strictEqual(versionOf(folder), "1.10.0")
  })

  it("names the commit where there is no tag", () => {
    commit()
    assert.strictEqual(versionOf(folder), `0.0.0-dev+${git("rev-parse", "HEAD").slice(0, 7)}`)
  })

  it("does not take the tag of a repository around it", () => {
    commit()
    git("tag", "v9.9.9")
    const inner = join(folder, "inner")
    mkdirSync(inner)
    assert.strictEqual(versionOf(inner), "0.0.0-dev")
  })

  it("is 0.0.0-dev without git", () => {
    assert.strictEqual(versionOf(folder), "0.0.0-dev")
  })
})
