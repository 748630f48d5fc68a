import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { type DateTime, Effect, Encoding, Schema } from "effect"
import type { Directory } from "../../domain/assets/model.ts"
import { type Endpoint, isWrite, type Params, type WriteEndpoint } from "../../domain/endpoints/endpoints.ts"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { KrakenPermissionError } from "../../services/KrakenErrors.ts"
import { KrakenWriter, type SendError } from "../../services/KrakenWriter.ts"
import { Names } from "../../services/Names.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { Policy, type ToolFacts } from "../../services/Policy.ts"
import type { Principal } from "../../services/Principal.ts"
import { leadingFields } from "./answerFields.ts"
import * as Arguments from "./arguments.ts"

/**
 * The steps of a call, in their order: decode (`Arguments.decoder`), `authorize`, `validate`, resolve names
 * (`Spellings.resolver`), `execute`, `render`. None has a span: nothing collects them, and each costs more than the rest
 * of its step.
 */

/** Asks the policy for leave; nothing is looked up or sent before. */
export const authorize = (call: ToolFacts & { readonly reads: boolean }) =>
  Effect.flatMap(Policy, (policy) => policy.authorize(call))

/** Refuses an input that has faults. */
export const validate = (tool: string, faults: ReadonlyArray<Fault>) =>
  faults.length > 0 ? Effect.fail(Arguments.invalid(tool, faults)) : Effect.void

/** What Kraken's lists and its clock tell. */
export interface Known {
  readonly directory: Directory
  readonly now: DateTime.Utc
}

/** Names first: that they had to be asked for has taught us Kraken's time. */
export const known = Effect.gen(function* () {
  const names = yield* Names
  const kraken = yield* KrakenClient
  return { directory: yield* names.directory, now: yield* kraken.now }
})

/** Kraken does not know the endpoint, here or for this key; another tool tells much the same. */
export class NotOffered extends Schema.TaggedError<NotOffered>()("NotOffered", {
  endpoint: Schema.String,
  instead: Schema.String
}) {
  override get message() {
    return `Kraken does not offer ${this.endpoint} to this API key.`
  }
}

interface Execution {
  readonly endpoint: Endpoint
  readonly reads: boolean
  /** The caller of the tool can say that a write is meant once more. */
  readonly canRepeat: boolean
  /** The tool to advise if Kraken does not know the endpoint. */
  readonly instead: string | undefined
}

/** Kraken's result, and what has to be said of a write beside it. */
interface Executed {
  readonly result: unknown
  readonly extra: object
}

/** Asks Kraken: reads ask; writes are sent once, by the writer. */
export const execute = ({ canRepeat, endpoint, instead, reads }: Execution, params: Params) => {
  const executed: Effect.Effect<Executed, SendError, KrakenClient | KrakenWriter | Principal> =
    reads || !isWrite(endpoint) ? read(endpoint, params) : send(endpoint, params, canRepeat)
  return Effect.mapError(executed, (error) =>
    instead !== undefined && isUnknownMethod(error) ? new NotOffered({ endpoint, instead }) : error
  )
}

const read = (endpoint: Endpoint, params: Params) =>
  Effect.flatMap(KrakenClient, (kraken) =>
    Effect.map(kraken.read(endpoint, withoutRepeat(params)), (result) => ({ result, extra: {} }))
  )

const send = (endpoint: WriteEndpoint, { repeat, ...params }: Params, canRepeat: boolean) =>
  Effect.flatMap(KrakenWriter, (writer) =>
    Effect.map(
      writer.send(endpoint, repeat === true ? { ...params, repeat } : params),
      ({ duplicateOf, result, settled }) => ({
        result,
        extra: { ...(duplicateOf && notAgain(duplicateOf, canRepeat)), ...(settled && { settled }) }
      })
    )
  )

/** A call that only reads can be made any number of times. */
const withoutRepeat = (params: Params): Params => {
  if (params["repeat"] === undefined) return params
  const { repeat: _, ...rest } = params
  return rest
}

const isUnknownMethod = (error: SendError) =>
  "codes" in error && error.codes.some((code) => /unknown method/i.test(code))

/** What is said of a write that was not sent, since an identical one was just made. */
const notAgain = (duplicateOf: ReadonlyArray<string>, canRepeat: boolean) => {
  const note = "Not placed again: an identical call was just made, and the rest is its answer."
  return {
    placed: false,
    duplicate_of: duplicateOf,
    note: canRepeat ? `${note} To place another one, call again with repeat: true.` : note
  }
}

/** Tells what Kraken refuses for lack of a permission in the same words as what is refused here. */
export const explain = <E>(
  error: E,
  permissions: AnyOf
): Effect.Effect<never, E | KrakenPermissionError, PermissionCache | Principal> =>
  error instanceof KrakenPermissionError && error.refusedBy === "Kraken"
    ? Effect.flatMap(PermissionCache, (cache) => Effect.flatMap(cache.explain(error, permissions), Effect.fail))
    : Effect.fail(error)

/** A file that comes with an answer, as an embedded resource. */
export interface File {
  readonly uri: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}

/** Puts an encoded answer into MCP's words. */
export const render = (answer: JsonObject, files: ReadonlyArray<File>): Mcp.CallToolResult => {
  const ordered = inOrder(answer)
  return {
    content: [{ type: "text", text: JSON.stringify(ordered) }, ...files.map(embedded)],
    structuredContent: ordered
  }
}

export type JsonObject = { readonly [key: string]: unknown }

/** Puts the fields that lead an answer before all others. */
const inOrder = (answer: JsonObject): { [key: string]: unknown } => ({
  ...Object.fromEntries(leadingFields.flatMap((name) => (name in answer ? [[name, answer[name]]] : []))),
  ...answer
})

const embedded = ({ bytes, mimeType, uri }: File): Mcp.EmbeddedResource => ({
  type: "resource",
  resource: { uri, mimeType, blob: Encoding.encodeBase64(bytes) }
})
