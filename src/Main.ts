import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { Array, Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { exchange } from "./cli/exchange.ts"
import { health } from "./cli/health.ts"
import { Output } from "./cli/output.ts"
import { serve } from "./cli/serve.ts"
import { token } from "./cli/token.ts"
import { version as versionCommand } from "./cli/version.ts"
import { LoggingPlain } from "./layers/Logging.ts"
import { version } from "./version.ts"

const command = Command.make("mcp-kraken").pipe(
  Command.withDescription("Kraken for AI agents: an MCP server for the Kraken Spot REST API"),
  Command.withSubcommands([serve, token, health, exchange, versionCommand])
)

/** Errors that somebody can act on are a sentence on stderr: exit code 2 for usage and settings, 1 for the rest. */
const report = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const error = Option.getOrUndefined(Cause.failureOption(cause))
    const isUsage = ValidationError.isValidationError(error) || usage.has(Object(error)._tag)
    process.exitCode = isUsage ? 2 : 1
    // The command line has told its own errors already.
    if (ValidationError.isValidationError(error)) return
    if (error instanceof Error && "_tag" in error) return yield* Console.error(error.message)
    yield* Effect.logFatal("Internal error", cause)
  })

const usage = new Set(["UsageError", "SettingsError"])

const [node = "", script = "", ...words] = process.argv
const args = words.length === 0 ? ["--help"] : words

/** The words that name a command, for its help. */
const path = ["mcp-kraken", ...Array.takeWhile(words, (word) => /^[a-z]+$/.test(word))].slice(0, 3).join(" ")

Command.run(command, { name: "mcp-kraken", version })([node, script, ...args]).pipe(
  Effect.catchAllCause(report),
  Effect.provide([
    NodeFileSystem.layer,
    NodePath.layer,
    NodeTerminal.layer,
    CliConfig.layer({ showBuiltIns: false }),
    LoggingPlain,
    Output(process, path)
  ]),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
