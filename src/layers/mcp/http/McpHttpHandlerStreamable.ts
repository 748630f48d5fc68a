import { Deferred, Effect, Either, Layer, Option } from "effect"
import {
  type McpHttpResponse,
  type McpHttpRequest,
  McpHttpHandler,
  type McpHttpStream,
  type NoSession
} from "./McpHttpHandler.ts"
import {
  errorResponse,
  type Failure,
  type Id,
  incoming,
  invalidRequest,
  handshakeVersions,
  parse,
  parseError,
  type Request,
  stringify
} from "../protocol/messages.ts"
import { paramsFailure } from "../protocol/params.ts"
import { header, isStateless } from "../protocol/statelessEnvelope.ts"
import { carryOutBatch } from "../protocol/batch.ts"
import {
  type Answered,
  carryOut,
  makeProtocol,
  type Plan,
  resourceUpdated,
  statelessFailure
} from "../protocol/protocol.ts"
import type { ProtocolError } from "../protocol/ProtocolError.ts"
import { makeQuota } from "../subscriptions/quota.ts"
import { makeSessions } from "../subscriptions/sessions.ts"
import { makeListener, makeSubscriptionQuota } from "../subscriptions/subscriber.ts"
import { McpServer } from "../server/McpServer.ts"
import type { RequestHandler } from "../protocol/serverDefinition.ts"

/** The revisions with batches. Clients of 2025-03-26 are allowed to leave the header out. */
const batchVersions = [undefined, "2025-03-26", "2024-11-05", "2024-10-07"]

/** The most open streams of one caller that listen for changes. */
const mostListeners = 50

/**
 * MCP over HTTP: all protocol revisions on one endpoint, answered by one server. A session of the revisions before
 * 2026-07-28 only connects subscriptions with the stream on which changes are told. No other request needs one.
 */
export const McpHttpHandlerStreamable = Layer.scoped(
  McpHttpHandler,
  Effect.gen(function* () {
    const { answer, questions, definition, watch } = yield* McpServer
    const protocol = makeProtocol(definition, "tcp")
    const hasSubscriptions = definition.about.capabilities.resources?.subscribe === true
    const quota = makeSubscriptionQuota()
    const listeners = makeQuota(mostListeners)
    const sessions = yield* makeSessions(watch, quota)
    const stopped = yield* Deferred.make<void>()

    const answerOne = (message: unknown, http: McpHttpRequest): Effect.Effect<McpHttpResponse> => {
      const { headers, principal } = http
      const read = incoming(message)
      if (read._tag === "Invalid") return Effect.succeed(failed(read.id, read.failure))
      if (read._tag === "Silent") {
        if (read.response !== undefined) questions.answer(principal, read.response)
        // Notifications have no effect over HTTP: a client cancels its call by disconnecting.
        return Effect.succeed(accepted)
      }
      const { request } = read
      if (isStateless(request.method, request.params, headers)) {
        if (request.method === "subscriptions/listen") return listen(request, http)
        return carryOutWithEvents(answer, protocol.stateless(request, principal, headers), http)
      }
      const version = header(headers, "mcp-protocol-version")
      if (request.method !== "initialize" && version !== undefined && !handshakeVersions.includes(version)) {
        return Effect.succeed(failed(request.id, unsupportedVersion(version)))
      }
      const session = sessionIn(headers)
      if (session !== undefined && request.method !== "initialize" && sessions.isEnded(principal, session))
        return Effect.succeed(failed(request.id, endedSession))
      if (hasSubscriptions && subscribing.has(request.method)) return subscribe(request, principal, session)
      const answered = carryOutWithEvents(answer, protocol.handshake(request, principal, Option.none(), version), http)
      return hasSubscriptions && request.method === "initialize"
        ? Effect.map(answered, (answer) => (answer._tag === "Json" ? { ...answer, session: sessions.newId() } : answer))
        : answered
    }

    const subscribe = (
      request: Request,
      principal: McpHttpRequest["principal"],
      session: string | undefined
    ): Effect.Effect<McpHttpResponse> => {
      const { id, method, params } = request
      const invalid = paramsFailure(request)
      if (invalid !== undefined) return Effect.succeed(failed(id, { ...invalid, status: 200 }))
      if (session === undefined) return Effect.succeed(failed(id, noSession))
      const uri = String(params?.["uri"])
      return sessions.subscriber(principal, session).pipe(
        Effect.flatMap((subscriber) =>
          method === "resources/subscribe" ? subscriber.subscribe(uri) : subscriber.unsubscribe(uri)
        ),
        Effect.match({
          onFailure: (error) => failed(id, { ...error, message: error.message, status: 200 }),
          onSuccess: () => json({ status: 200, response: { jsonrpc: "2.0", id, result: {} } })
        })
      )
    }

    const listen = (
      request: Request,
      { emit, headers, isBehind, principal }: McpHttpRequest
    ): Effect.Effect<McpHttpResponse> => {
      const listening = protocol.listen(request, paramsFailure, headers)
      if (listening._tag === "Refused") return Effect.succeed(failed(request.id, listening.failure))
      const open = Effect.gen(function* () {
        const listener = yield* makeListener({
          listening: hasSubscriptions ? listening : { ...listening, uris: [] },
          principal,
          watch,
          quota,
          isBehind,
          send: (message) => emit(event(message))
        })
        yield* Effect.raceFirst(Deferred.await(stopped), listener.ended)
        const last: McpHttpResponse = { _tag: "Event", text: event(listening.last) }
        return last
      }).pipe(
        Effect.scoped,
        Effect.catchAll((error: ProtocolError) => Effect.succeed(failed(request.id, statelessFailure(error))))
      )
      return Effect.acquireUseRelease(
        Effect.sync(() => listeners.take(principal.caller.id)),
        (isTaken) => (isTaken ? open : Effect.succeed(failed(request.id, tooManyStreams))),
        (isTaken) => Effect.sync(() => isTaken && listeners.giveBack(principal.caller.id))
      )
    }

    const get = ({ emit, headers, isBehind, principal }: McpHttpStream): Effect.Effect<McpHttpResponse | NoSession> => {
      const session = sessionIn(headers)
      if (session === undefined || !hasSubscriptions || !acceptsEvents(headers)) return Effect.succeed(withoutSession)
      if (sessions.isEnded(principal, session)) return Effect.succeed(failed(null, endedSession))
      emit(": listening\n\n")
      return sessions.listen(principal, session, { isBehind, tell: (uri) => emit(event(resourceUpdated(uri))) }).pipe(
        Effect.catchAll(({ message }) => Effect.sync(() => emit(`: ${message}\n\n`))),
        Effect.as({ _tag: "Event", text: "" } as const)
      )
    }

    const batch = (
      messages: ReadonlyArray<unknown>,
      { headers, principal }: McpHttpRequest
    ): Effect.Effect<McpHttpResponse> =>
      batchVersions.includes(header(headers, "mcp-protocol-version"))
        ? Effect.map(
            carryOutBatch(answer, protocol, messages, principal, header(headers, "mcp-protocol-version")),
            (answer) => ({ _tag: "Json", ...answer })
          )
        : Effect.succeed(failed(null, invalidRequest("Invalid request: this protocol revision has no batches")))

    return McpHttpHandler.of({
      post: (request) =>
        Effect.suspend(() =>
          Either.match(parse(request.body), {
            onLeft: () => Effect.succeed(failed(null, parseError)),
            onRight: (body) => (Array.isArray(body) ? batch(body, request) : answerOne(body, request))
          })
        ),
      get,
      end: ({ headers, principal }) => {
        const session = sessionIn(headers)
        if (session === undefined || !hasSubscriptions) return Effect.succeed(withoutSession)
        return Effect.as(sessions.end(principal, session), { _tag: "Json", status: 200 })
      },
      endListening: Effect.zipRight(Deferred.succeed(stopped, undefined), sessions.stop)
    })
  })
)

/** Checks that a client accepts events. A client without `Accept` does. */
const acceptsEvents = (headers: McpHttpRequest["headers"]): boolean =>
  /text\/(event-stream|\*)|\*\/\*/i.test(header(headers, "accept") ?? "*/*")

/** The longest id of a session. Ours are shorter. */
const longestId = 100

/** Reads the id of the session that a request belongs to. Undefined if there is none, or it can't be one. */
const sessionIn = (headers: McpHttpRequest["headers"]): string | undefined => {
  const id = header(headers, "mcp-session-id")
  return id !== undefined && id !== "" && id.length <= longestId ? id : undefined
}

/** The methods that need a session. */
const subscribing: ReadonlySet<string> = new Set(["resources/subscribe", "resources/unsubscribe"])

const withoutSession: NoSession = { _tag: "NoSession" }

const noSession: Failure = {
  status: 400,
  code: -32000,
  message:
    "Subscriptions need a session: send the MCP-Session-Id of the answer to initialize, and open the stream of events by GET."
}

const endedSession: Failure = {
  status: 404,
  code: -32000,
  message: "The client has ended this session: begin another one with initialize."
}

const tooManyStreams: Failure = {
  status: 429,
  code: -32000,
  message: `This token has ${mostListeners} open streams, the most that it can have. Close some first.`
}

const accepted: McpHttpResponse = { _tag: "Json", status: 202 }

const failed = (id: Id | null, failure: Failure): McpHttpResponse => ({
  _tag: "Json",
  status: failure.status,
  body: stringify(errorResponse(id, failure))
})

const unsupportedVersion = (version: string): Failure => ({
  status: 400,
  code: -32000,
  message: `Unsupported protocol version: ${version.slice(0, 50)} (supported: ${handshakeVersions.join(", ")})`
})

const event = (message: unknown): string => `event: message\ndata: ${stringify(message)}\n\n`

const json = ({ response, status }: Answered): McpHttpResponse => ({ _tag: "Json", status, body: stringify(response) })

/** Answers with JSON, or with the last event of a stream if events were sent before the answer. */
const carryOutWithEvents = (
  answer: RequestHandler,
  plan: Plan,
  { addLogFields, emit, headers }: McpHttpRequest
): Effect.Effect<McpHttpResponse> => {
  if (plan._tag === "Answer") return Effect.succeed(json(plan.answered))
  if (!acceptsEvents(headers)) {
    return Effect.map(carryOut(answer, { ...plan, context: { ...plan.context, addLogFields } }), json)
  }
  let state: "none" | "streaming" | "ended" = "none"
  const send = (message: object) => {
    // A background fiber might still report after the answer.
    if (state === "ended") return
    state = "streaming"
    emit(event(message))
  }
  return Effect.map(carryOut(answer, { ...plan, context: { ...plan.context, addLogFields, send } }), (answered) => {
    const isStream = state === "streaming"
    state = "ended"
    return isStream ? { _tag: "Event", text: event(answered.response) } : json(answered)
  })
}
