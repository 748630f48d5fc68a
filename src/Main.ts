import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { Cause, Console, Effect, Option } from "effect"
import process from "node:process"
import { serve } from "./cli/serve.ts"
import { token } from "./cli/token.ts"
import { version as versionCommand } from "./cli/version.ts"
import { LoggingPlain } from "./layers/Logging.ts"
import { version } from "./version.ts"

const command = Command.make("mcp-kraken").pipe(
  Command.withDescription("Kraken for AI agents: an MCP server for the Kraken Spot REST API"),
  Command.withSubcommands([serve, token, versionCommand])
)

/** Errors that somebody can act on are a sentence on stderr: exit code 2 for usage and settings, 1 for the rest. */
const report = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    if (Cause.isInterruptedOnly(cause)) return
    const error = Option.getOrUndefined(Cause.failureOption(cause))
    const tag = Object(error)._tag
    process.exitCode =
      ValidationError.isValidationError(error) || tag === "UsageError" || tag === "SettingsError" ? 2 : 1
    // The command line has told its own errors already.
    if (ValidationError.isValidationError(error)) return
    yield* Console.error(
      error instanceof Error && tag !== undefined ? error.message : `Internal error\n${Cause.pretty(cause)}`
    )
  })

const args = process.argv.length > 2 ? process.argv : [...process.argv, "--help"]

Command.run(command, { name: "mcp-kraken", version })(args).pipe(
  Effect.catchAllCause(report),
  Effect.provide([
    NodeFileSystem.layer,
    NodePath.layer,
    NodeTerminal.layer,
    CliConfig.layer({ showBuiltIns: false }),
    LoggingPlain
  ]),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
