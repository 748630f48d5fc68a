import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
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
  stringify
} from "../protocol/messages.ts"
import { header, isStateless } from "../protocol/statelessEnvelope.ts"
import { carryOutBatch } from "../protocol/batch.ts"
import { type Answered, carryOut, makeProtocol, type Plan } from "../protocol/protocol.ts"
import { McpServer } from "../server/McpServer.ts"
import type { RequestHandler } from "../protocol/serverDefinition.ts"

/** Revisions that know batches; clients of the first of them need not say which they speak. */
const batchVersions = [undefined, "2025-03-26", "2024-11-05", "2024-10-07"]

/** MCP over HTTP, both eras on one endpoint, through one server. */
export const McpHttpHandlerStateless = Layer.effect(
  McpHttpHandler,
  Effect.gen(function* () {
    const { answer, questions, surface } = yield* McpServer
    const protocol = makeProtocol(surface)
    const stopped = yield* Deferred.make<void>()

    const one = (message: unknown, edge: McpHttpRequest): Effect.Effect<McpHttpResponse> => {
      const { headers, principal } = edge
      const read = incoming(message)
      if (read._tag === "Invalid") return Effect.succeed(failed(read.id, read.failure))
      if (read._tag === "Silent") {
        if (read.response !== undefined) questions.answer(principal, read.response)
        // A notification is of no consequence here: a client cancels its call by leaving it.
        return Effect.succeed(accepted)
      }
      const { request } = read
      if (isStateless(request.method, request.params, headers)) {
        if (request.method === "subscriptions/listen") return listen(request, edge)
        return carryOutWithEvents(answer, protocol.stateless(request, principal, headers), edge)
      }
      const version = header(headers, "mcp-protocol-version")
      if (request.method !== "initialize" && version !== undefined && !handshakeVersions.includes(version)) {
        return Effect.succeed(failed(request.id, unsupported(version)))
      }
      return carryOutWithEvents(answer, protocol.handshake(request, principal, Option.none()), edge)
    }

    const listen = (request: JSONRPCRequest, { emit, headers }: McpHttpRequest): Effect.Effect<McpHttpResponse> => {
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
        ? Effect.map(carryOutBatch(answer, protocol, messages, principal), (answer) => ({ _tag: "Json", ...answer }))
        : Effect.succeed(failed(null, invalidRequest("Invalid request: this revision knows no batches")))

    return McpHttpHandler.of({
      post: (request) =>
        Effect.suspend(() =>
          Either.match(parse(request.body), {
            onLeft: () => Effect.succeed(failed(null, parseError)),
            onRight: (body) => (Array.isArray(body) ? batch(body, request) : one(body, request))
          })
        ),
      endListening: Deferred.succeed(stopped, undefined)
    })
  })
)

/** Whoever does not say what it takes gets what fits. */
const takesEvents = (headers: McpHttpRequest["headers"]): boolean =>
  /text\/(event-stream|\*)|\*\/\*/i.test(header(headers, "accept") ?? "*/*")

const accepted: McpHttpResponse = { _tag: "Json", status: 202 }

const failed = (id: Id | null, failure: Failure): McpHttpResponse => ({
  _tag: "Json",
  status: failure.status,
  body: stringify(errorResponse(id, failure))
})

const unsupported = (version: string): Failure => ({
  status: 400,
  code: -32000,
  message: `Unsupported protocol version: ${version.slice(0, 50)} (supported: ${handshakeVersions.join(", ")})`
})

const event = (message: unknown): string => `event: message\ndata: ${stringify(message)}\n\n`

const json = ({ response, status }: Answered): McpHttpResponse => ({ _tag: "Json", status, body: stringify(response) })

/** JSON, unless something was said before the answer: then the answer is the last event. */
const carryOutWithEvents = (
  answer: RequestHandler,
  plan: Plan,
  edge: McpHttpRequest
): Effect.Effect<McpHttpResponse> => {
  if (plan._tag === "Answer") return Effect.succeed(json(plan.answered))
  const { addLogFields, emit, headers } = edge
  if (!takesEvents(headers)) {
    return Effect.map(carryOut(answer, { ...plan, asking: { ...plan.asking, addLogFields } }), json)
  }
  let state: "silent" | "streams" | "ended" = "silent"
  const send = (message: object) => {
    // What a background fiber reports after the answer has nowhere to go.
    if (state === "ended") return
    state = "streams"
    emit(event(message))
  }
  return Effect.map(carryOut(answer, { ...plan, asking: { ...plan.asking, addLogFields, send } }), (answered) => {
    const streams = state === "streams"
    state = "ended"
    return streams ? { _tag: "Event", text: event(answered.response) } : json(answered)
  })
}
