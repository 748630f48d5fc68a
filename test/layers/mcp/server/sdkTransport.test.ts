import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue } from "effect"
import { SdkTransport } from "../../../../src/layers/mcp/server/sdkTransport.ts"

/** A request with the same id as all others. */
const ping = { jsonrpc: "2.0" as const, id: "same", method: "ping" }

/** A server that answers on demand. */
const serve = Effect.gen(function* () {
  const sent = yield* Queue.unbounded<JSONRPCMessage>()
  const mux = Object.assign(new SdkTransport(), {
    onmessage: (message: JSONRPCMessage) => void sent.unsafeOffer(message)
  })
  const answer = (message: JSONRPCMessage, what: string) =>
    Effect.promise(() => mux.send({ jsonrpc: "2.0", id: Object(message).id, result: { what } }))
  return { answer, mux, sent }
})

describe("SdkTransport", () => {
  it.effect("gives each caller the answer to its own request, whichever ids the callers choose", () =>
    Effect.gen(function* () {
      const { answer, mux, sent } = yield* serve
      const one = yield* Effect.fork(mux.request(ping))
      const first = yield* Queue.take(sent)
      const other = yield* Effect.fork(mux.request(ping))
      yield* answer(yield* Queue.take(sent), "second")
      yield* answer(first, "first")
      assert.deepStrictEqual(yield* Fiber.join(one), { jsonrpc: "2.0", id: "same", result: { what: "first" } })
      assert.deepStrictEqual(yield* Fiber.join(other), { jsonrpc: "2.0", id: "same", result: { what: "second" } })
      assert.strictEqual(mux.size, 0)
    })
  )

  it.effect("cancels the request of a caller that disconnects, and keeps nothing of it", () =>
    Effect.gen(function* () {
      const { answer, mux, sent } = yield* serve
      const asked = yield* Effect.fork(mux.request(ping))
      const message = yield* Queue.take(sent)
      yield* Fiber.interrupt(asked)
      const params = { requestId: Object(message).id }
      assert.deepStrictEqual(yield* Queue.take(sent), { jsonrpc: "2.0", method: "notifications/cancelled", params })
      assert.strictEqual(mux.size, 0)
      yield* answer(message, "too late")
      assert.strictEqual(mux.size, 0)
    })
  )
})
