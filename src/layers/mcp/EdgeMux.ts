import type { JSONRPCNotification, JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Deferred, Effect, Either, Layer, Queue, Schedule, Schema, Stream } from "effect"
import { McpServer } from "../McpServer.ts"
import { type EdgeAnswer, type EdgeRequest, McpEdge } from "./Edge.ts"
import {
  errorResponse,
  type Failure,
  type Id,
  incoming,
  invalidRequest,
  isObject,
  legacyVersions,
  parseError
} from "./messages.ts"
import { envelopeFailure, headerFailure, isModern } from "./modern.ts"
import { type Answered, listening, makeProtocol } from "./Protocol.ts"

/** Proxies close what stays silent; a comment now and then keeps a stream open. */
const keepAlive = "15 seconds"

/** Messages of one batch, which only the revision of 2025-03-26 knows. */
const maxBatch = 100

/** MCP over HTTP, both eras on one endpoint, through one SDK server. */
export const EdgeMux = Layer.effect(
  McpEdge,
  Effect.gen(function* () {
    const { about, mux } = yield* McpServer
    const protocol = makeProtocol(mux, about)
    const stopped = yield* Deferred.make<void>()

    const one = (message: unknown, { caller, headers }: EdgeRequest): Effect.Effect<EdgeAnswer> => {
      const read = incoming(message)
      if (read._tag === "Invalid") return Effect.succeed(failed(read.id, read.failure))
      if (read._tag === "Silent") return Effect.succeed(accepted)
      const { request } = read
      if (isModern(request.method, request.params, headers)) {
        if (request.method === "subscriptions/listen") return Effect.succeed(listen(request, headers))
        return answer(request, (notify) => protocol.stateless(request, { caller, headers, ...notify }))
      }
      const version = headers["mcp-protocol-version"]
      if (request.method !== "initialize" && version !== undefined && !legacyVersions.includes(String(version))) {
        const message = `Unsupported protocol version: ${String(version).slice(0, 50)} (supported: ${legacyVersions.join(", ")})`
        return Effect.succeed(failed(null, { status: 400, code: -32000, message }))
      }
      return answer(request, (notify) => protocol.sessionEra(request, { caller, headers, ...notify }))
    }

    const listen = (request: JSONRPCRequest, headers: EdgeRequest["headers"]): EdgeAnswer => {
      const failure = envelopeFailure(request) ?? headerFailure(request, headers)
      if (failure !== undefined) return failed(request.id, failure)
      const alive = Stream.repeatEffectWithSchedule(Effect.succeed(": keep-alive\n\n"), Schedule.spaced(keepAlive))
      return {
        _tag: "Events",
        events: Stream.make(event(listening(request))).pipe(
          Stream.concat(Stream.drop(alive, 1)),
          Stream.interruptWhenDeferred(stopped)
        )
      }
    }

    const batch = (messages: ReadonlyArray<unknown>, request: EdgeRequest): Effect.Effect<EdgeAnswer> =>
      messages.length === 0 || messages.length > maxBatch
        ? Effect.succeed(failed(null, invalidRequest(`Invalid request: a batch has 1 to ${maxBatch} messages`)))
        : Effect.map(
            Effect.forEach(messages, (message) => inBatch(message, request), { concurrency: "unbounded" }),
            (answers) => {
              const texts = answers.flatMap((text) => text ?? [])
              return texts.length === 0 ? accepted : { _tag: "Json", status: 200, body: `[${texts.join(",")}]` }
            }
          )

    const inBatch = (message: unknown, { caller }: EdgeRequest): Effect.Effect<string | undefined> => {
      const read = incoming(message)
      if (read._tag === "Invalid") return Effect.succeed(JSON.stringify(errorResponse(read.id, read.failure)))
      if (read._tag === "Silent") return Effect.succeed(undefined)
      return Effect.map(protocol.sessionEra(read.request, { caller }), ({ response }) => JSON.stringify(response))
    }

    return McpEdge.of({
      post: (request) => {
        const parsed = parse(request.body)
        if (Either.isLeft(parsed)) return Effect.succeed(failed(null, parseError))
        return Array.isArray(parsed.right) ? batch(parsed.right, request) : one(parsed.right, request)
      },
      endListening: Deferred.succeed(stopped, undefined)
    })
  })
)

const parse = Schema.decodeUnknownEither(Schema.parseJson())

const accepted: EdgeAnswer = { _tag: "Json", status: 202 }

const failed = (id: Id | null, failure: Failure): EdgeAnswer => ({
  _tag: "Json",
  status: failure.status,
  body: JSON.stringify(errorResponse(id, failure))
})

const event = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`

const json = ({ response, status }: Answered): EdgeAnswer => ({ _tag: "Json", status, body: JSON.stringify(response) })

/** What a call does next: it tells how far it is, or it ends. */
type Step = { readonly notification: JSONRPCNotification } | { readonly end: Answered }

/** JSON, unless the client asked for progress and there is some: then events, from the first one to the answer. */
const answer = (
  request: JSONRPCRequest,
  run: (notify: { readonly notify?: (notification: JSONRPCNotification) => void }) => Effect.Effect<Answered>
): Effect.Effect<EdgeAnswer> => {
  const meta = request.params?._meta
  if (!isObject(meta) || meta["progressToken"] === undefined) return Effect.map(run({}), json)
  return Effect.gen(function* () {
    const steps = yield* Queue.unbounded<Step>()
    const notify = (notification: JSONRPCNotification) => void steps.unsafeOffer({ notification })
    const call = yield* Effect.forkDaemon(
      Effect.flatMap(Effect.interruptible(run({ notify })), (end) => steps.offer({ end }))
    )
    const first = yield* Effect.onInterrupt(steps.take, () => call.interruptAsFork(call.id()))
    if ("end" in first) return json(first.end)
    const rest = Stream.fromQueue(steps).pipe(Stream.takeUntil((step) => "end" in step))
    const events = Stream.make(first).pipe(
      Stream.concat(rest),
      Stream.map((step) => event("end" in step ? step.end.response : step.notification)),
      Stream.ensuring(call.interruptAsFork(call.id()))
    )
    return { _tag: "Events", events: Stream.merge(events, silence, { haltStrategy: "left" }) } satisfies EdgeAnswer
  }).pipe(Effect.interruptible)
}

const silence = Stream.drop(
  Stream.repeatEffectWithSchedule(Effect.succeed(": keep-alive\n\n"), Schedule.spaced(keepAlive)),
  1
)
