import { Effect } from "effect"
import { execFile } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { type Place, programPaths } from "./kit/place.ts"
import { SetupRefusal } from "./kit/refusal.ts"

/** Finds a program as a shell would. Undefined if there is none. */
export const findProgram = (name: string, place: Place): string | undefined =>
  programPaths(place, name).find(isExecutable)

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** The longest time for a client's own command, in milliseconds. */
const patience = 30_000

/** The most characters of its output that are quoted. */
const longest = 300

/** Runs a client's own command in the home folder. Fails with what it printed. */
export const runOwn = (program: string, args: ReadonlyArray<string>, place: Place): Effect.Effect<void, SetupRefusal> =>
  Effect.async<void, SetupRefusal>((resume) => {
    const options = { cwd: place.home, env: { ...place.environment }, timeout: patience, windowsHide: true }
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resume(Effect.void)
      const said = (stderr.trim() === "" ? stdout : stderr).trim()
      const why = said === "" ? error.message : said
      resume(
        new SetupRefusal({ message: `${program} ${args.slice(0, 2).join(" ")}: ${escapeText(why.slice(0, longest))}` })
      )
    })
    child.stdin?.end()
    return Effect.sync(() => child.kill())
  })
