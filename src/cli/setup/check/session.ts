import { Effect, Schema } from "effect"
import { escapeText } from "../../../domain/wire/escapeText.ts"
import { version } from "../../../version.ts"
import { SetupRefusal } from "../kit/refusal.ts"

export interface Message {
  readonly jsonrpc: "2.0"
  /** Absent for a notification, which has no answer. */
  readonly id?: number
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** Sends a message to a server, and returns the answer to a request. */
export type Send = (message: Message) => Effect.Effect<unknown, SetupRefusal>

/** The facts of a server that a client sees when it connects. */
export interface Connected {
  readonly name: string
  readonly version: string
  readonly tools: number
  readonly mode: "live" | "paper"
  readonly account: string
}

const Answer = Schema.Union(
  Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }),
  Schema.Struct({ result: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
)

const Initialized = Schema.Struct({ serverInfo: Schema.Struct({ name: Schema.String, version: Schema.String }) })
const Tools = Schema.Struct({ tools: Schema.Array(Schema.Unknown) })
const Mode = Schema.Struct({
  structuredContent: Schema.Struct({ mode: Schema.Literal("live", "paper"), account: Schema.String })
})

/** Connects as a client does: `initialize`, then the list of tools, then a call that asks for the trading mode. */
export const connect = Effect.fn("setup.connect")(function* (send: Send) {
  const { serverInfo } = yield* ask(send, 1, Initialized, "initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "mcp-kraken setup", version }
  })
  yield* send({ jsonrpc: "2.0", method: "notifications/initialized" })
  const { tools } = yield* ask(send, 2, Tools, "tools/list", {})
  const { structuredContent } = yield* ask(send, 3, Mode, "tools/call", { name: "get_trading_mode", arguments: {} })
  return { ...serverInfo, tools: tools.length, ...structuredContent } satisfies Connected
})

const ask = Effect.fnUntraced(function* <A, I>(
  send: Send,
  id: number,
  schema: Schema.Schema<A, I>,
  method: string,
  params: Readonly<Record<string, unknown>>
) {
  const given = yield* send({ jsonrpc: "2.0", id, method, params })
  const answer = yield* Effect.mapError(
    Schema.decodeUnknown(Answer)(given),
    () => new SetupRefusal({ message: `The answer to ${method} was not understood, so this is no MCP server.` })
  )
  if ("error" in answer)
    return yield* new SetupRefusal({ message: `The server refuses ${method}: ${onOneLine(answer.error.message)}` })
  return yield* Effect.mapError(
    Schema.decodeUnknown(schema)(answer.result),
    () => new SetupRefusal({ message: `The answer to ${method} was not understood, so this is not mcp-kraken.` })
  )
})

/** Joins the lines of a text, such as a list of wrong settings, to a sentence. */
const onOneLine = (text: string): string => {
  const line = escapeText(text.trim().replaceAll(/\s*\n\s*/g, " "))
  return /[.?!]$/.test(line) ? line : `${line}.`
}
