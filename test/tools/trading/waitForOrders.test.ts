import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Queue, Ref, Stream, TestClock } from "effect"
import type { OpenOrder } from "../../../src/domain/live/values.ts"
import { CallContext, type Progress } from "../../../src/services/CallContext.ts"
import { KrakenRateLimitError, KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import { awaitOrders, type Orders } from "../../../src/tools/trading/awaitOrders.ts"
import * as Cancelling from "../../../src/tools/trading/cancelOrders.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import * as Reading from "../../../src/tools/trading/readTools.ts"
import * as Waiting from "../../../src/tools/trading/waitForOrders.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { backends, use } from "../backends.ts"

const pair = "BTC/USD"
const low = { pair, type: "buy", ordertype: "limit", volume: "0.01", price: "1000" }

const row = (status: string): NonNullable<Orders[string]> => ({
  descr: { pair: "XBTUSD" },
  status,
  vol: "1",
  vol_exec: "0"
})

/** The feed of a Kraken without a WebSocket. */
const noFeed = { isPrompt: Effect.succeed(false), pushed: Stream.never }

/** Waits for an order that ends after some seconds, and lists the seconds at which it was read. */
const readings = (endsAfter: number, timeout: number, failure?: (second: number) => unknown) =>
  Effect.gen(function* () {
    const times: Array<number> = []
    const read = () =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        times.push(now / 1000)
        const error = failure?.(now / 1000) as KrakenUnavailable | undefined
        const orders = { O1: row(now >= endsAfter * 1000 ? "closed" : "open") }
        return error === undefined ? Effect.succeed({ orders, unknown: [] }) : Effect.fail(error)
      })
    const fiber = yield* Effect.fork(awaitOrders(["O1"], timeout, read, noFeed))
    yield* TestClock.adjust("1 minute")
    const { orders } = yield* Fiber.join(fiber)
    return { times, state: orders["O1"]?.status }
  })

describe("waiting for orders", () => {
  it.effect("ends with the first reading that shows them ended", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* readings(0, 45), { times: [0], state: "closed" })
    })
  )

  it.effect("reads at most thirteen times in 45 seconds, and last at the end of the time", () =>
    Effect.gen(function* () {
      const { state, times } = yield* readings(100, 45)
      assert.strictEqual(state, "open")
      assert.isAtMost(times.length, 13)
      assert.deepStrictEqual(times.slice(0, 4), [0, 1, 2.5, 4.75])
      assert.strictEqual(times.at(-1), 45)
    })
  )

  it.effect("goes on after a reading that fails, and holds off as long as Kraken's limit says", () =>
    Effect.gen(function* () {
      const unavailable = new KrakenUnavailable({ endpoint: "private/QueryOrders", reason: "timed out" })
      const limited = new KrakenRateLimitError({
        endpoint: "private/QueryOrders",
        limiter: "rest",
        retryAfterSeconds: 8,
        refusedBy: "Kraken"
      })
      const faults = (second: number) => (second === 1 ? unavailable : second === 2.5 ? limited : undefined)
      assert.deepStrictEqual(yield* readings(9, 45, faults), { times: [0, 1, 2.5, 10.5], state: "closed" })
    })
  )

  it.effect("ends when its caller leaves", () =>
    Effect.gen(function* () {
      const count = yield* Ref.make(0)
      const read = () =>
        Effect.as(
          Ref.update(count, (n) => n + 1),
          { orders: { O1: row("open") }, unknown: [] }
        )
      const fiber = yield* Effect.fork(awaitOrders(["O1"], 45, read, noFeed))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Ref.get(count), 2)
    })
  )

  it.effect("reports progress, which grows", () =>
    Effect.gen(function* () {
      const reports: Array<Progress> = []
      const context = yield* CallContext
      const fiber = yield* Effect.fork(
        Effect.provideService(
          awaitOrders(["O1"], 4, () => Effect.succeed({ orders: { O1: row("open") }, unknown: [] }), noFeed),
          CallContext,
          { ...context, report: (progress) => Effect.sync(() => void reports.push(progress)) }
        )
      )
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        reports.map(({ progress }) => progress),
        [1, 2, 3]
      )
    })
  )
})

describe("waiting for orders with a feed", () => {
  const openOrder = (id: string): OpenOrder => ({
    id,
    pair,
    side: "buy",
    type: "limit",
    status: "open",
    filled: "0"
  })

  /** Waits for orders while a feed shows which are open, and lists the seconds at which Kraken was asked. */
  const waiting = Effect.fnUntraced(function* (
    txids: ReadonlyArray<string>,
    options: { readonly first?: string } = {}
  ) {
    const queue = yield* Queue.unbounded<ReadonlyArray<string>>()
    const state = { isPrompt: true, status: options.first ?? "open", times: new Array<number>() }
    const feed = {
      isPrompt: Effect.sync(() => state.isPrompt),
      pushed: Stream.fromQueue(queue).pipe(
        Stream.map((ids) => ({
          value: new Map(ids.map((id) => [id, openOrder(id)])),
          source: "websocket" as const,
          age: 0
        }))
      )
    }
    const read = (asked: ReadonlyArray<string>) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        state.times.push(now / 1000)
        return { orders: Object.fromEntries(asked.map((id) => [id, row(state.status)])), unknown: [] }
      })
    const fiber = yield* Effect.fork(awaitOrders(txids, 45, read, feed))
    yield* TestClock.adjust("0 seconds")
    return { state, fiber, show: (...ids: ReadonlyArray<string>) => Queue.offer(queue, ids) }
  })

  it.effect("asks Kraken at the beginning, and once they are gone", () =>
    Effect.gen(function* () {
      const { fiber, show, state } = yield* waiting(["O1", "O2"])
      yield* show("O1", "O2")
      yield* TestClock.adjust("20 seconds")
      yield* show("O2")
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(state.times, [0])
      state.status = "closed"
      yield* show()
      yield* TestClock.adjust("0 seconds")
      const { orders } = yield* Fiber.join(fiber)
      assert.deepStrictEqual([orders["O1"]?.status, orders["O2"]?.status], ["closed", "closed"])
      assert.deepStrictEqual(state.times, [0, 30])
    })
  )

  it.effect("asks twice in 45 seconds if nothing happens", () =>
    Effect.gen(function* () {
      const { fiber, show, state } = yield* waiting(["O1"])
      yield* show("O1")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).orders["O1"]?.status, "open")
      assert.deepStrictEqual(state.times, [0, 45])
    })
  )

  it.effect("asks once for orders that ended before", () =>
    Effect.gen(function* () {
      const { fiber, state } = yield* waiting(["O1"], { first: "closed" })
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(state.times, [0])
    })
  )

  it.effect("notices what happened between the first answer of Kraken and the connection", () =>
    Effect.gen(function* () {
      const { fiber, show, state } = yield* waiting(["O1"])
      state.status = "canceled"
      yield* TestClock.adjust("300 millis")
      yield* show("O7")
      yield* TestClock.adjust("0 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).orders["O1"]?.status, "canceled")
      assert.deepStrictEqual(state.times, [0, 0.3])
    })
  )

  it.effect("asks again after pauses for an order that the feed does not show yet", () =>
    Effect.gen(function* () {
      const { fiber, show, state } = yield* waiting(["O1"])
      yield* show()
      yield* TestClock.adjust("2 seconds")
      yield* show("O1")
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(state.times, [0, 0, 1.5, 45])
    })
  )

  it.effect("asks as without a feed while the feed is not connected", () =>
    Effect.gen(function* () {
      const { fiber, show, state } = yield* waiting(["O1"])
      yield* show("O1")
      yield* TestClock.adjust("20 seconds")
      state.isPrompt = false
      yield* TestClock.adjust("10 seconds")
      assert.isAtLeast(state.times.length, 3)
      state.isPrompt = true
      state.status = "closed"
      yield* show()
      yield* TestClock.adjust("0 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).orders["O1"]?.status, "closed")
    })
  )
})

for (const [where, backend] of Object.entries(backends)) {
  describe(`wait_for_orders ${where}`, () => {
    it.effect("shows what was filled, what is open, and what was canceled meanwhile", () =>
      backend(() =>
        Effect.gen(function* () {
          const market = { pair, type: "buy", ordertype: "market", volume: "0.01" }
          const filled = yield* use(Placing.addOrder, market)
          const open = yield* use(Placing.addOrder, low)
          const txid = [filled.txid[0], open.txid[0]]
          const done = yield* use(Waiting.waitForOrders, { txid: [txid[0]], timeout_s: 45 })
          assert.isTrue(done.done)
          assert.deepInclude(done.orders[0], { txid: txid[0], pair, state: "closed", volume: "0.01", filled: "0.01" })
          for (const field of ["avg_price", "cost", "fee"]) assert.match(done.orders[0][field], /[1-9]/)
          const at = yield* use(Waiting.waitForOrders, { txid, timeout_s: 0 })
          assert.isFalse(at.done)
          assert.deepInclude(at.orders[1], { state: "open", filled: "0" })
          const waiting = yield* Effect.fork(use(Waiting.waitForOrders, { txid, timeout_s: 45 }))
          yield* TestClock.adjust("2 seconds")
          yield* use(Cancelling.cancelOrder, { txid: txid[1] })
          yield* TestClock.adjust("10 seconds")
          const ended = yield* Fiber.join(waiting)
          assert.isTrue(ended.done)
          assert.deepInclude(ended.orders[1], { state: "canceled", filled: "0" })
          const unknown = yield* use(Waiting.waitForOrders, { txid: ["OAAAAA-AAAAA-AAAAAA"], timeout_s: 45 })
          assert.deepInclude(unknown, { done: false, orders: [], missing: ["OAAAAA-AAAAA-AAAAAA"] })
          assert.isString(unknown.note)
        })
      )
    )

    it.effect("names the currency of what an order for an amount has filled", () =>
      backend(() =>
        Effect.gen(function* () {
          const amount = { pair, type: "buy", ordertype: "market", cost: "100", wait_s: 45 }
          const { txid, ...placed } = yield* use(Placing.addOrder, amount)
          const { orders } = yield* use(Waiting.waitForOrders, { txid, timeout_s: 0 })
          for (const answer of [placed, orders[0]]) assert.deepInclude(answer, { filled_in: "USD" })
          const volume = yield* use(Placing.addOrder, { ...amount, cost: undefined, volume: "0.01" })
          assert.notProperty(volume, "filled_in")
          const closed = yield* use(Reading.getClosedOrders, { limit: 2 })
          const at = closed.columns.indexOf("vol_in")
          assert.sameMembers(
            closed.orders.map((row: ReadonlyArray<unknown>) => row[at] ?? undefined),
            ["USD", undefined]
          )
        })
      )
    )

    it.effect("add_order waits with wait_s, and shows an order that is still open", () =>
      backend(() =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(use(Placing.addOrder, { ...low, wait_s: 3 }))
          yield* TestClock.adjust("4 seconds")
          const open = yield* Fiber.join(fiber)
          assert.deepInclude(open, { state: "open", filled: "0" })
          const ioc = yield* use(Placing.addOrder, { ...low, timeinforce: "IOC", wait_s: 45 })
          assert.strictEqual(ioc.state, "canceled")
          assert.isString(ioc.warning)
        })
      )
    )
  })
}

describe("add_order with wait_s", () => {
  it.effect("says that the order was placed, though its state cannot be read", () =>
    Effect.gen(function* () {
      const order = { pair, type: "buy", ordertype: "limit", volume: "0.01", price: "1000.0" } as const
      const fiber = yield* Effect.fork(Placing.addOrder.run({ ...order, validate: false, wait_s: 10 }))
      yield* TestClock.adjust("1 minute")
      const answer = yield* Fiber.join(fiber)
      assert.deepStrictEqual(answer.txid, ["OUF4EM-FRGI2-MQMWZD"])
      assert.isString(answer.warning)
      assert.notProperty(answer, "state")
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: { "private/AddOrder": { descr: {}, txid: ["OUF4EM-FRGI2-MQMWZD"] } },
          granted: ["modify-trades", "query-open-trades"],
          directory
        })
      )
    )
  )
})
