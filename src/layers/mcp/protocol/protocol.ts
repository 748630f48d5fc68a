import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Option, Predicate } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import {
  errorResponse,
  type Failure,
  invalidParams,
  type Json,
  handshakeVersions,
  methodNotFound,
  statelessVersion,
  paramsFailure,
  prefix
} from "./messages.ts"
import { envelopeFailure, type Headers, metaOf, mirrorFailure } from "./statelessEnvelope.ts"
import {
  type RequestHandler,
  type RequestContext,
  internalError,
  resourceNotFound,
  type Response,
  type ServerDefinition
} from "./serverDefinition.ts"

/** An answer, and the HTTP status it travels with. */
export interface Answered {
  readonly status: number
  readonly response: Exclude<Response, { readonly inputRequired: unknown }> | ReturnType<typeof errorResponse>
}

/** What becomes of a request: an answer at once, or a question to the server whose answer is dressed for its era. */
export type Plan =
  | { readonly _tag: "Answer"; readonly answered: Answered }
  | {
      readonly _tag: "Ask"
      readonly request: JSONRPCRequest
      readonly asking: RequestContext
      readonly finish: (response: Response) => Answered
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

/** Both eras over one server. Nothing is kept between requests. */
export const makeProtocol = ({ about, mirrored }: Pick<ServerDefinition<never>, "about" | "mirrored">) => {
  const serverInfo = { [`${prefix}serverInfo`]: about.serverInfo }

  /** Results of the stateless era say that they are whole, who made them, and how long they hold. */
  const complete = (result: Json, ttlMs: number | undefined, cacheScope: "public" | "private" = "private"): Json => ({
    resultType: "complete",
    ...(ttlMs !== undefined && { ttlMs, cacheScope }),
    ...result,
    _meta: { ...(Predicate.isRecord(result["_meta"]) ? result["_meta"] : {}), ...serverInfo }
  })

  const discover = complete(
    { supportedVersions: [statelessVersion], capabilities: about.capabilities, instructions: about.instructions },
    3_600_000,
    "public"
  )

  /** The era of 2026-07-28. `headers` are those of HTTP, which repeat the envelope; other transports have none. */
  const stateless = (request: JSONRPCRequest, principal: typeof Principal.Service, headers?: Headers): Plan => {
    const { id, method, params } = request
    const failure = envelopeFailure(request, headers)
    if (failure !== undefined) return fail(request, failure)
    if (method === "server/discover") {
      return { _tag: "Answer", answered: { status: 200, response: { jsonrpc: "2.0", id, result: discover } } }
    }
    if (!Object.hasOwn(served, method)) return fail(request, methodNotFound(method))
    const wrong = paramsFailure(request)
    if (wrong !== undefined) return fail(request, wrong)
    const repeated = method === "tools/call" ? mirrored?.get(String(params?.["name"])) : undefined
    const differs = headers && repeated && mirrorFailure(repeated, Object(params?.["arguments"]), headers)
    if (differs !== undefined) return fail(request, differs)
    const client = metaOf(params)[`${prefix}clientCapabilities`]
    return {
      _tag: "Ask",
      request,
      asking: {
        principal,
        revision: "stateless",
        client: Predicate.isRecord(client) ? Option.some(client) : Option.none(),
        ...(Predicate.isRecord(params?.["inputResponses"]) && { answers: params["inputResponses"] }),
        ...(typeof params?.["requestState"] === "string" && { requestState: params["requestState"] })
      },
      finish: (response) => {
        if ("result" in response) {
          return { status: 200, response: { ...response, result: complete(response.result, served[method]) } }
        }
        if ("inputRequired" in response) {
          const result = { resultType: "input_required", ...response.inputRequired, _meta: serverInfo }
          return { status: 200, response: { jsonrpc: "2.0", id, result } }
        }
        const { code } = response.error
        if (code === resourceNotFound) return failed(request, { ...response.error, status: 400, code: -32602 })
        return { status: statusOf(code), response }
      }
    }
  }

  /** Whatever a client says of itself: it is answered, in the revision it asks for if we speak that. */
  const initialize = ({ id, params }: JSONRPCRequest): Plan => {
    const asked = handshakeVersions.find((version) => version === params?.["protocolVersion"])
    const { capabilities, instructions, serverInfo } = about
    const result = { protocolVersion: asked ?? handshakeVersions[0], capabilities, serverInfo, instructions }
    return { _tag: "Answer", answered: { status: 200, response: { jsonrpc: "2.0", id, result } } }
  }

  /** The eras of `initialize`, which is never refused. `client`: what it can do, where the transport remembers it. */
  const handshake = (
    request: JSONRPCRequest,
    principal: typeof Principal.Service,
    client: Option.Option<Json>
  ): Plan => {
    if (request.method === "initialize") return initialize(request)
    const asking: RequestContext = { principal, revision: "handshake", client }
    // These eras are asked in the middle of a call; a round never ends in questions.
    const finish = (response: Response): Answered => ({
      status: 200,
      response: "inputRequired" in response ? errorResponse(response.id, internalError) : response
    })
    const wrong = paramsFailure(request)
    if (wrong !== undefined) return fail(request, { ...wrong, status: 200 })
    return { _tag: "Ask", request: withoutTask(request), asking, finish }
  }

  /** A stream of changes. We announce none, so between the first message and the last nothing follows. */
  const listen = (request: JSONRPCRequest, headers?: Headers) => {
    const { id, params } = request
    const failure =
      envelopeFailure(request, headers) ??
      (Predicate.isRecord(params?.["notifications"])
        ? undefined
        : invalidParams("Invalid params: notifications is missing"))
    if (failure !== undefined) return { failure }
    const _meta = { [`${prefix}subscriptionId`]: id }
    return {
      first: {
        jsonrpc: "2.0",
        method: "notifications/subscriptions/acknowledged",
        params: { notifications: {}, _meta }
      },
      last: { jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { ..._meta, ...serverInfo } } }
    }
  }

  return { stateless, handshake, listen }
}

const failed = ({ id }: JSONRPCRequest, failure: Failure): Answered => ({
  status: failure.status,
  response: errorResponse(id, failure)
})

const fail = (request: JSONRPCRequest, failure: Failure): Plan => ({
  _tag: "Answer",
  answered: failed(request, failure)
})

/** A server without tasks handles a request for one as if it had not been asked; the SDK would refuse it. */
const withoutTask = (request: JSONRPCRequest): JSONRPCRequest => {
  if (request.params?.["task"] === undefined) return request
  const { task: _, ...params } = request.params
  return { ...request, params }
}

const statusOf = (code: number): number =>
  code === -32601 ? 404 : code === -32602 || code === -32021 || code === -32020 ? 400 : code === -32603 ? 500 : 200

/** The answer to a plan. Interrupting it cancels the request. */
export const carryOut = (answer: RequestHandler, plan: Plan): Effect.Effect<Answered> =>
  plan._tag === "Answer" ? Effect.succeed(plan.answered) : Effect.map(answer(plan.request, plan.asking), plan.finish)
