import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { load } from "./cli/load.ts"
import { LoggingPlain } from "./layers/Logging.ts"

const words = process.argv.slice(2)

/** Clients start the server with these words and wait for it: that needs no library to parse a command line. */
const isStdio = /^serve --stdio( --paper)?$|^serve --paper --stdio$/.test(words.join(" "))

const program = isStdio
  ? Effect.flatMap(
      load(() => import("./cli/server.ts")),
      ({ serverOverStdio }) => serverOverStdio(words.includes("--paper"))
    )
  : Effect.flatMap(
      load(() => import("./cli/commandLine.ts")),
      ({ commandLine }) => commandLine(words)
    )

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

program.pipe(
  Effect.catchAllCause(report),
  Effect.provide(LoggingPlain),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
