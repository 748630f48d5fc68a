import type { JSONRPCRequest } from "@modelcontextprotocol/sdk/types.js"
import { Effect, Either, Fiber, FiberSet, Queue, Schema } from "effect"
import type { Readable, Writable } from "node:stream"
import { McpServer } from "./McpServer.ts"
import { type Line, makeLines, maxLine } from "./mcp/lines.ts"
import { errorResponse, type Failure, type Id, incoming, invalidRequest, parseError } from "./mcp/messages.ts"
import { envelopeFailure, isModern } from "./mcp/modern.ts"
import { listening, makeProtocol } from "./mcp/Protocol.ts"

/**
 * Serves one client on a pair of streams, both eras, until the input ends and what it asked is answered. The output is
 * the protocol alone: one message a line.
 */
export const serveStdio = Effect.fn("Stdio.serve")(function* (input: Readable, output: Writable) {
  const { about, mux } = yield* McpServer
  const protocol = makeProtocol(mux, about)
  const write = yield* makeWriter(output)
  const calls = yield* FiberSet.make<void>()
  const running = new Map<Id, Fiber.RuntimeFiber<void>>()

  const fail = (id: Id | null, failure: Failure) => write(errorResponse(id, failure))

  const answer = (request: JSONRPCRequest): Effect.Effect<unknown> => {
    const asking = { caller: { _tag: "Local" } as const, notify: (message: object) => void write(message) }
    return isModern(request.method, request.params, {})
      ? protocol.stateless(request, asking)
      : protocol.sessionEra(request, asking)
  }

  const start = (request: JSONRPCRequest) =>
    Effect.gen(function* () {
      const failure = request.method === "subscriptions/listen" ? envelopeFailure(request) : undefined
      if (failure !== undefined) return fail(request.id, failure)
      // Nothing is announced here, so nothing follows the acknowledgement.
      if (request.method === "subscriptions/listen") return write(listening(request))
      const fiber = yield* FiberSet.run(
        calls,
        Effect.map(answer(request), (answered) => write(Object(answered).response))
      )
      running.set(request.id, fiber)
      fiber.addObserver(() => {
        if (running.get(request.id) === fiber) running.delete(request.id)
      })
    })

  const receive = (message: unknown): Effect.Effect<void> => {
    const read = incoming(message)
    switch (read._tag) {
      case "Invalid":
        return Effect.sync(() => fail(read.id, read.failure))
      case "Request":
        return Effect.asVoid(start(read.request))
      case "Silent": {
        const fiber =
          read.method === "notifications/cancelled" ? running.get(read.params["requestId"] as Id) : undefined
        return fiber === undefined ? Effect.void : Fiber.interruptFork(fiber)
      }
    }
  }

  const lines = yield* read(input)
  while (true) {
    const line = yield* lines.take
    if (line === "end") break
    if ("tooLong" in line) {
      fail(null, invalidRequest(`Invalid request: longer than ${maxLine} characters`))
      continue
    }
    const parsed = parse(line.text)
    if (Either.isLeft(parsed)) fail(null, parseError)
    else yield* Effect.forEach(Array.isArray(parsed.right) ? parsed.right : [parsed.right], receive, { discard: true })
  }
  yield* FiberSet.awaitEmpty(calls)
  yield* write.flushed
}, Effect.scoped)

const parse = Schema.decodeUnknownEither(Schema.parseJson())

/** The lines of a stream, then its end. */
const read = (input: Readable) =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded<Line | "end">()
    const cut = makeLines()
    const onData = (chunk: Buffer) => {
      for (const line of cut(chunk)) queue.unsafeOffer(line)
    }
    const onEnd = () => void queue.unsafeOffer("end")
    yield* Effect.acquireRelease(
      Effect.sync(() => input.on("data", onData).once("end", onEnd).once("error", onEnd).once("close", onEnd)),
      () => Effect.sync(() => input.off("data", onData).pause())
    )
    return queue
  })

/** Writes messages in order; waits for a slow reader. A reader that went away ends nothing but the writing. */
const makeWriter = (output: Writable) =>
  Effect.gen(function* () {
    const queue: Array<string> = []
    let blocked = false
    const pump = () => {
      blocked = false
      for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
        if (!output.write(text)) {
          blocked = true
          output.once("drain", pump)
          return
        }
      }
    }
    const ignore = () => undefined
    yield* Effect.acquireRelease(
      Effect.sync(() => output.on("error", ignore)),
      () => Effect.sync(() => output.off("error", ignore))
    )
    const write = (message: unknown): void => {
      queue.push(`${JSON.stringify(message)}\n`)
      if (!blocked) pump()
    }
    const flushed = Effect.async<void>((resume) => {
      const check = () => {
        if (blocked) output.once("drain", check)
        else output.write("", () => resume(Effect.void))
      }
      check()
    })
    return Object.assign(write, { flushed })
  })
