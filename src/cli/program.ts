import { Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { escapeLines } from "../domain/wire/escapeText.ts"
import { load } from "../layers/process/load.ts"
import { LoggingPlain } from "../layers/telemetry/logging.ts"
import { stdioWords } from "./stdioWords.ts"

/** Runs what the arguments name, and reports its failure. The result is on the streams and in the exit code of the process. */
export const program = (words: ReadonlyArray<string>) =>
  chosen(words).pipe(Effect.catchAllCause(report), Effect.provide(LoggingPlain))

const chosen = (words: ReadonlyArray<string>) =>
  Option.match(stdioWords(words), {
    onNone: () =>
      Effect.flatMap(
        load(() => import("./commandLine.ts")),
        ({ commandLine }) => commandLine(words)
      ),
    onSome: ({ envFile, paper }) =>
      Effect.flatMap(
        load(() => import("../server/server.ts")),
        ({ serverOverStdio }) => serverOverStdio(paper, envFile)
      )
  })

/** Reports an error that the user can act on as a sentence on stderr. Exit code 2 for usage and settings, 1 for the rest. */
const report = Effect.fnUntraced(function* (cause: Cause.Cause<unknown>) {
  if (Cause.isInterruptedOnly(cause)) return
  const error = Option.getOrUndefined(Cause.failureOption(cause))
  process.exitCode = usage.has(Object(error)._tag) ? 2 : 1
  if (error instanceof Error && "_tag" in error) return yield* Console.error(escapeLines(error.message))
  yield* Effect.logFatal("Internal error", cause)
})

const usage = new Set(["UsageError", "SettingsError", "UnknownLimitNames"])
