import { Effect, Either, Fiber, FiberSet, Option, Predicate } from "effect"
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
import { carryOut, makeProtocol, type Plan, versionFor } from "../protocol/protocol.ts"
import { McpServer } from "../server/McpServer.ts"
import { makeLineWriter, makeReader } from "./streams.ts"

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
  const { answer, questions, definition, expectRequests } = yield* McpServer
  const principal = yield* Principal
  const protocol = makeProtocol(definition, "pipe")
  const { read } = yield* makeReader(input)
  const writer = yield* makeLineWriter(output)
  const calls = yield* FiberSet.make<void>()
  const running = new Map<Id, Fiber.RuntimeFiber<void>>()
  const listeners = new Map<Id, object>()
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

  const listen = (request: Request) => {
    const { failure, first, last } = protocol.listen(request)
    if (failure !== undefined) return fail(request.id, failure)
    listeners.set(request.id, last)
    write(first)
  }

  const start = Effect.fnUntraced(function* (request: Request) {
    if (request.method === "subscriptions/listen") return listen(request)
    const plan = planOf(request)
    const withSend: Plan = plan._tag === "Dispatch" ? { ...plan, context: { ...plan.context, send: write } } : plan
    const fiber = yield* FiberSet.run(
      calls,
      Effect.map(carryOut(answer, withSend), ({ response }) => write(response))
    )
    running.set(request.id, fiber)
    fiber.addObserver(() => {
      if (running.get(request.id) === fiber) running.delete(request.id)
    })
  })

  const cancel = (id: Id | undefined) => {
    if (id === undefined) return Effect.void
    listeners.delete(id)
    const fiber = running.get(id)
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
    for (const last of listeners.values()) write(last)
    yield* writer.flushed
  })
  yield* Effect.raceFirst(serveAll, writer.closed)
}, Effect.scoped)
