import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, TestClock, TestServices } from "effect"
import { MarketDataWebSocket } from "../../../src/layers/kraken/feed/MarketDataKraken.ts"
import { CallContext, type Progress } from "../../../src/services/CallContext.ts"
import { MarketData } from "../../../src/services/MarketData.ts"
import { waitForPrice } from "../../../src/tools/market/waitForPrice.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { makeTestFeed } from "../../doubles/TestFeed.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { backends, use } from "../backends.ts"

const pair = "BTC/USD"

const tickerAnswer = (last: string) => ({
  XXBTZUSD: {
    a: ["1", "1", "1"],
    b: ["1", "1", "1"],
    c: [last, "1"],
    v: ["1", "1"],
    p: ["1", "1"],
    l: ["1", "1"],
    h: ["1", "1"]
  }
})

/** Runs a test on a Kraken without a WebSocket, whose last price it can change. */
const byRest = <A, E, R>(test: (market: { last: string; asked: Array<string> }) => Effect.Effect<A, E, R>) => {
  const market = { last: "100.0", asked: new Array<string>() }
  const answers = Object.defineProperty({}, "public/Ticker", { get: () => tickerAnswer(market.last) })
  return Effect.provide(
    test(market),
    Layer.merge(TestKraken({ answers, directory, onCall: (endpoint) => market.asked.push(endpoint) }), TestConfig())
  )
}

const waited = (input: object) => Effect.fork(use(waitForPrice, { pair, ...input }))

describe("wait_for_price by REST", () => {
  it.effect("ends at the look that finds the price at the bound, with its digits", () =>
    byRest((market) =>
      Effect.gen(function* () {
        const fiber = yield* waited({ above: "100.10", timeout_s: 45 })
        yield* TestClock.adjust("7 seconds")
        market.last = "100.1000"
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(yield* Fiber.join(fiber), {
          reached: true,
          pair,
          price: "100.1000",
          bound: "above",
          source: "rest",
          age_ms: 0
        })
        assert.deepStrictEqual(market.asked, ["public/Ticker", "public/Ticker", "public/Ticker"])
      })
    )
  )

  it.effect("ends at once if the price is there already, for each bound of a range", () =>
    byRest(() =>
      Effect.gen(function* () {
        for (const [bounds, bound] of [
          [{ above: "90", below: "80" }, "above"],
          [{ above: "200", below: "100" }, "below"],
          [{ below: "100.00" }, "below"]
        ] as const)
          assert.deepInclude(yield* use(waitForPrice, { pair, ...bounds }), { reached: true, bound, price: "100.0" })
      })
    )
  )

  it.effect("compares exactly: a difference in the last of 30 digits counts", () =>
    byRest((market) =>
      Effect.gen(function* () {
        market.last = "0.100000000000000000000000000001"
        const input = { pair, timeout_s: 0 }
        const below = yield* use(waitForPrice, { ...input, below: "0.1" })
        assert.isFalse(below.reached)
        assert.isTrue((yield* use(waitForPrice, { ...input, above: market.last })).reached)
      })
    )
  )

  it.effect("tells the price of now and its age when the time is over", () =>
    byRest((market) =>
      Effect.gen(function* () {
        const fiber = yield* waited({ below: "1", timeout_s: 12 })
        yield* TestClock.adjust("1 minute")
        const answer = yield* Fiber.join(fiber)
        assert.deepStrictEqual(answer, { reached: false, pair, price: "100.0", source: "rest", age_ms: 2000 })
        assert.lengthOf(market.asked, 3)
      })
    )
  )

  it.effect("looks once with a timeout of 0", () =>
    byRest((market) =>
      Effect.gen(function* () {
        const answer = yield* use(waitForPrice, { pair, above: "101", timeout_s: 0 })
        assert.deepInclude(answer, { reached: false, price: "100.0", age_ms: 0 })
        assert.lengthOf(market.asked, 1)
      })
    )
  )

  it.effect("asks no more after its caller has left", () =>
    byRest((market) =>
      Effect.gen(function* () {
        const fiber = yield* waited({ above: "101" })
        yield* TestClock.adjust("6 seconds")
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(market.asked, 2)
      })
    )
  )

  it.effect("reports the price", () =>
    byRest(() =>
      Effect.gen(function* () {
        const reports: Array<Progress> = []
        const context = yield* CallContext
        const fiber = yield* waited({ above: "101", timeout_s: 11 }).pipe(
          Effect.provideService(CallContext, {
            ...context,
            report: (progress) => Effect.sync(() => void reports.push(progress))
          })
        )
        yield* TestClock.adjust("12 seconds")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(
          reports.map(({ progress }) => progress),
          [1, 2]
        )
        assert.include(reports[0]?.message, "100.0")
      })
    )
  )

  it.effect("refuses bounds that none or each price reaches, and unknown pairs", () =>
    byRest((market) =>
      Effect.gen(function* () {
        for (const input of [
          {},
          { above: "5", below: "5" },
          { above: "5", below: "6" },
          { above: "-5" },
          { above: "5", timeout_s: 46 }
        ])
          assert.strictEqual((yield* Effect.flip(waitForPrice.call({ pair, ...input })))._tag, "InvalidArguments")
        const unknown = yield* Effect.flip(waitForPrice.call({ pair: "NO/PAIR", above: "5" }))
        assert.strictEqual(unknown._tag, "KrakenUnavailable")
        assert.deepStrictEqual(market.asked, [])
      })
    )
  )
})

for (const [where, backend] of Object.entries(backends).filter(([where]) => where === "on paper")) {
  describe(`wait_for_price ${where}`, () => {
    it.effect("ends within a second of a move of the market", () =>
      backend((_, move) =>
        Effect.gen(function* () {
          const fiber = yield* waited({ above: "1000000" })
          yield* TestClock.adjust("10 seconds")
          yield* move("XBTUSD", "2000000")
          yield* TestClock.adjust("1 second")
          assert.deepInclude(yield* Fiber.join(fiber), { reached: true, bound: "above" })
        })
      )
    )
  })
}

describe("wait_for_price by WebSocket", () => {
  const trade = (id: number, price: number) => ({
    symbol: pair,
    side: "buy",
    price,
    qty: 1,
    ord_type: "limit",
    trade_id: id,
    timestamp: "2026-11-29T12:00:00Z"
  })
  const trades = (type: string, ...rows: ReadonlyArray<object>) => ({ channel: "trade", type, data: rows })
  const ticker = {
    channel: "ticker",
    type: "snapshot",
    data: [
      {
        symbol: pair,
        bid: 100,
        bid_qty: 1,
        ask: 101,
        ask_qty: 1,
        last: 100,
        volume: 1,
        vwap: 100,
        low: 100,
        high: 100
      }
    ]
  }

  const moment = TestServices.provideLive(Effect.sleep("5 millis"))

  const run = <A, E, R>(
    test: (feed: Effect.Effect.Success<ReturnType<typeof makeTestFeed>>) => Effect.Effect<A, E, R>
  ) =>
    Effect.gen(function* () {
      const feed = yield* makeTestFeed((channel) =>
        // A high price from before the wait.
        channel === "trade" ? trades("snapshot", trade(1, 900), trade(2, 100)) : ticker
      )
      const kraken = TestKraken({ directory })
      return yield* Effect.provide(
        test(feed),
        Layer.provideMerge(MarketDataWebSocket(feed.url), Layer.merge(kraken, TestConfig()))
      )
    }).pipe(Effect.scoped)

  /** Waits until both channels are live. */
  const connected = Effect.gen(function* () {
    const market = yield* MarketData
    const found = directory.findPair(pair)
    if (found === undefined) return yield* Effect.dieMessage("the lists have no such pair")
    for (;;) {
      const [prices, trades] = yield* Effect.all([market.ticker(found).live, market.trades(found).live])
      if (Option.isSome(prices) && Option.isSome(trades)) return
      yield* moment
    }
  })

  it.effect("counts a trade that no price of the ticker shows, and asks nothing by REST", () =>
    run(({ send }) =>
      Effect.gen(function* () {
        const fiber = yield* waited({ above: "150", timeout_s: 45 })
        yield* connected
        send(trades("update", trade(3, 150), trade(4, 100)))
        assert.deepInclude(yield* Fiber.join(fiber), {
          reached: true,
          price: "150",
          bound: "above",
          source: "websocket"
        })
      })
    )
  )

  it.effect("holds among 10,000 messages", () =>
    run(({ send }) =>
      Effect.gen(function* () {
        const fiber = yield* waited({ above: "150", timeout_s: 45 })
        yield* connected
        for (let n = 0; n < 10_000; n++) send(trades("update", trade(n + 3, 100 + (n % 10))))
        send(trades("update", trade(20_000, 151)))
        assert.deepInclude(yield* Fiber.join(fiber), { reached: true, price: "151" })
      })
    )
  )
})
