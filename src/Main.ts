import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Runtime from "@effect/platform/Runtime"
import { Cause, Effect } from "effect"
import process from "node:process"
import { program } from "./cli/program.ts"
import { watchNpmShell } from "./layers/process/npmShell.ts"
import { LoggingPlain } from "./layers/telemetry/logging.ts"

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

NodeRuntime.runMain(program(process.argv.slice(2)), {
  disableErrorReporting: true,
  disablePrettyLogger: true,
  teardown: (exit, end) => {
    if (ending === undefined) for (const [signal, listener] of Object.entries(signals)) process.off(signal, listener)
    // A command that a signal ended keeps the exit code that it set for an early end.
    const early = ending === "signal" ? Number(process.exitCode ?? 0) : 0
    Runtime.defaultTeardown(exit, (code) => end(ending === "error" ? 1 : code || early))
  }
})
