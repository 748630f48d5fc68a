import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { env as environment } from "node:process"
import { temporaryFolder } from "../temporaryFolder.ts"
import { readYaml, root } from "./files.ts"

const { jobs } = readYaml(".github/workflows/release.yml")

/** What a job does in a shell of its own. */
const script = (job: string): string => jobs[job].steps.find(({ run }: { run?: string }) => run !== undefined).run

/** A clone of a repository with a branch dev, as a runner has it. */
const makeClone = Effect.map(temporaryFolder, (folder) => {
  const clone = join(folder, "clone")
  const git = (...args: ReadonlyArray<string>) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
      cwd: clone,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"]
    }).trim()
  execFileSync("git", ["init", "--quiet", "--bare", join(folder, "origin")])
  execFileSync("git", ["clone", "--quiet", join(folder, "origin"), clone], { stdio: "ignore" })
  mkdirSync(join(clone, "scripts"))
  cpSync(join(root, "scripts/release-tags.mjs"), join(clone, "scripts/release-tags.mjs"))
  return {
    git,
    commit: (branch: string) => {
      git("commit", "--quiet", "--allow-empty", "--message", "change")
      git("push", "--quiet", "origin", `HEAD:${branch}`)
      return git("rev-parse", "HEAD")
    },
    /** Runs a job's shell for a tag on a commit; what it said, and what it put out. */
    run: (job: string, tag: string, sha: string) => {
      const output = join(folder, "output")
      writeFileSync(output, "")
      const env = { PATH: environment["PATH"], GITHUB_SHA: sha, GITHUB_REF_NAME: tag, GITHUB_OUTPUT: output }
      const { status, stdout } = spawnSync("bash", ["-eo", "pipefail", "-c", script(job)], {
        cwd: clone,
        env,
        encoding: "utf8"
      })
      return { status, stdout, output: readFileSync(output, "utf8") }
    }
  }
})

/** Milliseconds: many small programs run here. */
const patience = 120_000

describe("a release", () => {
  it.scoped(
    "is planned from its tag and those before it, on a commit of dev alone",
    () =>
      Effect.gen(function* () {
        const { commit, git, run } = yield* makeClone
        const first = commit("dev")
        git("tag", "v1.0.0")
        git("tag", "v2.0.0", commit("dev"))
        const planned = run("plan", "v1.0.0", first)
        assert.strictEqual(planned.status, 0)
        assert.include(planned.output, "tags=1.0.0 1.0 1 v1.0.0 v1.0 v1\n")
        assert.include(planned.output, "latest=false\n")
        assert.include(run("plan", "v2.0.0", git("rev-parse", "HEAD")).output, "latest=true\n")
        const topic = run("plan", "v2.0.1", commit("topic"))
        assert.deepStrictEqual(topic, { status: 1, stdout: "::error::v2.0.1 is not on a commit of dev.\n", output: "" })
        assert.notStrictEqual(run("plan", "version", first).status, 0)
      }),
    patience
  )

  it.scoped(
    "moves main forward, and warns where that can't be",
    () =>
      Effect.gen(function* () {
        const { commit, git, run } = yield* makeClone
        const main = () => git("ls-remote", "origin", "refs/heads/main").split("\t")[0]
        const [first, second] = [commit("dev"), commit("dev")]
        assert.deepInclude(run("main", "v1.0.0", first), { status: 0, stdout: "" })
        assert.strictEqual(main(), first)
        assert.deepInclude(run("main", "v1.1.0", second), { status: 0, stdout: "" })
        assert.strictEqual(main(), second)
        const { status, stdout } = run("main", "v1.0.1", first)
        assert.strictEqual(stdout, "::warning::main could not be fast-forwarded to v1.0.1: do it by hand.\n")
        assert.strictEqual(status, 0)
        assert.strictEqual(main(), second)
      }),
    patience
  )
})
