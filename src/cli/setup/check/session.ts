import { Effect, Option, Schema } from "effect"
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
  /** Sentences about the API key of a live account: what Kraken says of it, or why it could not be asked. */
  readonly key: ReadonlyArray<string>
}

const Answer = Schema.Union(
  Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }),
  Schema.Struct({ result: Schema.Record({ key: Schema.String, value: Schema.Unknown }) })
)

const Initialized = Schema.Struct({ serverInfo: Schema.Struct({ name: Schema.String, version: Schema.String }) })
const Tools = Schema.Struct({ tools: Schema.Array(Schema.Struct({ name: Schema.String })) })
const Mode = Schema.Struct({
  structuredContent: Schema.Struct({ mode: Schema.Literal("live", "paper"), account: Schema.String })
})

const Key = Schema.Struct({
  structuredContent: Schema.Struct({
    name: Schema.String,
    permissions: Schema.Array(Schema.Struct({ permission: Schema.String })),
    notes: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })
  })
})
const Failed = Schema.Struct({
  isError: Schema.Literal(true),
  content: Schema.Array(Schema.Struct({ text: Schema.String }))
})

/** The tool that asks Kraken about the API key. Settings can leave it out. */
const keyTool = "get_api_key_info"

/** The longest time for Kraken's answer about a key. */
const patience = "10 seconds"

/**
 * Connects as a client does: `initialize`, then the list of tools, then a call that asks for the trading mode. On a live account
 * it also asks Kraken about the API key, and fails if Kraken refuses it.
 */
export const connect = Effect.fn("setup.connect")(function* (send: Send) {
  const { serverInfo } = yield* ask(send, 1, Initialized, "initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "mcp-kraken setup", version }
  })
  yield* send({ jsonrpc: "2.0", method: "notifications/initialized" })
  const { tools } = yield* ask(send, 2, Tools, "tools/list", {})
  const { structuredContent } = yield* ask(send, 3, Mode, "tools/call", { name: "get_trading_mode", arguments: {} })
  const canAsk = structuredContent.mode === "live" && tools.some(({ name }) => name === keyTool)
  const key = canAsk ? yield* askAboutKey(send) : []
  return { ...serverInfo, tools: tools.length, ...structuredContent, key } satisfies Connected
})

/** Asks Kraken about the API key, and fails if Kraken refuses it. Any other error is told, and is no failure. */
const askAboutKey = Effect.fnUntraced(function* (send: Send) {
  const asked = ask(send, 4, Schema.Union(Failed, Key), "tools/call", { name: keyTool, arguments: {} })
  const answer = yield* Effect.timeoutOption(asked, patience)
  if (Option.isNone(answer)) return [`Kraken has not answered about the API key within ${patience}.`]
  if ("structuredContent" in answer.value) {
    const { name, notes, permissions } = answer.value.structuredContent
    const list = permissions.map(({ permission }) => permission).join(", ")
    return [`Kraken accepts the API key ${name}. Its permissions: ${list}.`, ...notes].map(escapeText)
  }
  const reason = escapeText(answer.value.content[0]?.text.split("\n", 1)[0] ?? "")
  if (reason.startsWith("KrakenAuthError: "))
    return yield* new SetupRefusal({ message: `Kraken does not accept the API key. ${onOneLine(reason)}` })
  return [`Nothing is known of the API key: ${onOneLine(reason)}`]
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
