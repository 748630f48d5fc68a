import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Runtime from "@effect/platform/Runtime"
import { Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { escapeLines } from "./domain/wire/escapeText.ts"
import { load } from "./layers/process/load.ts"
import { watchNpmShell } from "./layers/process/npmShell.ts"
import { stdioWords } from "./cli/stdioWords.ts"
import { LoggingPlain } from "./layers/telemetry/logging.ts"

const words = process.argv.slice(2)

const program = Option.match(stdioWords(words), {
  onNone: () =>
    Effect.flatMap(
      load(() => import("./cli/commandLine.ts")),
      ({ commandLine }) => commandLine(words)
    ),
  onSome: ({ envFile, paper }) =>
    Effect.flatMap(
      load(() => import("./server/server.ts")),
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

/** The reason for which the program ends early, if it does: a signal, or an uncaught error. */
let ending: "signal" | "error" | undefined

const onSignal = () => {
  ending ??= "signal"
}

// The runtime listens for the first SIGINT or SIGTERM itself. These listeners stay, so that a second one, such as a Ctrl-C
// that npx passes on, does not end an unsettled write. A terminal that closes sends SIGHUP.
const signals = { SIGINT: onSignal, SIGTERM: onSignal, SIGHUP: () => process.emit("SIGTERM") }
for (const [signal, listener] of Object.entries(signals)) process.on(signal, listener)
watchNpmShell(() => process.emit("SIGTERM"))

// Errors outside of Effect, as in a listener of a Node stream.
process.on("uncaughtException", (error) => {
  ending = "error"
  Effect.runFork(Effect.provide(Effect.logFatal("Internal error", Cause.die(error)), LoggingPlain))
  process.emit("SIGTERM")
})

program.pipe(
  Effect.catchAllCause(report),
  Effect.provide(LoggingPlain),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    disablePrettyLogger: true,
    teardown: (exit, end) => {
      if (ending === undefined) for (const [signal, listener] of Object.entries(signals)) process.off(signal, listener)
      // A command that a signal ended keeps the exit code that it set for an early end.
      const early = ending === "signal" ? Number(process.exitCode ?? 0) : 0
      Runtime.defaultTeardown(exit, (code) => end(ending === "error" ? 1 : code || early))
    }
  })
)
