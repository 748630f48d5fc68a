import { Effect, Option, Predicate } from "effect"
import type { Principal } from "../../../services/Principal.ts"
import {
  errorResponse,
  type Failure,
  type Json,
  handshakeVersions,
  unnamedVersion,
  methodNotFound,
  statelessVersion,
  type Request,
  prefix
} from "./messages.ts"
import { envelopeFailure, type Headers, metaOf, mirrorFailure } from "./statelessEnvelope.ts"
import { internalError, type ProtocolError, resourceNotFound } from "./ProtocolError.ts"
import type { RequestContext, RequestHandler, Response, ServerDefinition, Via } from "./serverDefinition.ts"

/** An answer, with its HTTP status. */
export interface Answered {
  readonly status: number
  readonly response: Exclude<Response, { readonly inputRequired: unknown }> | ReturnType<typeof errorResponse>
}

/**
 * The way to answer a request: at once, or by the server, whose response `finish` puts into the form of the protocol
 * revision.
 */
export type Plan =
  | { readonly _tag: "Answer"; readonly answered: Answered }
  | {
      readonly _tag: "Dispatch"
      readonly request: Request
      readonly context: RequestContext
      readonly finish: (response: Response) => Answered
    }

/** The methods of revision 2026-07-28, with the time in milliseconds for which clients can cache the result, if any. */
const cacheTimes: Record<string, number | undefined> = {
  "tools/list": 3_600_000,
  "tools/call": undefined,
  "resources/list": 3_600_000,
  "resources/templates/list": 3_600_000,
  "resources/read": 1_000,
  "prompts/list": 3_600_000,
  "prompts/get": undefined,
  "completion/complete": undefined
}

/** Makes the protocol in all its revisions for one server. It keeps nothing between requests. */
export const makeProtocol = (
  { about, mirrored }: Pick<ServerDefinition<never>, "about" | "mirrored">,
  transport?: Via["transport"]
) => {
  const serverInfo = { [`${prefix}serverInfo`]: about.serverInfo }

  /** Adds to a result what revision 2026-07-28 requires: its type, the server, and how long clients can cache it. */
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

  /** Plans a request of revision 2026-07-28. `headers` are those of HTTP, which repeat the envelope; other transports have none. */
  const stateless = (request: Request, principal: typeof Principal.Service, headers?: Headers): Plan => {
    const { id, method, params } = request
    const failure = envelopeFailure(request, headers)
    if (failure !== undefined) return fail(request, failure)
    if (method === "server/discover") {
      return { _tag: "Answer", answered: { status: 200, response: { jsonrpc: "2.0", id, result: discover } } }
    }
    if (!Object.hasOwn(cacheTimes, method)) return fail(request, methodNotFound(method))
    const mirroredHeaders = method === "tools/call" ? mirrored?.get(String(params?.["name"])) : undefined
    const mismatch =
      headers && mirroredHeaders && mirrorFailure(mirroredHeaders, Object(params?.["arguments"]), headers)
    if (mismatch !== undefined) return fail(request, mismatch)
    const client = metaOf(params)[`${prefix}clientCapabilities`]
    return {
      _tag: "Dispatch",
      request,
      context: {
        principal,
        revision: "stateless",
        ...viaOf(transport, statelessVersion),
        client: Predicate.isRecord(client) ? Option.some(client) : Option.none(),
        ...(Predicate.isRecord(params?.["inputResponses"]) && { answers: params["inputResponses"] }),
        ...(typeof params?.["requestState"] === "string" && { requestState: params["requestState"] })
      },
      finish: (response) => {
        if ("result" in response) {
          return { status: 200, response: { ...response, result: complete(response.result, cacheTimes[method]) } }
        }
        if ("inputRequired" in response) {
          const result = { resultType: "input_required", ...response.inputRequired, _meta: serverInfo }
          return { status: 200, response: { jsonrpc: "2.0", id, result } }
        }
        const failure = statelessFailure(response.error)
        return { status: failure.status, response: errorResponse(response.id ?? id, failure) }
      }
    }
  }

  /** Answers `initialize`. */
  const initialize = (request: Request): Plan => {
    const { id } = request
    const { capabilities, instructions, serverInfo } = about
    const result = { protocolVersion: versionFor(request), capabilities, serverInfo, instructions }
    return { _tag: "Answer", answered: { status: 200, response: { jsonrpc: "2.0", id, result } } }
  }

  /**
   * Plans a request of a revision with a handshake. `initialize` is never refused. `client` holds the capabilities that
   * the client declared, if the transport keeps them, and `version` is the revision that it speaks.
   */
  const handshake = (
    request: Request,
    principal: typeof Principal.Service,
    client: Option.Option<Json>,
    version?: string
  ): Plan => {
    if (request.method === "initialize") return initialize(request)
    const context: RequestContext = {
      principal,
      revision: "handshake",
      client,
      ...viaOf(transport, version ?? unnamedVersion)
    }
    // These clients are asked during the call, so it never ends in questions.
    const finish = (response: Response): Answered => ({
      status: 200,
      response: "inputRequired" in response ? errorResponse(response.id, internalError) : response
    })
    // One with params is dispatched, where they are checked.
    if (request.method === "ping" && request.params === undefined) {
      return { _tag: "Answer", answered: { status: 200, response: { jsonrpc: "2.0", id: request.id, result: {} } } }
    }
    return { _tag: "Dispatch", request: withoutTask(request), context, finish }
  }

  /**
   * Makes the messages of a stream of changes. `paramsFailure` is the function of `params.ts`, which is passed in, since it is
   * loaded only when it is needed.
   */
  const listen = (
    request: Request,
    paramsFailure: (request: Request) => Failure | undefined,
    headers?: Headers
  ): Listening => {
    const { id, params } = request
    const failure = envelopeFailure(request, headers) ?? paramsFailure(request)
    if (failure !== undefined) return { _tag: "Refused", failure }
    const _meta = { [`${prefix}subscriptionId`]: id }
    const notification = (method: string, params: Json, more: Json = {}) => ({
      jsonrpc: "2.0",
      method,
      params: { ...params, _meta: { ..._meta, ...more } }
    })
    const wanted: unknown = Object(params?.["notifications"])["resourceSubscriptions"]
    return {
      _tag: "Open",
      // `paramsFailure` has checked that these are texts.
      uris: Array.isArray(wanted) ? [...new Set<string>(wanted)] : [],
      acknowledged: (uris, refused) =>
        notification(
          "notifications/subscriptions/acknowledged",
          { notifications: uris.length === 0 ? {} : { resourceSubscriptions: uris } },
          refused.length === 0 ? {} : { "mcp-kraken/refused": refused }
        ),
      updated: (uri) => notification(updatedMethod, { uri }),
      last: { jsonrpc: "2.0", id, result: { resultType: "complete", _meta: { ..._meta, ...serverInfo } } }
    }
  }

  return { stateless, handshake, listen }
}

/** The revision that `initialize` requests if we support it, else our latest. */
export const versionFor = ({ params }: Request): string | undefined =>
  handshakeVersions.find((version) => version === params?.["protocolVersion"]) ?? handshakeVersions[0]

const viaOf = (transport: Via["transport"] | undefined, version: string) =>
  transport !== undefined && { via: { transport, version } }

/** A stream of changes of revision 2026-07-28: its messages, or the reason for which there is none. */
export type Listening =
  | { readonly _tag: "Refused"; readonly failure: Failure }
  | {
      readonly _tag: "Open"
      /** The resources whose changes the client wants to know. */
      readonly uris: ReadonlyArray<string>
      /** The first message. It names the resources that are watched, and the reason for each of the others. */
      readonly acknowledged: (
        uris: ReadonlyArray<string>,
        refused: ReadonlyArray<{ readonly uri: string; readonly message: string }>
      ) => object
      readonly updated: (uri: string) => object
      /** The answer that ends the stream. */
      readonly last: object
    }

const updatedMethod = "notifications/resources/updated"

/** Makes the notification of a change, for a revision with a handshake. */
export const resourceUpdated = (uri: string): object => ({ jsonrpc: "2.0", method: updatedMethod, params: { uri } })

/** Converts an error to the codes of revision 2026-07-28, with its HTTP status. */
export const statelessFailure = (error: Pick<ProtocolError, "code" | "message" | "data">): Failure => {
  const { code, data, message } = error
  if (code === resourceNotFound) return { status: 400, code: -32602, message, data }
  return { status: statusOf(code), code, message, data }
}

const failed = ({ id }: Request, failure: Failure): Answered => ({
  status: failure.status,
  response: errorResponse(id, failure)
})

const fail = (request: Request, failure: Failure): Plan => ({
  _tag: "Answer",
  answered: failed(request, failure)
})

/** Removes `task` from the params. The spec asks servers without tasks to ignore it, but the SDK would refuse it. */
const withoutTask = (request: Request): Request => {
  if (request.params?.["task"] === undefined) return request
  const { task: _, ...params } = request.params
  return { ...request, params }
}

const statusOf = (code: number): number =>
  code === -32601 ? 404 : code === -32602 || code === -32021 || code === -32020 ? 400 : code === -32603 ? 500 : 200

/** Answers a request as planned. Interrupting it cancels the request. */
export const carryOut = (answer: RequestHandler, plan: Plan): Effect.Effect<Answered> =>
  plan._tag === "Answer" ? Effect.succeed(plan.answered) : Effect.map(answer(plan.request, plan.context), plan.finish)
