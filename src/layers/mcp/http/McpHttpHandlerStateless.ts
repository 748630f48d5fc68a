import { Deferred, Effect, Either, Layer, Option } from "effect"
import { type McpHttpResponse, type McpHttpRequest, McpHttpHandler } from "./McpHttpHandler.ts"
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
import { header, isStateless } from "../protocol/statelessEnvelope.ts"
import { carryOutBatch } from "../protocol/batch.ts"
import { type Answered, carryOut, makeProtocol, type Plan } from "../protocol/protocol.ts"
import { McpServer } from "../server/McpServer.ts"
import type { RequestHandler } from "../protocol/serverDefinition.ts"

/** The revisions with batches. Clients of 2025-03-26 are allowed to leave the header out. */
const batchVersions = [undefined, "2025-03-26", "2024-11-05", "2024-10-07"]

/** MCP over HTTP without sessions: all protocol revisions on one endpoint, answered by one server. */
export const McpHttpHandlerStateless = Layer.effect(
  McpHttpHandler,
  Effect.gen(function* () {
    const { answer, questions, definition } = yield* McpServer
    const protocol = makeProtocol(definition, "tcp")
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
      return carryOutWithEvents(answer, protocol.handshake(request, principal, Option.none(), version), http)
    }

    const listen = (request: Request, { emit, headers }: McpHttpRequest): Effect.Effect<McpHttpResponse> => {
      const { failure, first, last } = protocol.listen(request, headers)
      if (failure !== undefined) return Effect.succeed(failed(request.id, failure))
      emit(event(first))
      return Effect.as(Deferred.await(stopped), { _tag: "Event", text: event(last) })
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
      endListening: Deferred.succeed(stopped, undefined)
    })
  })
)

/** Checks that a client accepts events. A client without `Accept` does. */
const acceptsEvents = (headers: McpHttpRequest["headers"]): boolean =>
  /text\/(event-stream|\*)|\*\/\*/i.test(header(headers, "accept") ?? "*/*")

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
