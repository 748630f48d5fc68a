import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import { Effect, HashMap } from "effect"
import process from "node:process"
import { load } from "../layers/process/load.ts"
import { version } from "../version.ts"
import { approvals } from "./approvals/approvals.ts"
import { audit } from "./audit/audit.ts"
import { call, tools } from "./call/call.ts"
import { exitCodesHelp } from "./call/exitCodes.ts"
import { doctor } from "./doctor/doctor.ts"
import { control, exchange } from "./exchange/exchange.ts"
import { health } from "./health/health.ts"
import { checkWords, type Commands } from "./kit/checkWords.ts"
import { Output } from "./kit/output.ts"
import { migrate } from "./migrate/migrate.ts"
import { operator } from "./operator/operator.ts"
import { panic, resume } from "./panic/panic.ts"
import { paper } from "./paper/paper.ts"
import { serve } from "./serve.ts"
import { setup } from "./setup/setup.ts"
import { state } from "./state/state.ts"
import { token } from "./token/token.ts"
import { version as versionCommand } from "./version.ts"

const commands = [
  setup,
  serve,
  call,
  tools,
  panic,
  resume,
  token,
  operator,
  approvals,
  audit,
  state,
  paper,
  doctor,
  health,
  exchange,
  migrate,
  versionCommand
] as const

/** The subcommands of each command. */
const names: Commands = new Map([
  ["setup", Command.getSubcommands(setup)],
  ["serve", Command.getSubcommands(serve)],
  ["call", Command.getSubcommands(call)],
  ["tools", Command.getSubcommands(tools)],
  ["panic", Command.getSubcommands(panic)],
  ["resume", Command.getSubcommands(resume)],
  ["token", Command.getSubcommands(token)],
  ["operator", Command.getSubcommands(operator)],
  ["approvals", Command.getSubcommands(approvals)],
  ["audit", Command.getSubcommands(audit)],
  ["state", Command.getSubcommands(state)],
  ["paper", Command.getSubcommands(paper)],
  ["doctor", Command.getSubcommands(doctor)],
  ["health", Command.getSubcommands(health)],
  ["exchange", Command.getSubcommands(exchange)],
  ["migrate", Command.getSubcommands(migrate)],
  ["version", Command.getSubcommands(versionCommand)]
])

const command = Command.make("mcp-kraken").pipe(
  Command.withDescription("Kraken for AI agents: an MCP server for the Kraken Spot REST API"),
  Command.withSubcommands(commands)
)

const run = Command.run(command, { name: "mcp-kraken", version })

/** Texts below the help of a command. */
const more: Readonly<Record<string, string>> = {
  "mcp-kraken exchange": control,
  "mcp-kraken call": exitCodesHelp
}

/** Gets the names of tools for a script of completions, and loads them for that only. */
const toolNamesFor = (words: ReadonlyArray<string>) =>
  words.some((word) => word.startsWith("--completions"))
    ? Effect.map(
        load(() => import("../server/toolNames.ts")),
        ({ toolNames }) => toolNames
      )
    : Effect.succeed([])

/** Returns the words of the command, for its help. */
const pathOf = ([first = "", second = ""]: ReadonlyArray<string>): ReadonlyArray<string> => {
  const below = names.get(first)
  if (below === undefined) return []
  return second !== first && HashMap.has(below, second) ? [first, second] : [first]
}

/** Runs the command that the arguments name. */
export const commandLine = Effect.fn("commandLine")(function* (words: ReadonlyArray<string>) {
  const completed = yield* toolNamesFor(words)
  const path = ["mcp-kraken", ...pathOf(words)].join(" ")
  yield* checkWords(names, words).pipe(
    Effect.zipRight(run(["node", "mcp-kraken", ...(words.length === 0 ? ["--help"] : words)])),
    // The library has already reported its own errors.
    Effect.catchIf(ValidationError.isValidationError, () =>
      Effect.sync(() => {
        process.exitCode = 2
      })
    ),
    Effect.provide([
      NodeFileSystem.layer,
      NodePath.layer,
      NodeTerminal.layer,
      CliConfig.layer({ showBuiltIns: false }),
      Output(process, path, more[path] ?? "", completed)
    ])
  )
})
