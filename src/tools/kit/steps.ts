import type * as Mcp from "@modelcontextprotocol/sdk/types.js"
import { type Array as Arr, type DateTime, Effect, Encoding, Schema } from "effect"
import type { Directory } from "../../domain/assets/model.ts"
import {
  type Endpoint,
  endpoints,
  isEndpoint,
  isWrite,
  type Params,
  type WriteEndpoint
} from "../../domain/endpoints/endpoints.ts"
import type { AnyOf } from "../../domain/keys/permissions.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { noteSource } from "../../services/CallContext.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { KrakenPermissionError } from "../../services/KrakenErrors.ts"
import { KrakenWriter, type SendError } from "../../services/KrakenWriter.ts"
import { answeredByRest, LiveAnswers } from "../../services/LiveAnswers.ts"
import { Names } from "../../services/Names.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import { Policy, type ToolFacts } from "../../services/Policy.ts"
import type { Principal } from "../../services/Principal.ts"
import { leadingFields } from "./answerFields.ts"
import * as Arguments from "./arguments.ts"
import { type Ids, lookUp } from "./lookUp.ts"

/**
 * The steps of a call, in order: decode (`Arguments.decoder`), `authorize`, `validate`, resolve names
 * (`makeResolveNames`), `execute`, `render`. They have no spans, since a span costs more time than the step itself.
 */

/** Asks the policy whether the call is allowed. Nothing is looked up or sent before. */
export const authorize = (call: ToolFacts & { readonly reads: boolean }) =>
  Effect.flatMap(Policy, (policy) => policy.authorize(call))

/** Refuses an input that has faults. */
export const validate = (tool: string, faults: ReadonlyArray<Fault>) =>
  faults.length > 0 ? Effect.fail(Arguments.invalid(tool, faults)) : Effect.void

/** Kraken's lists and time, against which orders are checked. */
export interface Known {
  readonly directory: Directory
  readonly now: DateTime.Utc
}

/** Gets Kraken's lists, then its time: a request for the lists has also read Kraken's clock. */
export const known = Effect.gen(function* () {
  const names = yield* Names
  const kraken = yield* KrakenClient
  return { directory: yield* names.directory, now: yield* kraken.now }
})

/** An endpoint that Kraken does not offer to this key. The tool `instead` answers much the same. */
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
  /** True if the tool has the input `repeat`. */
  readonly canRepeat: boolean
  /** The tool to advise if Kraken does not know the endpoint. */
  readonly instead: string | undefined
  /** The ids to look up. Those without a row are then listed in the answer. */
  readonly ids?: Ids | undefined
  /** True if live data can give the answer. Undefined if it never can, so that the answer tells no source. */
  readonly live?: boolean | undefined
}

/** Kraken's result, and the fields that a write adds to the answer. */
export interface Executed {
  readonly result: unknown
  readonly extra: object
}

/** Calls Kraken: reads through the client, writes once through the writer. */
export const execute = ({ canRepeat, endpoint, ids, instead, live, reads }: Execution, params: Params) => {
  const executed: Effect.Effect<Executed, SendError, KrakenClient | KrakenWriter | Principal> = isWrite(endpoint)
    ? params["validate"] === true
      ? validateOnly(endpoint, params)
      : reads
        ? read(endpoint, params)
        : send(endpoint, params, canRepeat)
    : ids === undefined || params[ids.field] === undefined
      ? read(endpoint, params, live)
      : lookUp(endpoint, params, ids)
  return Effect.mapError(executed, (error) =>
    instead !== undefined && isUnknownMethod(error) ? new NotOffered({ endpoint, instead }) : error
  )
}

/** Executes requests, and merges their results by their keys. What is beside them is that of the first. */
export const executeAll = <E, R>(
  requests: Arr.NonEmptyReadonlyArray<Params>,
  executeOne: (params: Params) => Effect.Effect<Executed, E, R>
): Effect.Effect<Executed, E, R> =>
  requests.length === 1
    ? executeOne(requests[0])
    : Effect.map(Effect.forEach(requests, executeOne), ([first, ...others]) => ({
        ...first,
        result: Object.assign({}, first.result, ...others.map(({ result }) => result))
      }))

const read = (endpoint: Endpoint, params: Params, live?: boolean) => {
  const asked = withoutRepeat(params)
  const byRest = Effect.flatMap(KrakenClient, (kraken) => kraken.read(endpoint, asked))
  if (live === undefined) return Effect.map(byRest, (result) => ({ result, extra: {} }))
  const answer = live
    ? Effect.flatMap(LiveAnswers, (answers) => answers.read(endpoint, asked, byRest))
    : Effect.map(byRest, answeredByRest)
  return Effect.map(Effect.tap(answer, noteSource), ({ result }) => ({ result, extra: {} }))
}

/** Has Kraken check a write, which then changes nothing. */
const validateOnly = (endpoint: WriteEndpoint, params: Params) =>
  Effect.flatMap(KrakenWriter, (writer) =>
    Effect.map(writer.validate(endpoint, withoutRepeat(params)), ({ resolved, result, sentAs }) => ({
      result,
      extra: { ...(resolved && { resolved }), ...(sentAs && { sent_as: sentAs }) }
    }))
  )

const send = (endpoint: WriteEndpoint, { repeat, ...params }: Params, canRepeat: boolean) =>
  Effect.flatMap(KrakenWriter, (writer) =>
    Effect.map(
      writer.send(endpoint, repeat === true ? { ...params, repeat } : params),
      ({ duplicateOf, left, resolved, result, sentAs, settled }) => ({
        result,
        extra: {
          ...(resolved && { resolved }),
          ...(sentAs && { sent_as: sentAs }),
          ...(duplicateOf && duplicateFields(duplicateOf, canRepeat)),
          ...(settled && { settled }),
          ...(left && { left: left.ids, ...(left.note !== undefined && { note: left.note }) })
        }
      })
    )
  )

/** Removes `repeat`, which has no meaning for a call that only reads. */
const withoutRepeat = (params: Params): Params => {
  if (params["repeat"] === undefined) return params
  const { repeat: _, ...rest } = params
  return rest
}

const isUnknownMethod = (error: SendError) =>
  "codes" in error && error.codes.some((code) => /unknown method/i.test(code))

/** Makes the fields of a write that was not sent, since an identical one was just made. */
const duplicateFields = (duplicateOf: ReadonlyArray<string>, canRepeat: boolean) => {
  const note = "Not placed again: an identical call was just made, and the rest is its answer."
  return {
    placed: false,
    duplicate_of: duplicateOf,
    note: canRepeat ? `${note} To place another one, call again with repeat: true.` : note
  }
}

/**
 * Explains a missing permission that Kraken reports in the same way as one that is refused here. A tool can call another
 * endpoint than its own, which needs other permissions.
 */
export const explain = <E>(
  error: E,
  permissions: AnyOf
): Effect.Effect<never, E | KrakenPermissionError, PermissionCache | Principal> => {
  if (!(error instanceof KrakenPermissionError) || error.refusedBy !== "Kraken") return Effect.fail(error)
  const needed = isEndpoint(error.endpoint) ? endpoints[error.endpoint].permissions : permissions
  return Effect.flatMap(PermissionCache, (cache) => Effect.flatMap(cache.explain(error, needed), Effect.fail))
}

/** A file in an answer, sent as an image if it is one, and else as an embedded resource. */
export interface File {
  readonly uri: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}

/** Renders an encoded answer as an MCP result. */
export const render = (answer: JsonObject, files: ReadonlyArray<File>, meta?: JsonObject): Mcp.CallToolResult => {
  const ordered = inOrder(answer)
  return {
    content: [{ type: "text", text: JSON.stringify(ordered) }, ...files.map(contentOf)],
    structuredContent: ordered,
    ...(meta !== undefined && { _meta: { ...meta } })
  }
}

export type JsonObject = { readonly [key: string]: unknown }

/** Puts the leading fields before all others. */
const inOrder = (answer: JsonObject): { [key: string]: unknown } => ({
  ...Object.fromEntries(leadingFields.flatMap((name) => (name in answer ? [[name, answer[name]]] : []))),
  ...answer
})

const contentOf = ({ bytes, mimeType, uri }: File): Mcp.EmbeddedResource | Mcp.ImageContent => {
  const data = Encoding.encodeBase64(bytes)
  return mimeType.startsWith("image/")
    ? { type: "image", data, mimeType }
    : { type: "resource", resource: { uri, mimeType, blob: data } }
}
