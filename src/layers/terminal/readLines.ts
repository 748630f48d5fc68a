import { Effect } from "effect"
import { createReadStream } from "node:fs"
import { text } from "node:stream/consumers"
import { isatty } from "node:tty"

/**
 * Makes the read of all lines of a file descriptor to its end, which is done once. Fails with the end of a sentence. A
 * terminal is refused, since it would show what is typed.
 */
export const readLines = (descriptor: number, longest: number): Effect.Effect<ReadonlyArray<string>, string> =>
  Effect.runSync(
    Effect.cached(
      Effect.suspend(() =>
        isatty(descriptor)
          ? Effect.fail("is a terminal.")
          : Effect.tryPromise({
              try: () => text(createReadStream("", { fd: descriptor, autoClose: false, end: 4 * longest })),
              catch: (error) => `can't be read: ${error instanceof Error ? error.message : String(error)}.`
            })
      ).pipe(Effect.map((read) => read.split(/\r?\n/)))
    )
  )
