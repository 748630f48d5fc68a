import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Runtime from "@effect/platform/Runtime"
import { Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { load } from "./layers/process/load.ts"
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

/** Errors that somebody can act on are a sentence on stderr: exit code 2 for usage and settings, 1 for the rest. */
const report = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const error = Option.getOrUndefined(Cause.failureOption(cause))
    process.exitCode = usage.has(Object(error)._tag) ? 2 : 1
    if (error instanceof Error && "_tag" in error) return yield* Console.error(error.message)
    yield* Effect.logFatal("Internal error", cause)
  })

const usage = new Set(["UsageError", "SettingsError"])

/** The early end of the program, if there is one: by a signal, or by an error that nothing caught. */
let ending: "signal" | "error" | undefined

const onSignal = () => {
  ending ??= "signal"
}

// The runtime listens for the first SIGINT or SIGTERM by itself. Another one, such as a Ctrl-C that npx passes on, ends no
// write that is unsettled. A terminal that closes sends SIGHUP.
const signals = { SIGINT: onSignal, SIGTERM: onSignal, SIGHUP: () => process.emit("SIGTERM") }
for (const [signal, listener] of Object.entries(signals)) process.on(signal, listener)

// Such as one of a listener of Node's.
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
      Runtime.defaultTeardown(exit, (code) => end(ending === "error" ? 1 : code))
    }
  })
)
