import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { readYaml } from "./files.ts"
import { makeClone, makeRunner, scriptOf } from "./workflowRunner.ts"

/** Timeout in milliseconds, since these tests run many small programs. */
const patience = 120_000

describe("a release", () => {
  it.scoped(
    "is on a commit of dev alone",
    () =>
      Effect.gen(function* () {
        const { commit, run } = yield* makeClone
        const check = (tag: string) => run(["release", "plan", "On dev"], { GITHUB_REF_NAME: tag })
        yield* commit("dev")
        assert.deepInclude(yield* check("v2.0.0"), { status: 0, stdout: "" })
        yield* commit("topic")
        assert.deepInclude(yield* check("v2.0.1"), {
          status: 1,
          stdout: "::error::v2.0.1 is not on a commit of dev.\n"
        })
      }),
    patience
  )

  it.scoped(
    "is planned wherever something moves, from the tags that there are then",
    () =>
      Effect.gen(function* () {
        const { commit, git, run } = yield* makeClone
        const places = [
          ["release", "plan", "plan"],
          ["release", "npm", "plan"],
          ["release", "release", "plan"],
          ["release", "latest", "plan"],
          ["image", "tag", "plan"]
        ] as const
        assert.lengthOf([...new Set(places.map(scriptOf))], 1)
        const plan = (tag: string) => run(places[0], { GITHUB_REF_NAME: tag })
        yield* commit("dev")
        yield* git("tag", "v1.0.0")
        const { output } = yield* plan("v1.0.0")
        assert.includeMembers(output, [
          "tags=1.0.0 v1.0.0",
          "moving-tags=1.0 1 v1.0 v1 latest",
          "latest=true",
          "npm-tag=latest"
        ])
        yield* git("tag", "v2.0.0")
        const { output: later } = yield* plan("v1.0.0")
        assert.includeMembers(later, ["moving-tags=1.0 1 v1.0 v1", "latest=false", "npm-tag=release-1.0"])
        assert.deepInclude(yield* plan("version"), { status: 1, output: [] })
      }),
    patience
  )

  it.scoped("gives its names to the images of both processors, and to no less", () =>
    Effect.gen(function* () {
      const { pretend, run, workspace } = yield* makeRunner
      pretend("docker", "")
      const add = (digest: string) => writeFileSync(join(workspace, digest), "")
      const tag = run(["image", "tag", "Tag both as one"], { TAGS: "1.0.0 v1.0.0" })
      add("abc")
      assert.deepInclude(yield* tag, { status: 1, calls: [] })
      add("def")
      const image = "ghcr.io/octo/mcp-kraken"
      const [names, parts] = [`--tag ${image}:1.0.0 --tag ${image}:v1.0.0`, `${image}@sha256:abc ${image}@sha256:def`]
      assert.deepInclude(yield* tag, { status: 0, calls: [`docker buildx imagetools create ${names} ${parts}`] })
    })
  )

  it.scoped("goes to npm once", () =>
    Effect.gen(function* () {
      const { pretend, run } = yield* makeRunner
      const publish = run(["release", "npm", "Publish"], { MCP_KRAKEN_VERSION: "1.0.0", NPM_TAG: "latest" })
      // The answer of npm for an unknown package.
      pretend("npm", `[ "$1" = publish ] || { echo E404 >&2; exit 1; }`)
      assert.deepStrictEqual((yield* publish).calls.slice(1), ["npm publish --provenance --access public --tag latest"])
      pretend("npm", "echo 1.0.0")
      assert.deepStrictEqual((yield* publish).calls.slice(1), [])
    })
  )

  it.scoped("is told on GitHub once, with what there is to download", () =>
    Effect.gen(function* () {
      const { pretend, run, workspace } = yield* makeRunner
      const variables = { GITHUB_REF_NAME: "v1.0.0-rc1", PRERELEASE: "true" }
      const release = run(["release", "release", "Release"], variables)
      for (const name of ["server.json", "x.mcpb"]) writeFileSync(join(workspace, name), name)
      pretend("gh", `[ "$2" = create ] || { echo 'release not found' >&2; exit 1; }`)
      assert.deepStrictEqual((yield* release).calls.slice(1), [
        "gh release create v1.0.0-rc1 --verify-tag --generate-notes --prerelease=true --latest=false " +
          "-- SHA256SUMS server.json x.mcpb"
      ])
      const sums = readFileSync(join(workspace, "SHA256SUMS"), "utf8")
      assert.match(sums, /^[0-9a-f]{64} {2}server\.json\n[0-9a-f]{64} {2}x\.mcpb\n$/)
      pretend("gh", "echo false")
      assert.deepStrictEqual((yield* release).calls.slice(1), [])
    })
  )

  it.scoped("moves the names that people use without a version once it is out and was tried, to the tested image", () =>
    Effect.gen(function* () {
      const { jobs } = readYaml(".github/workflows/release.yml")
      const needed = (job: string): ReadonlyArray<string> =>
        [jobs[job].needs ?? []].flat().flatMap((name: string) => [name, ...needed(name)])
      assert.includeMembers([...needed("latest")], ["verify", "npm", "release", "desktop", "plugin", "image", "test"])
      assert.includeMembers([...needed("main")], ["latest"])
      assert.includeMembers([...needed("npm")], ["desktop", "plugin", "image"])
      const { pretend, run } = yield* makeRunner
      pretend("docker", "")
      const move = (TAGS: string) =>
        run(["release", "latest", "Move the names of the image"], { TAGS, VERSION: "1.0.0" })
      const image = "ghcr.io/octo/mcp-kraken"
      assert.deepInclude(yield* move("1.0 latest"), {
        status: 0,
        calls: [`docker buildx imagetools create --tag ${image}:1.0 --tag ${image}:latest ${image}:1.0.0`]
      })
      assert.deepInclude(yield* move(""), { status: 0, calls: [] })
    })
  )

  it("runs image and bundles on machines of their kind before anybody can get them", () => {
    const stepsOf = (workflow: string, job: string): ReadonlyArray<string> =>
      readYaml(`.github/workflows/${workflow}.yml`).jobs[job].steps.map(({ run = "", uses = "" }) => run + uses)
    const before = (steps: ReadonlyArray<string>, tried: RegExp, published: RegExp) => {
      const [at, then] = [tried, published].map((what) => steps.findIndex((step) => what.test(step)))
      assert.isAtLeast(at ?? -1, 0)
      assert.isAbove(then ?? -1, at ?? Infinity)
    }
    before(stepsOf("image", "build"), /npm run container/, /upload-artifact/)
    before(stepsOf("release", "desktop"), /try-bundle/, /upload-artifact/)
    before(stepsOf("release", "plugin"), /try-bundle/, /upload-artifact/)
  })

  it.scoped(
    "moves main forward, and warns where that can't be",
    () =>
      Effect.gen(function* () {
        const { commit, git, run } = yield* makeClone
        const main = Effect.map(git("ls-remote", "origin", "refs/heads/main"), (line) => line.split("\t")[0])
        const move = (tag: string) => run(["release", "main"], { GITHUB_REF_NAME: tag })
        const first = yield* commit("dev")
        assert.deepInclude(yield* move("v1.0.0"), { status: 0, stdout: "" })
        assert.strictEqual(yield* main, first)
        const second = yield* commit("dev")
        assert.deepInclude(yield* move("v1.1.0"), { status: 0, stdout: "" })
        assert.strictEqual(yield* main, second)
        yield* git("checkout", "--quiet", first)
        assert.deepInclude(yield* move("v1.0.1"), {
          status: 0,
          stdout: "::warning::main could not be fast-forwarded to v1.0.1: do it by hand.\n"
        })
        assert.strictEqual(yield* main, second)
      }),
    patience
  )
})

describe("an image of dev", () => {
  it.scoped("is called dev where no newer push has passed", () =>
    Effect.gen(function* () {
      const { pretend, run } = yield* makeRunner
      const name = run(["dev-publish", "name"], { SHA: "1234567890" })
      pretend("gh", "echo 1234567890")
      assert.deepInclude(yield* name, { output: ["sha7=1234567", "tags=dev dev-1234567"] })
      pretend("gh", "echo 234567890a")
      assert.deepInclude(yield* name, { output: ["sha7=1234567", "tags=dev-1234567"] })
    })
  )
})
