import { Effect } from "effect"
import { execFile } from "node:child_process"
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { env as environment } from "node:process"
import { temporaryFolder } from "../temporaryFolder.ts"
import { readYaml, root } from "./files.ts"

type Place = readonly [workflow: string, job: string, step?: string]

interface Step {
  readonly id?: string
  readonly name?: string
  readonly run?: string
}

/** Finds the shell script of a step by its name or id, or of the only step of its job. */
export const scriptOf = ([workflow, job, step]: Place): string => {
  const steps: ReadonlyArray<Step> = readYaml(`.github/workflows/${workflow}.yml`).jobs[job].steps
  const found = steps.flatMap(({ id, name, run }) =>
    run !== undefined && (step === undefined || [id, name].includes(step)) ? [run] : []
  )
  if (found.length !== 1) throw new Error(`${workflow}.yml, ${job}: ${found.length} steps are called ${step}`)
  return found[0] ?? ""
}

/** Makes a folder in which workflow steps run as on GitHub, with stand-ins for some programs. */
export const makeRunner = Effect.map(temporaryFolder, (folder) => {
  const at = (name: string) => join(folder, name)
  const [bin, calls, output, workspace] = [at("bin"), at("calls"), at("output"), at("workspace")]
  for (const path of [bin, workspace]) mkdirSync(path)
  return {
    folder,
    workspace,
    /** Replaces a program with a script that records its arguments and then runs `does`. */
    pretend: (program: string, does: string) => {
      const path = join(bin, program)
      writeFileSync(path, `#!/bin/sh\nprintf '%s\\n' "${program} $*" >> '${calls}'\n${does}\n`)
      chmodSync(path, 0o755)
    },
    /** Runs a step, and returns its output, its step outputs and its calls of replaced programs. */
    run: Effect.fnUntraced(function* (place: Place, variables: Readonly<Record<string, string>>) {
      for (const file of [output, calls]) writeFileSync(file, "")
      const ended = yield* execute("bash", ["-eo", "pipefail", "-c", scriptOf(place)], {
        cwd: workspace,
        env: {
          PATH: `${bin}:${environment["PATH"]}`,
          GITHUB_OUTPUT: output,
          GITHUB_REPOSITORY: "Octo/mcp-kraken",
          ...variables
        }
      })
      const lines = (file: string) => readFileSync(file, "utf8").split("\n").slice(0, -1)
      return { ...ended, output: lines(output), calls: lines(calls) }
    })
  }
})

/** Makes a runner with a clone of a repository that has a branch `dev`. */
export const makeClone = Effect.gen(function* () {
  const { folder, run, workspace } = yield* makeRunner
  const git = (...args: ReadonlyArray<string>) =>
    Effect.map(
      execute("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: workspace }),
      ({ stdout }) => stdout.trim()
    )
  yield* git("init", "--quiet", "--bare", join(folder, "origin"))
  yield* git("clone", "--quiet", join(folder, "origin"), ".")
  mkdirSync(join(workspace, "scripts"))
  cpSync(join(root, "scripts/release-tags.mjs"), join(workspace, "scripts/release-tags.mjs"))
  return {
    git,
    run,
    /** Commits to a branch and checks it out. */
    commit: Effect.fnUntraced(function* (branch: string) {
      yield* git("commit", "--quiet", "--allow-empty", "--message", "change")
      yield* git("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`)
      return yield* git("rev-parse", "HEAD")
    })
  }
})

const execute = (
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }
) =>
  Effect.async<{ readonly status: number | null; readonly stdout: string }>((resume) => {
    const child = execFile(program, args, { ...options, encoding: "utf8" }, (_, stdout) =>
      resume(Effect.succeed({ status: child.exitCode, stdout }))
    )
  })
