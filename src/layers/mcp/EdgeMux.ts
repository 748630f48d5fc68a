import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Deferred, Effect, Either, Layer, Option, Queue, Schedule, Stream } from "effect"
import { type EdgeAnswer, type EdgeRequest, McpEdge } from "./Edge.ts"
import {
  errorResponse,
  type Failure,
  type Id,
  incoming,
  invalidRequest,
  legacyVersions,
  parse,
  parseError,
  stringify
} from "./messages.ts"
import { header, isModern } from "./modern.ts"
import type { Mux } from "./Mux.ts"
import { carryOutBatch } from "./batch.ts"
import { type Answered, makeProtocol, type Plan } from "./Protocol.ts"
import { McpServer } from "./Server.ts"

/** Proxies close what stays silent; a comment now and then keeps a stream open. */
const keepAlive = "15 seconds"

/** Revisions that know batches; clients of the first of them need not say which they speak. */
const batchVersions = [undefined, "2025-03-26", "2024-11-05", "2024-10-07"]

/** MCP over HTTP, both eras on one endpoint, through one SDK server. */
export const EdgeMux = Layer.effect(
  McpEdge,
  Effect.gen(function* () {
    const { mux, questions, surface } = yield* McpServer
    const protocol = makeProtocol(surface)
    const stopped = yield* Deferred.make<void>()

    const one = (message: unknown, { caller, headers }: EdgeRequest): Effect.Effect<EdgeAnswer> => {
      const read = incoming(message)
      if (read._tag === "Invalid") return Effect.succeed(failed(read.id, read.failure))
      if (read._tag === "Silent") {
        if (read.response !== undefined) questions.answer(caller, read.response)
        // A notification is of no consequence here: a client cancels its call by leaving it.
        return Effect.succeed(accepted)
      }
      const { request } = read
      if (isModern(request.method, request.params, headers)) {
        if (request.method === "subscriptions/listen") return Effect.succeed(listen(request, headers))
        return answer(mux, protocol.stateless(request, caller, headers), takesEvents(headers))
      }
      const version = header(headers, "mcp-protocol-version")
      if (request.method !== "initialize" && version !== undefined && !legacyVersions.includes(version)) {
        return Effect.succeed(failed(request.id, unsupported(version)))
      }
      return answer(mux, protocol.handshake(request, caller, Option.none()), takesEvents(headers))
    }

    const listen = (request: JSONRPCRequest, headers: EdgeRequest["headers"]): EdgeAnswer => {
      const { failure, first, last } = protocol.listen(request, headers)
      if (failure !== undefined) return failed(request.id, failure)
      const open = Stream.concat(Stream.make(event(first)), silence)
      return {
        _tag: "Events",
        events: Stream.concat(Stream.interruptWhenDeferred(open, stopped), Stream.make(event(last)))
      }
    }

    const batch = (messages: ReadonlyArray<unknown>, { caller, headers }: EdgeRequest): Effect.Effect<EdgeAnswer> =>
      batchVersions.includes(header(headers, "mcp-protocol-version"))
        ? Effect.map(carryOutBatch(mux, protocol, messages, caller), (answer) => ({ _tag: "Json", ...answer }))
        : Effect.succeed(failed(null, invalidRequest("Invalid request: this revision knows no batches")))

    return McpEdge.of({
      post: (request) =>
        Either.match(parse(request.body), {
          onLeft: () => Effect.succeed(failed(null, parseError)),
          onRight: (body) => (Array.isArray(body) ? batch(body, request) : one(body, request))
        }),
      endListening: Deferred.succeed(stopped, undefined)
    })
  })
)

/** Whoever does not say what it takes gets what fits. */
const takesEvents = (headers: EdgeRequest["headers"]): boolean =>
  /text\/(event-stream|\*)|\*\/\*/i.test(header(headers, "accept") ?? "*/*")

const accepted: EdgeAnswer = { _tag: "Json", status: 202 }

const failed = (id: Id | null, failure: Failure): EdgeAnswer => ({
  _tag: "Json",
  status: failure.status,
  body: stringify(errorResponse(id, failure))
})

const unsupported = (version: string): Failure => ({
  status: 400,
  code: -32000,
  message: `Unsupported protocol version: ${version.slice(0, 50)} (supported: ${legacyVersions.join(", ")})`
})

const event = (message: unknown): string => `event: message\ndata: ${stringify(message)}\n\n`

const json = ({ response, status }: Answered): EdgeAnswer => ({ _tag: "Json", status, body: stringify(response) })

/** JSON, unless something is to be said before the answer: then events, from the first one to the answer. */
const answer = (mux: Mux, plan: Plan, withEvents: boolean): Effect.Effect<EdgeAnswer> => {
  if (plan._tag === "Answer") return Effect.succeed(json(plan.answered))
  const { asking, finish, request } = plan
  return Effect.flatMap(Queue.unbounded<string>(), (queue) =>
    Effect.async<EdgeAnswer>((resume) => {
      let streams = false
      let ended = false
      const cancel = mux.request(
        request,
        withEvents ? { ...asking, send: (message) => send(message) } : asking,
        (response) => {
          ended = true
          if (!streams) return resume(Effect.succeed(json(finish(response))))
          queue.unsafeOffer(event(finish(response).response))
          queue.unsafeOffer(end)
        }
      )
      const send = (message: object) => {
        if (ended) return
        queue.unsafeOffer(event(message))
        if (streams) return
        streams = true
        const events = Stream.fromQueue(queue).pipe(
          Stream.takeWhile((text) => text !== end),
          Stream.merge(silence, { haltStrategy: "left" }),
          Stream.ensuring(Effect.sync(cancel))
        )
        resume(Effect.succeed({ _tag: "Events", events }))
      }
      return Effect.sync(cancel)
    })
  )
}

/** Follows the last event of a stream. */
const end = ""

const silence = Stream.drop(
  Stream.repeatEffectWithSchedule(Effect.succeed(": keep-alive\n\n"), Schedule.spaced(keepAlive)),
  1
)
