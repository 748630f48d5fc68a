import { Effect } from "effect"
import { realpathSync } from "node:fs"
import process, { env } from "node:process"
import { homeFolder } from "../../../layers/settings/homeFolder.ts"
import type { Start } from "./connection.ts"
import type { Place } from "./place.ts"
import { SetupRefusal } from "./refusal.ts"

/** The machine and the user that run this program. Fails for a user without a home folder. */
export const thisPlace: Effect.Effect<Place, SetupRefusal> = Effect.suspend(() => {
  const home = homeFolder()
  return home === undefined
    ? new SetupRefusal({ message: "This user has no home folder, in which clients keep their configuration." })
    : Effect.succeed({ platform: process.platform, home, environment: env })
})

/** The command that starts this program's server over stdio, with absolute paths: clients start it in any folder. */
export const startWith = (flags: ReadonlyArray<string>): Start => ({
  _tag: "Stdio",
  command: process.execPath,
  args: [realpathSync(process.argv[1] ?? ""), "serve", "--stdio", ...flags]
})

/** Checks that this program runs from the cache of `npx`, whose files npm can remove at any time. */
export const isCached = (): boolean => /[\\/]_npx[\\/]/.test(process.argv[1] ?? "")
