import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Either, ParseResult, Schema } from "effect"

/** Protocol revisions that this edge serves. */
export const modern = "2026-07-28"
export const legacyVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"]

/** Keys of MCP's own in `_meta`. */
export const prefix = "io.modelcontextprotocol/"

export type Id = JSONRPCRequest["id"]

export type Json = { readonly [key: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A JSON-RPC error, with the HTTP status it travels with. */
export interface Failure {
  readonly status: number
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export const parseError: Failure = { status: 400, code: -32700, message: "Parse error: the body is not JSON" }

export const invalidRequest = (message: string): Failure => ({ status: 400, code: -32600, message })

export const invalidParams = (message: string): Failure => ({ status: 400, code: -32602, message })

export const methodNotFound = (method: string): Failure => ({
  status: 404,
  code: -32601,
  message: `Method not found: ${method.slice(0, 100)}`
})

export const errorResponse = (id: Id | null, { code, data, message }: Failure) => ({
  jsonrpc: "2.0" as const,
  id,
  error: { code, message, ...(data !== undefined && { data }) }
})

/** What a client sent: a request that wants an answer, or a notification or response that wants none. */
export type Incoming =
  | { readonly _tag: "Request"; readonly request: JSONRPCRequest }
  | { readonly _tag: "Silent"; readonly method: string | undefined; readonly params: Json }
  | { readonly _tag: "Invalid"; readonly id: Id | null; readonly failure: Failure }

const isId = (value: unknown): value is Id =>
  typeof value === "string" || (typeof value === "number" && Number.isSafeInteger(value))

/** Reads one JSON-RPC message. */
export const incoming = (message: unknown): Incoming => {
  const invalid = (reason: string, id: Id | null = null): Incoming => ({
    _tag: "Invalid",
    id,
    failure: invalidRequest(`Invalid request: ${reason}`)
  })
  if (!isObject(message)) return invalid("not an object")
  if (message["jsonrpc"] !== "2.0") return invalid('jsonrpc must be "2.0"')
  const { id, method, params } = message
  if (id !== undefined && !isId(id)) return invalid("id must be a string or an integer")
  if (method === undefined && ("result" in message || "error" in message)) {
    return { _tag: "Silent", method: undefined, params: {} }
  }
  if (typeof method !== "string") return invalid("method must be a string", id ?? null)
  if (params !== undefined && !isObject(params)) {
    return { _tag: "Invalid", id: id ?? null, failure: invalidParams("Invalid params: must be an object") }
  }
  if (id === undefined) return { _tag: "Silent", method, params: params ?? {} }
  return { _tag: "Request", request: { jsonrpc: "2.0", id, method, ...(params !== undefined && { params }) } }
}

const text = Schema.String
const optionalObject = Schema.optional(Schema.Record({ key: text, value: Schema.Unknown }))

/** What each method needs of its params, so that faults are told in words instead of a validator's dump. */
const shapes: Record<string, Schema.Schema<never, never> | Schema.Schema.AnyNoContext> = {
  "tools/call": Schema.Struct({ name: text, arguments: optionalObject }),
  "resources/read": Schema.Struct({ uri: text }),
  "prompts/get": Schema.Struct({
    name: text,
    arguments: Schema.optional(Schema.Record({ key: text, value: text }))
  }),
  "completion/complete": Schema.Struct({
    ref: Schema.Union(
      Schema.Struct({ type: Schema.Literal("ref/prompt"), name: text }),
      Schema.Struct({ type: Schema.Literal("ref/resource"), uri: text })
    ),
    argument: Schema.Struct({ name: text, value: text })
  }),
  initialize: Schema.Struct({ protocolVersion: text })
}

/** The faults of a request's params, if it has any. */
export const paramsFailure = ({ method, params }: JSONRPCRequest): Failure | undefined => {
  const shape = Object.hasOwn(shapes, method) ? shapes[method] : undefined
  if (shape === undefined) return undefined
  const parsed = Schema.decodeUnknownEither(shape as Schema.Schema.AnyNoContext)(params ?? {})
  if (Either.isRight(parsed)) return undefined
  const faults = ParseResult.ArrayFormatter.formatErrorSync(parsed.left)
  const lines = faults.map(({ message, path }) => `${path.join(".")}: ${message}`)
  return invalidParams(`Invalid params: ${lines.slice(0, 3).join("; ")}`)
}
