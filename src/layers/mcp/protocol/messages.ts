import { Either, Predicate } from "effect"
import { isShallow, maxDepth } from "../../../domain/wire/depth.ts"
import { LongNumber, parseWithLongNumbers, stringifyWithBigints } from "../../../domain/wire/json.ts"

/** The protocol revision without a handshake. */
export const statelessVersion = "2026-07-28"
/** The protocol revisions with a handshake (`initialize`), latest first. */
export const handshakeVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05", "2024-10-07"]

/** The revision of a client that names none. */
export const unnamedVersion = "2025-03-26"

/** The prefix of MCP's own keys in `_meta`. */
export const prefix = "io.modelcontextprotocol/"

/** The id of a request. A whole number that a double can't hold is a bigint. */
export type Id = string | number | bigint

export type Json = { readonly [key: string]: unknown }

export interface Request {
  readonly jsonrpc: "2.0"
  readonly id: Id
  readonly method: string
  readonly params?: { readonly [key: string]: unknown }
}

/** A JSON-RPC error, with its HTTP status. */
export interface Failure {
  readonly status: number
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export const parseError: Failure = {
  status: 400,
  code: -32700,
  message: `Parse error: not JSON, or nested deeper than ${maxDepth} levels`
}

export const invalidRequest = (message: string): Failure => ({ status: 400, code: -32600, message })

export const invalidParams = (message: string): Failure => ({ status: 400, code: -32602, message })

export const methodNotFound = (method: string): Failure => ({
  status: 404,
  code: -32601,
  message: `Method not found: ${method.slice(0, 100)}`
})

export const errorResponse = <I extends Id | null>(id: I, { code, data, message }: Omit<Failure, "status">) => ({
  jsonrpc: "2.0" as const,
  id,
  error: { code, message, ...(data !== undefined && { data }) }
})

/**
 * Parses JSON. A number that a double can't hold becomes a `LongNumber`. Refuses text that is nested so deep that walking
 * its value could overflow the stack.
 */
export const parse = (text: string): Either.Either<unknown, unknown> =>
  Either.filterOrLeft(
    Either.try(() => parseWithLongNumbers(text)),
    (value) => isShallow(text, value),
    () => "too deep"
  )

/** A message of a client: a request, a notification or response (`Silent`), which gets no answer, or neither. */
export type Incoming =
  | { readonly _tag: "Request"; readonly request: Request }
  | { readonly _tag: "Silent"; readonly method?: string; readonly params: Json; readonly response?: Json }
  | { readonly _tag: "Invalid"; readonly id: Id | null; readonly failure: Failure }

/** Reads an id. Undefined if it is neither text nor a whole number. */
export const idOf = (value: unknown): Id | undefined => {
  if (typeof value === "string" || (typeof value === "number" && Number.isInteger(value))) return value
  return value instanceof LongNumber && /^-?\d{1,40}$/.test(value.digits) ? BigInt(value.digits) : undefined
}

/** Reads one JSON-RPC message. */
export const incoming = (message: unknown): Incoming => {
  const invalid = (reason: string, id: Id | null = null): Incoming => ({
    _tag: "Invalid",
    id,
    failure: invalidRequest(`Invalid request: ${reason}`)
  })
  if (!Predicate.isRecord(message)) return invalid("not an object")
  if (message["jsonrpc"] !== "2.0") return invalid('jsonrpc must be "2.0"')
  const { method } = message
  const id = idOf(message["id"])
  const params = withArguments(method, withoutAbsent(message["params"]))
  if (id === undefined && message["id"] !== undefined) return invalid("id must be a string or an integer")
  if (method === undefined && ("result" in message || "error" in message)) {
    return { _tag: "Silent", params: {}, response: message }
  }
  if (typeof method !== "string") return invalid("method must be a string", id ?? null)
  if (params !== undefined && !Predicate.isRecord(params)) {
    return { _tag: "Invalid", id: id ?? null, failure: invalidParams("Invalid params: must be an object") }
  }
  if (id === undefined) return { _tag: "Silent", method, params: params ?? {} }
  return { _tag: "Request", request: { jsonrpc: "2.0", id, method, ...(params !== undefined && { params }) } }
}

/** Checks for `null` and `[]`, which some clients write for an absent member. PHP writes an empty object as `[]`. */
const isAbsent = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 0)

/** Removes absent members of params. Undefined if params itself is absent. */
const withoutAbsent = (params: unknown): unknown => {
  if (isAbsent(params)) return undefined
  return Predicate.isRecord(params) && Object.values(params).some(isAbsent)
    ? Object.fromEntries(Object.entries(params).filter(([, value]) => !isAbsent(value)))
    : params
}

const methodsWithArguments: ReadonlySet<unknown> = new Set(["tools/call", "prompts/get"])

/** Parses `arguments` that were given as the JSON text of an object, or as empty text. Other text is refused later. */
const withArguments = (method: unknown, params: unknown): unknown => {
  if (!Predicate.isRecord(params) || typeof params["arguments"] !== "string" || !methodsWithArguments.has(method)) {
    return params
  }
  const { arguments: given, ...others } = params
  if (given.trim() === "") return others
  const parsed = parse(given)
  return Either.isRight(parsed) && Predicate.isRecord(parsed.right) ? { ...others, arguments: parsed.right } : params
}

/** The JSON of lists of tools, which are the same objects for many clients, while a list exists. */
const texts = new WeakMap<object, string>()

/** Writes a message as JSON, with the digits of long ids. */
export const stringify = (message: unknown): string => {
  const result = Predicate.isRecord(message) ? message["result"] : undefined
  if (!Predicate.isRecord(message) || !Predicate.isRecord(result) || !Array.isArray(result["tools"]))
    return stringifyWithBigints(message)
  const { tools, ...rest } = result
  const text = texts.get(tools) ?? JSON.stringify(tools)
  texts.set(tools, text)
  const others = JSON.stringify(rest)
  return `{"jsonrpc":"2.0","id":${stringifyWithBigints(message["id"])},"result":{"tools":${text}${others === "{}" ? "}" : `,${others.slice(1)}`}}`
}
