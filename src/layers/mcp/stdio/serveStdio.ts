import { Effect, Either, Exit, Fiber, FiberSet, Option, Predicate } from "effect"
import type { Readable, Writable } from "node:stream"
import { Principal } from "../../../services/Principal.ts"
import { carryOutBatch } from "../protocol/batch.ts"
import { type Line, makeLineSplitter, maxLine } from "./lines.ts"
import {
  errorResponse,
  type Failure,
  type Id,
  idOf,
  incoming,
  invalidRequest,
  type Json,
  parse,
  parseError,
  type Request,
  stringify
} from "../protocol/messages.ts"
import { isStateless } from "../protocol/statelessEnvelope.ts"
import {
  carryOut,
  makeProtocol,
  type Plan,
  resourceUpdated,
  statelessFailure,
  versionFor
} from "../protocol/protocol.ts"
import type { ProtocolError } from "../protocol/ProtocolError.ts"
import { makeListener, makeSubscriber, makeSubscriptionQuota, untilNotBehind } from "../subscriptions/subscriber.ts"
import { McpServer } from "../server/McpServer.ts"
import { makeLineWriter, makeReader } from "./streams.ts"

/** Loads the check of params. `initialize` needs none, and is answered sooner without it. */
const loadParams = Effect.promise(() => import("../protocol/params.ts"))

/** The methods that subscribe, in the revisions with a handshake. */
const subscribing: ReadonlySet<string> = new Set(["resources/subscribe", "resources/unsubscribe"])

/** The most streams of changes. */
const mostListeners = 50

const tooManyStreams: Failure = {
  status: 429,
  code: -32000,
  message: `This connection has ${mostListeners} streams, the most that it can have. Cancel some first.`
}

/**
 * Serves one client on a pair of streams, in all protocol revisions, until the input or `until` ends and all requests
 * are answered. The output holds only the protocol, one message a line. While its reader does not keep up, no more input
 * is read.
 */
export const serveStdio = Effect.fn("Stdio.serve")(function* (
  input: Readable,
  output: Writable,
  until: Effect.Effect<unknown> = Effect.never
) {
  const { answer, questions, definition, expectRequests, watch } = yield* McpServer
  const principal = yield* Principal
  const protocol = makeProtocol(definition, "pipe")
  const { read } = yield* makeReader(input)
  const writer = yield* makeLineWriter(output)
  const calls = yield* FiberSet.make<void>()
  const streams = yield* FiberSet.make<void>()
  const running = new Map<Id, Fiber.RuntimeFiber<void>>()
  const hasSubscriptions = definition.about.capabilities.resources?.subscribe === true
  const quota = makeSubscriptionQuota()
  /** The streams of changes, each with its last message. */
  const listeners = new Map<Id, { readonly fiber: Fiber.RuntimeFiber<void>; readonly last: object }>()
  let client = Option.none<Json>()
  let version: string | undefined

  const write = (message: object) => writer.write(stringify(message))
  const fail = (id: Id | null, failure: Failure) => write(errorResponse(id, failure))

  const planOf = (request: Request): Plan => {
    if (isStateless(request.method, request.params, {})) return protocol.stateless(request, principal)
    const capabilities = request.params?.["capabilities"]
    // Capabilities and revision of the client are the only state that is kept for the connection.
    if (request.method === "initialize") {
      client = Predicate.isRecord(capabilities) ? Option.some(capabilities) : Option.none()
      version = versionFor(request)
    }
    return protocol.handshake(request, principal, client, version)
  }

  const subscriber = yield* makeSubscriber({
    principal,
    watch,
    quota,
    ready: untilNotBehind(writer.isBehind),
    tell: (uri) => write(resourceUpdated(uri))
  })

  const subscribe = Effect.fnUntraced(function* (request: Request) {
    const { id, method, params } = request
    const { paramsFailure } = yield* loadParams
    const invalid = paramsFailure(request)
    if (invalid !== undefined) return fail(id, invalid)
    const uri = String(params?.["uri"])
    yield* Effect.match(method === "resources/subscribe" ? subscriber.subscribe(uri) : subscriber.unsubscribe(uri), {
      onFailure: ({ code, data, message }) => fail(id, { status: 200, code, data, message }),
      onSuccess: () => write({ jsonrpc: "2.0", id, result: {} })
    })
  })

  const listen = Effect.fnUntraced(function* (request: Request) {
    const { paramsFailure } = yield* loadParams
    const listening = protocol.listen(request, paramsFailure)
    if (listening._tag === "Refused") return fail(request.id, listening.failure)
    if (listeners.has(request.id)) return fail(request.id, invalidRequest("Invalid request: this id is in use"))
    if (listeners.size >= mostListeners) return fail(request.id, tooManyStreams)
    const open = Effect.gen(function* () {
      const listener = yield* makeListener({
        listening: hasSubscriptions ? listening : { ...listening, uris: [] },
        principal,
        watch,
        quota,
        isBehind: writer.isBehind,
        send: write
      })
      yield* listener.ended
      write(listening.last)
    }).pipe(
      Effect.scoped,
      Effect.catchAll((error: ProtocolError) => Effect.sync(() => fail(request.id, statelessFailure(error))))
    )
    const fiber = yield* FiberSet.run(streams, open)
    listeners.set(request.id, { fiber, last: listening.last })
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit) && listeners.get(request.id)?.fiber === fiber) listeners.delete(request.id)
    })
  })

  const answerTo = (request: Request) => {
    const plan = planOf(request)
    const withSend: Plan = plan._tag === "Dispatch" ? { ...plan, context: { ...plan.context, send: write } } : plan
    return Effect.map(carryOut(answer, withSend), ({ response }) => write(response))
  }

  const start = Effect.fnUntraced(function* (request: Request) {
    if (request.method === "subscriptions/listen") return yield* listen(request)
    const isSubscribing =
      hasSubscriptions && subscribing.has(request.method) && !isStateless(request.method, request.params, {})
    const fiber = yield* FiberSet.run(calls, isSubscribing ? subscribe(request) : answerTo(request))
    running.set(request.id, fiber)
    fiber.addObserver(() => {
      if (running.get(request.id) === fiber) running.delete(request.id)
    })
  })

  const cancel = (id: Id | undefined) => {
    if (id === undefined) return Effect.void
    const fiber = listeners.get(id)?.fiber ?? running.get(id)
    listeners.delete(id)
    return fiber === undefined ? Effect.void : Fiber.interruptFork(fiber)
  }

  const receive = (message: unknown): Effect.Effect<void> => {
    const read = incoming(message)
    switch (read._tag) {
      case "Invalid":
        return Effect.sync(() => fail(read.id, read.failure))
      case "Request":
        return start(read.request)
      case "Silent":
        if (read.response !== undefined) questions.answer(principal, read.response)
        // The client has our answer to `initialize`, and will soon ask for the tools.
        if (read.method === "notifications/initialized") expectRequests()
        return read.method === "notifications/cancelled" ? cancel(idOf(read.params["requestId"])) : Effect.void
    }
  }

  const startBatch = (messages: ReadonlyArray<unknown>) =>
    FiberSet.run(
      calls,
      Effect.map(carryOutBatch(answer, protocol, messages, principal, version), ({ body }) => {
        if (body !== undefined) writer.write(body)
      })
    )

  const receiveLine = (line: Line): Effect.Effect<unknown> => {
    if ("tooLong" in line) {
      return Effect.sync(() =>
        fail(null, invalidRequest(`Invalid request: the line is longer than ${maxLine} characters`))
      )
    }
    return Either.match(parse(line.text), {
      onLeft: () => Effect.sync(() => fail(null, parseError)),
      onRight: (message) => (Array.isArray(message) ? startBatch(message) : receive(message))
    })
  }

  const receiveAll = Effect.gen(function* () {
    const split = makeLineSplitter()
    for (let chunk = yield* read; ; chunk = yield* read) {
      yield* Effect.forEach(split(chunk), (line) => Effect.zipRight(writer.ready, receiveLine(line)), { discard: true })
      if (chunk === undefined) break
    }
  })

  const serveAll = Effect.gen(function* () {
    yield* Effect.raceFirst(receiveAll, until)
    // A client that has closed the input can't answer any more questions.
    questions.abandon(principal)
    yield* FiberSet.awaitEmpty(calls)
    for (const { last } of listeners.values()) write(last)
    yield* writer.flushed
  })
  yield* Effect.raceFirst(serveAll, writer.closed)
}, Effect.scoped)
