import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, TestClock } from "effect"
import { Permission } from "../../src/domain/keys/permissions.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"
import { McpServerSdk } from "../../src/layers/mcp/handlers/McpServerSdk.ts"
import { McpServerEarly } from "../../src/layers/mcp/server/McpServerEarly.ts"
import { RequestStateKeyMemory } from "../../src/layers/mcp/multiRoundTrip/RequestStateKeyMemory.ts"
import { maxCharacters } from "../../src/layers/mcp/handlers/responseLimit.ts"
import { answerCall, type CallEnd } from "../../src/server/answerCall.ts"
import { makeWriteGate } from "../../src/server/writeGate.ts"
import { KrakenClient } from "../../src/services/KrakenClient.ts"
import { KrakenOutcomeUnknown } from "../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { RateBudget } from "../../src/services/RateBudget.ts"
import { TradingMode } from "../../src/services/TradingMode.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { TestKraken } from "../doubles/TestKraken.ts"
import { testOperator } from "../doubles/TestPrincipal.ts"
import { Principal } from "../../src/services/Principal.ts"

const cancel = { tool: "cancel_order", args: { txid: "OABCDE-ABCDE-ABCDEF" } }

/** Calls a tool over a writer, and collects the ends that are reported. `begun` completes when the writer is asked. */
const makeCall = (
  send: (typeof KrakenWriter.Service)["send"],
  answers: Record<string, unknown> = {},
  reading?: Effect.Effect<never>
) =>
  Effect.gen(function* () {
    const gate = makeWriteGate()
    const begun = yield* Deferred.make<void>()
    const ends: Array<CallEnd> = []
    const Writer = Layer.mock(KrakenWriter, {
      send: (...write) => Effect.zipRight(Deferred.succeed(begun, undefined), send(...write)),
      settled: Effect.void
    })
    const server = McpServerSdk.pipe(
      Layer.provide(Layer.provide(gate.layer, Writer)),
      Layer.provide(PolicyIntersecting),
      Layer.provide([
        Layer.merge(
          TestKraken({ answers, granted: Permission.literals }),
          reading === undefined ? Layer.empty : Layer.mock(KrakenClient, { read: () => reading })
        ),
        Layer.mock(RateBudget, {
          remaining: Effect.succeed({ rest: { remaining: 15, maximum: 15, decayPerSecond: 0.33 } })
        }),
        Layer.succeed(TradingMode, { mode: "live", hasKey: true }),
        RequestStateKeyMemory
      ]),
      Layer.provideMerge(McpServerEarly),
      Layer.provide(TestConfig({}))
    )
    const watcher = {
      progress: () => undefined,
      waiting: Effect.void,
      end: (end: CallEnd) => Effect.sync(() => void ends.push(end))
    }
    const call = (wanted: Parameters<typeof answerCall>[0] = cancel) =>
      answerCall(wanted, gate, watcher).pipe(Effect.provide(server), Effect.provideService(Principal, testOperator))
    return { begun: Deferred.await(begun), call, ends, gate }
  })

describe("a call of a program", () => {
  it.effect("gets the whole answer, however long it is", () =>
    Effect.gen(function* () {
      const price = "116205.400000000000"
      const rows = Array.from({ length: 720 }, (_, i) => [i * 60, price, price, price, price, price, price, 1])
      const { call, ends } = yield* makeCall(() => Effect.never, { "public/OHLC": { XXBTZUSD: rows, last: 1 } })
      yield* call({ tool: "get_ohlc", args: { pair: "XXBTZUSD", limit: 720, detail: "full" } })
      const [end] = ends
      assert.strictEqual(end?._tag, "Answer")
      const answer = end?._tag === "Answer" ? end : undefined
      assert.deepStrictEqual(answer?.notes, [])
      assert.lengthOf(Object(answer?.answer).rows, 720)
      assert.isAbove(JSON.stringify(answer?.answer).length, maxCharacters)
    })
  )

  it.effect("gets the meaning of an error", () =>
    Effect.gen(function* () {
      const unknown = { endpoint: "private/CancelOrder", reason: "reset", check: "Look.", safeToRepeat: true }
      const { call, ends } = yield* makeCall(() => new KrakenOutcomeUnknown(unknown))
      yield* call()
      yield* call({ tool: "cancel_order", args: {} })
      assert.deepStrictEqual(
        ends.map((end) => end._tag === "Failure" && end.failure),
        ["unknown", "usage"]
      )
    })
  )
})

describe("a call that is interrupted", () => {
  it.effect("ends before a write begins", () =>
    Effect.gen(function* () {
      const reading = yield* Deferred.make<void>()
      const { call, ends, gate } = yield* makeCall(
        () => Effect.never,
        {},
        Effect.zipRight(Deferred.succeed(reading, undefined), Effect.never)
      )
      const fiber = yield* Effect.fork(call({ tool: "get_account_balance", args: {} }))
      yield* Deferred.await(reading)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(ends, [{ _tag: "Stopped" }])
      assert.isFalse(gate.hasBegun())
    })
  )

  it.effect("reports the answer of a write that had begun", () =>
    Effect.gen(function* () {
      const { begun, call, ends } = yield* makeCall(() => Effect.delay(Effect.succeed({ result: { count: 1 } }), 5000))
      const fiber = yield* Effect.fork(call())
      yield* begun
      const ended = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust(5000)
      yield* Fiber.join(ended)
      assert.strictEqual(ends[0]?._tag, "Answer")
      assert.lengthOf(ends, 1)
    })
  )

  it.effect("gives a write up that has not ended after 30 s", () =>
    Effect.gen(function* () {
      const { begun, call, ends } = yield* makeCall(() => Effect.never)
      const fiber = yield* Effect.fork(call())
      yield* begun
      const ended = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* TestClock.adjust(29_999)
      assert.deepStrictEqual(ends, [])
      yield* TestClock.adjust(1)
      yield* Fiber.join(ended)
      assert.deepStrictEqual(ends, [{ _tag: "Abandoned" }])
    })
  )
})

describe("a gate before the writer", () => {
  it.effect("refuses writes once it is closed", () =>
    Effect.gen(function* () {
      const gate = makeWriteGate()
      let sent = 0
      const Writer = Layer.mock(KrakenWriter, {
        send: () => Effect.sync(() => ({ result: ++sent })),
        settled: Effect.void
      })
      const send = Effect.flatMap(KrakenWriter, (writer) => writer.send("private/CancelAll", {})).pipe(
        Effect.provide(Layer.provide(gate.layer, Writer)),
        Effect.provideService(Principal, testOperator)
      )
      yield* send
      gate.close()
      assert.strictEqual((yield* Effect.flip(send))._tag, "KrakenWriteRefused")
      assert.strictEqual(sent, 1)
    })
  )
})
