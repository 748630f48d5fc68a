import type { JSONRPCErrorResponse, JSONRPCNotification, JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Effect } from "effect"
import type { Caller } from "../../services/CallFacts.ts"
import {
  errorResponse,
  type Failure,
  isObject,
  type Json,
  methodNotFound,
  modern,
  paramsFailure,
  prefix
} from "./messages.ts"
import { envelopeFailure, type Headers, headerFailure } from "./modern.ts"
import { resourceNotFound } from "./attachments.ts"
import type { Mux, Response } from "./Mux.ts"

/** An answer, and the HTTP status it travels with. */
export interface Answered {
  readonly status: number
  readonly response: Response | ReturnType<typeof errorResponse>
}

export interface Asking {
  readonly caller: Caller
  /** Present over HTTP: the headers that repeat the envelope. */
  readonly headers?: Headers
  /** Where progress goes, if the client wants to hear of it. */
  readonly notify?: (notification: JSONRPCNotification) => void
}

/** What the server says of itself, in both eras. */
export interface About {
  readonly serverInfo: Json
  readonly capabilities: Json
  readonly instructions: string
}

/** Methods of the stateless era, with how long their results may be kept (ms) where they may be kept. */
const served: Record<string, number | undefined> = {
  "tools/list": 3_600_000,
  "tools/call": undefined,
  "resources/list": 3_600_000,
  "resources/templates/list": 3_600_000,
  "resources/read": 1_000,
  "prompts/list": 3_600_000,
  "prompts/get": undefined,
  "completion/complete": undefined
}

/** Both eras over one SDK server. Nothing is kept between requests. */
export const makeProtocol = (mux: Mux, about: About) => {
  const ask = (request: JSONRPCRequest, { caller, headers, notify }: Asking) =>
    mux.request(
      request,
      {
        authInfo: { token: "", clientId: "", scopes: [], extra: { caller } },
        ...(headers && { requestInfo: { headers: { ...headers } as Record<string, string> } })
      },
      notify
    )

  const fail = (request: JSONRPCRequest, failure: Failure): Effect.Effect<Answered> =>
    Effect.succeed({ status: failure.status, response: errorResponse(request.id, failure) })

  /** Results of the stateless era say that they are whole, who made them, and how long they hold. */
  const complete = (method: string, result: Json, ttlMs: number | undefined): Json => ({
    ...result,
    resultType: result["resultType"] ?? "complete",
    ...(ttlMs !== undefined && { ttlMs, cacheScope: method === "server/discover" ? "public" : "private" }),
    _meta: { ...(isObject(result["_meta"]) ? result["_meta"] : {}), [`${prefix}serverInfo`]: about.serverInfo }
  })

  const stateless = (request: JSONRPCRequest, asking: Asking): Effect.Effect<Answered> => {
    const failure = envelopeFailure(request) ?? (asking.headers && headerFailure(request, asking.headers))
    if (failure !== undefined) return fail(request, failure)
    const { id, method } = request
    if (method === "server/discover") {
      const { capabilities, instructions } = about
      const result = complete(method, { supportedVersions: [modern], capabilities, instructions }, 3_600_000)
      return Effect.succeed({ status: 200, response: { jsonrpc: "2.0", id, result } })
    }
    if (!Object.hasOwn(served, method)) return fail(request, methodNotFound(method))
    const wrong = paramsFailure(request)
    if (wrong !== undefined) return fail(request, wrong)
    return Effect.map(ask(request, asking), (response) =>
      "result" in response
        ? { status: 200, response: { ...response, result: complete(method, response.result, served[method]) } }
        : failed(response)
    )
  }

  /** The eras of `initialize`, which is never refused. */
  const sessionEra = (request: JSONRPCRequest, asking: Asking): Effect.Effect<Answered> => {
    const wrong = paramsFailure(request)
    if (wrong !== undefined) return fail(request, { ...wrong, status: 200 })
    return Effect.map(ask(request, asking), (response) => ({ status: 200, response }))
  }

  return { stateless, sessionEra }
}

/** What is not there is a fault of the params in the stateless era; before, it had a code of its own. */
const failed = (response: JSONRPCErrorResponse): Answered => {
  const code = response.error.code === resourceNotFound ? -32602 : response.error.code
  return { status: statusOf(code), response: { ...response, error: { ...response.error, code } } }
}

const statusOf = (code: number): number =>
  code === -32601 ? 404 : code === -32602 || code === -32021 || code === -32020 ? 400 : code === -32603 ? 500 : 200

/** The acknowledgement that opens a stream of changes. We announce none, so none follow. */
export const listening = ({ id }: JSONRPCRequest) => ({
  jsonrpc: "2.0" as const,
  method: "notifications/subscriptions/acknowledged",
  params: { notifications: {}, _meta: { [`${prefix}subscriptionId`]: id } }
})
