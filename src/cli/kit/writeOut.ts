import { Effect } from "effect"
import process from "node:process"

/**
 * Writes text to standard output as it is. The console of the command line would tidy what looks like help. A reader
 * that has gone away is no error.
 */
export const writeOut = (text: string): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    process.stdout.once("error", () => resume(Effect.void))
    process.stdout.write(text, () => resume(Effect.void))
  })
