import { Console, Effect, Option, Predicate } from "effect"
import process from "node:process"
import { text } from "node:stream/consumers"
import { escapeLines } from "../../domain/wire/escapeText.ts"
import { parse } from "../../layers/mcp/protocol/messages.ts"
import type { CallEnd, Watcher } from "../../server/answerCall.ts"
import { callTool, listTools, type ShellOptions } from "../../server/fromShell.ts"
import { toolNames } from "../../server/toolNames.ts"
import { noSuch } from "../kit/checkWords.ts"
import { UsageError } from "../kit/errors.ts"
import { printJson } from "../kit/printJson.ts"
import { writeOut } from "../kit/writeOut.ts"
import { answerTables } from "./answerTables.ts"
import { exitCodeOf, exitCodes } from "./exitCodes.ts"
import { toolHelp, toolList } from "./toolHelp.ts"

interface CallOptions extends ShellOptions {
  readonly tool: string
  /** The arguments as JSON, on the command line. */
  readonly args: Option.Option<string>
  /** The same as an option; `-` reads standard input. */
  readonly json: Option.Option<string>
  readonly table: boolean
}

/** Calls a tool and prints its answer. The exit code tells its end. */
export const call = Effect.fn("call")(function* (options: CallOptions) {
  const { tool } = options
  if (!toolNames.includes(tool)) return yield* noSuch("tool", tool, toolNames)
  const args = yield* argumentsOf(options)
  const watcher: Watcher = {
    progress: (message) => {
      if (process.stderr.isTTY) process.stderr.write(`${escapeLines(message)}\n`)
    },
    waiting: say("Stopped while a write is on its way: waiting for its outcome, 30 s at most."),
    end: (end) => print(end, options)
  }
  yield* Effect.onInterrupt(callTool({ tool, args }, options, watcher), () =>
    // The signal came before the call began.
    Effect.sync(() => (process.exitCode ??= exitCodes.stopped))
  )
})

/** Lists the tools, or describes one of them. */
export const tools = Effect.fn("tools")(function* ({
  json,
  tool,
  ...options
}: ShellOptions & { readonly json: boolean; readonly tool: Option.Option<string> }) {
  if (Option.isSome(tool) && !toolNames.includes(tool.value)) return yield* noSuch("tool", tool.value, toolNames)
  const offered = yield* listTools(options)
  if (Option.isNone(tool)) {
    const definitions = offered.map(({ definition }) => definition)
    return yield* writeOut(json ? `${printJson(definitions)}\n` : `${toolList(offered)}\n`)
  }
  const found = offered.find(({ definition: { name } }) => name === tool.value)
  if (found === undefined)
    return yield* new UsageError({ message: `${tool.value}: the settings do not offer this tool` })
  yield* writeOut(json ? `${printJson(found.definition)}\n` : `${toolHelp(found)}\n`)
})

/** Reads the arguments of a call. */
const argumentsOf = Effect.fnUntraced(function* ({ args, json }: CallOptions) {
  if (Option.isSome(args) && Option.isSome(json))
    return yield* new UsageError({ message: "--json: expected without ARGUMENTS" })
  const given = Option.orElse(args, () => json)
  if (Option.isNone(given)) return {}
  const source = Option.contains(json, "-") ? yield* Effect.promise(() => text(process.stdin)) : given.value
  const parsed = Option.filter(Option.getRight(parse(source)), Predicate.isRecord)
  if (Option.isNone(parsed))
    return yield* new UsageError({ message: `ARGUMENTS: expected a JSON object, such as '{"pair": "BTC/USD"}'` })
  return parsed.value
})

const say = (line: string) => Console.error(escapeLines(line))

/** Prints the end of a call, and sets the exit code. Only the answer goes to standard output. */
const print = Effect.fnUntraced(function* (end: CallEnd, { table, tool }: CallOptions) {
  switch (end._tag) {
    case "Answer": {
      const { files } = end
      const answer = files.length === 0 ? end.answer : { ...end.answer, files }
      const indent = process.stdout.isTTY ? 2 : 0
      yield* setExitCode(exitCodeOf(answer))
      yield* writeOut(`${table ? answerTables(tool, answer) : printJson(answer, indent)}\n`)
      return yield* Effect.forEach(end.notes, say, { discard: true })
    }
    case "Failure":
      yield* setExitCode(exitCodes[end.failure])
      return yield* say(end.text)
    case "Stopped":
      yield* setExitCode(exitCodes.stopped)
      return yield* say("Stopped before anything was sent.")
    case "Abandoned":
      yield* setExitCode(exitCodes.unknown)
      return yield* say(
        "Stopped, and the outcome of the write is not known yet. Do not repeat it: the record shows what becomes of it."
      )
  }
})

const setExitCode = (code: number) =>
  Effect.sync(() => {
    process.exitCode = code
  })
