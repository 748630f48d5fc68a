import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, Option, Stream, TestClock } from "effect"
import type { PublicEndpoint } from "../../../src/domain/endpoints/endpoints.ts"
import type { Book, Trade } from "../../../src/domain/live/values.ts"
import { parseJson } from "../../../src/domain/wire/json.ts"
import { builtIn } from "../../../src/exchange/catalogue/builtIn.ts"
import { findPair } from "../../../src/exchange/catalogue/catalogue.ts"
import { handle } from "../../../src/exchange/commands/handle.ts"
import type { Pair } from "../../../src/exchange/catalogue/pairs.ts"
import { readSnapshot } from "../../../src/exchange/commands/marketSnapshot/readSnapshot.ts"
import { makeExchange } from "../../../src/exchange/state/state.ts"
import { syntheticMarket } from "../../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { MarketDataRest } from "../../../src/layers/kraken/feed/MarketDataKraken.ts"
import { MarketFeed } from "../../../src/layers/paper/MarketFeed.ts"
import { MarketFeedLive } from "../../../src/layers/paper/MarketFeedLive.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import { type Feed, MarketData, type Snapshot } from "../../../src/services/MarketData.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"

const btc: Pair = findPair(builtIn, "BTC/USD")!
const eth: Pair = findPair(builtIn, "ETH/USD")!

/** Makes a Kraken whose market moves with the test's clock. It takes half a second to answer, or fails on demand. */
const makeKraken = () => {
  const exchange = makeExchange(syntheticMarket(1), 0)
  const state = {
    calls: [] as Array<string>,
    down: false,
    change: (_: string, answer: unknown): unknown => answer
  }
  const read: (typeof KrakenClient.Service)["read"] = (endpoint, params) =>
    Effect.gen(function* () {
      state.calls.push(`${endpoint.slice(7)} ${String(params["pair"])} ${String(params["since"] ?? "")}`.trim())
      yield* Effect.sleep("500 millis")
      if (state.down) return yield* new KrakenUnavailable({ endpoint, reason: "connection refused" })
      const answer = handle(exchange, { endpoint, params, now: yield* Clock.currentTimeMillis })
      if ("errors" in answer) return yield* Effect.die(answer.errors)
      const json = JSON.stringify(answer.result, (_, value) => (typeof value === "bigint" ? String(value) : value))
      return state.change(endpoint, parseJson(json))
    })
  const live = {
    book: Option.none<Snapshot<Book>>(),
    trades: Option.none<Snapshot<ReadonlyArray<Trade>>>()
  }
  const feed = <A>(look: () => Option.Option<Snapshot<A>>): Feed<A> => ({
    live: Effect.sync(look),
    snapshot: Effect.dieMessage("not used"),
    changes: Stream.never,
    pushed: Stream.never,
    isPrompt: Effect.succeed(false)
  })
  const kraken = Layer.mock(KrakenClient, { read })
  const market = Layer.effect(
    MarketData,
    Effect.map(MarketData, (rest) => ({
      ...rest,
      book: () => feed(() => live.book),
      trades: () => feed(() => live.trades)
    }))
  ).pipe(Layer.provide(MarketDataRest()), Layer.provide(kraken))
  const layer = Layer.provide(MarketFeedLive, [market, kraken, TestConfig()])
  return { layer, state, live }
}

const websocket = <A>(value: A): Snapshot<A> => ({ value, source: "websocket", age: 0 })

/** Observes pairs while the clock advances by three seconds, which is enough for every answer. */
const observe = Effect.fnUntraced(function* (pairs: ReadonlyArray<Pair>) {
  const feed = yield* MarketFeed
  const fiber = yield* Effect.fork(feed.observe(pairs))
  yield* TestClock.adjust("3 seconds")
  return yield* Fiber.join(fiber)
})

describe("MarketFeedLive", () => {
  it.effect("sees Kraken's book and trades, as an exchange can take them", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      const [first, second] = yield* observe([btc, eth])
      const { asks, bids, seen, trades } = readSnapshot(btc, first!)
      assert.strictEqual(first!["pair"], btc.id)
      assert.strictEqual(seen, Date.UTC(2026, 8, 21, 9))
      assert.deepStrictEqual([asks.length, bids.length, trades.length], [100, 100, 1000])
      assert.isNotEmpty(readSnapshot(eth, second!).bids)
      assert.sameMembers(state.calls, ["Depth XBTUSD", "Trades XBTUSD", "Depth ETHUSD", "Trades ETHUSD"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes live data, and asks REST for what it does not have", () => {
    const { layer, live, state } = makeKraken()
    const at = Date.UTC(2026, 8, 21, 9)
    const tradeOf = (id: number): Trade => ({
      id: String(id),
      side: "buy",
      price: "100.5",
      quantity: "0.25",
      time: at,
      type: "limit"
    })
    const trades = (...ids: ReadonlyArray<number>) => Option.some(websocket(ids.map(tradeOf)))
    return Effect.gen(function* () {
      yield* TestClock.setTime(at)
      const [first] = yield* observe([btc])
      const last = readSnapshot(btc, first!).trades.at(-1)!.id
      state.calls.length = 0
      live.book = Option.some(
        websocket({ bids: [{ price: "100.4", quantity: "2" }], asks: [{ price: "100.6", quantity: "3" }] })
      )
      live.trades = trades(last, last + 1)
      const [second] = yield* observe([btc])
      const seen = readSnapshot(btc, second!)
      assert.deepStrictEqual(state.calls, [])
      assert.deepStrictEqual(seen.asks, [{ price: 1006n, volume: 300_000_000n, time: at / 1000 + 3 }])
      assert.deepStrictEqual([seen.seen, seen.trades.length], [at + 3000, 1000])
      assert.deepStrictEqual(seen.trades.at(-1), {
        id: last + 1,
        time: at,
        side: "buy",
        market: false,
        price: 1005n,
        volume: 25_000_000n
      })
      // Trades were missed while nothing was connected, so that REST is asked for those since its last answer.
      live.trades = trades(last + 1000)
      yield* observe([btc])
      assert.lengthOf(state.calls, 1)
      assert.match(state.calls[0]!, /^Trades XBTUSD \d+$/)
      live.book = Option.none()
      live.trades = Option.none()
      yield* observe([btc])
      assert.lengthOf(state.calls, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("looks once for all who ask while it looks or within a second, whether it sees something or not", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      const feed = yield* MarketFeed
      const ask = Effect.exit(feed.observe([btc]))
      const five = yield* Effect.fork(Effect.all([ask, ask, ask, ask, ask], { concurrency: "unbounded" }))
      yield* TestClock.adjust("500 millis")
      const [first] = yield* Fiber.join(five)
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* ask, first)
      assert.lengthOf(state.calls, 2)
      state.down = true
      yield* TestClock.adjust("1 millis")
      const failing = yield* Effect.fork(Effect.all([ask, ask, ask], { concurrency: "unbounded" }))
      yield* TestClock.adjust("500 millis")
      const exits = yield* Fiber.join(failing)
      assert.isTrue(exits.every(Exit.isFailure))
      assert.lengthOf(state.calls, 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for the trades since the last look, and gives those before it again", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      const trades = Effect.map(observe([btc]), ([seen]) => readSnapshot(btc, seen!).trades)
      const before = yield* trades
      const after = yield* trades
      assert.include(state.calls, `Trades XBTUSD ${before.at(-1)?.time}000000`)
      assert.strictEqual(after.at(-1)!.id, before.at(-1)!.id + 3)
      assert.deepStrictEqual(after.slice(0, 997), before.slice(3))
      // After a long pause only the newest trades matter.
      yield* TestClock.adjust("2 minutes")
      state.calls.length = 0
      yield* trades
      assert.sameMembers(state.calls, ["Depth XBTUSD", "Trades XBTUSD"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes the newest trades where more came than Kraken tells at once", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      yield* observe([btc])
      state.calls.length = 0
      state.change = (endpoint, answer) => {
        const rows = Array.from({ length: 1000 }, (_, i) => ["5.0", "1", 2e9, "b", "m", "", 3e9 + i])
        const isSince = state.calls.filter((call) => call.startsWith("Trades")).length === 1
        return endpoint === "public/Trades" && isSince ? { XXBTZUSD: rows, last: "1" } : answer
      }
      const [seen] = yield* observe([btc])
      assert.lengthOf(
        state.calls.filter((call) => call.startsWith("Trades")),
        2
      )
      assert.isBelow(readSnapshot(btc, seen!).trades.at(-1)!.id, 3e9)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails in words that say that nothing was carried out, and sees again when Kraken is back", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      state.down = true
      const error = yield* Effect.flip(observe([btc]))
      assert.strictEqual(error._tag, "KrakenUnavailable")
      assert.match(Object(error).endpoint, /^public\/(Depth|Trades)$/)
      for (const part of ["connection refused", "nothing was carried out"]) assert.include(error.message, part)
      state.down = false
      assert.lengthOf(yield* observe([btc]), 1)
    }).pipe(Effect.provide(layer))
  })

  const strange: ReadonlyArray<readonly [string, unknown]> = [
    ["no book", {}],
    ["a list", []],
    ["prices finer than known", { XXBTZUSD: { bids: [["5.01", "1", 1]], asks: [] } }],
    ["a crossed book", { XXBTZUSD: { bids: [["6", "1", 1]], asks: [["5", "1", 1]] } }]
  ]
  it.effect.each(strange)("lets no journal have what an exchange can't take: %s", ([, depth]) => {
    const { layer, state } = makeKraken()
    state.change = (endpoint, answer) => (endpoint === "public/Depth" ? depth : answer)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(observe([btc]))
      assert.strictEqual(error._tag, "KrakenUnavailable")
      assert.include(error.message, "shape or precision")
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes on what is the same for everybody", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      const feed = yield* MarketFeed
      const ticker = yield* Effect.fork(feed.read("public/Ticker", { pair: "XBTUSD" }))
      yield* TestClock.adjust("1 second")
      assert.hasAllKeys(Option.getOrThrow(yield* Fiber.join(ticker)), ["XXBTZUSD"])
      assert.isTrue(Option.isNone(yield* feed.read("private/Balance", {})))
      assert.strictEqual(feed.name, "live market of kraken.test")
      assert.include(state.calls, "Ticker XBTUSD")
    }).pipe(Effect.provide(layer))
  })

  it.effect("has Kraken's whole lists for whoever wants them, and passes on what is asked of a part", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      const feed = yield* MarketFeed
      const ask = Effect.fnUntraced(function* (endpoint: PublicEndpoint, params: object = {}) {
        const asked = yield* Effect.fork(feed.read(endpoint, { ...params }))
        yield* TestClock.adjust("1 second")
        return Option.getOrThrow(yield* Fiber.join(asked))
      })
      const pairs = yield* ask("public/AssetPairs")
      assert.containsAllKeys(pairs, ["XXBTZUSD", "ACAEUR"])
      assert.hasAllKeys(yield* ask("public/AssetPairs", { aclass_base: "tokenized_asset" }), ["AAPLxUSD"])
      assert.containsAllKeys(yield* ask("public/Assets", { aclass: "currency" }), ["XXBT", "ZEUR"])
      const listed = Option.getOrThrow(yield* feed.lists(60_000))
      assert.strictEqual(listed.catalogue.pairs.size, Object.keys(Object(pairs)).length + 1)
      assert.lengthOf(state.calls, 4)
      assert.hasAllKeys(yield* ask("public/AssetPairs", { pair: "XBTUSD" }), ["XXBTZUSD"])
      assert.lengthOf(state.calls, 5)
      yield* TestClock.adjust("1 minute")
      yield* ask("public/Assets")
      assert.lengthOf(state.calls, 9)
      state.down = true
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* Effect.flip(ask("public/Assets")))._tag, "KrakenUnavailable")
      assert.strictEqual(Option.getOrThrow(yield* feed.lists(60_000)).at, listed.at + 64_000)
    }).pipe(Effect.provide(layer))
  })

  it.effect("looks at any pair, in the decimals in which it is known", () => {
    const { layer, state } = makeKraken()
    const finer = { ...btc, priceDecimals: 2 }
    state.change = (endpoint, answer) =>
      endpoint === "public/Depth" ? { XXBTZUSD: { bids: [["100.01", "1", 1]], asks: [["200.02", "1", 1]] } } : answer
    return Effect.gen(function* () {
      const [seen] = yield* observe([finer])
      assert.strictEqual(readSnapshot(finer, seen!).bids[0]!.price, 10_001n)
      const error = yield* Effect.flip(observe([btc]))
      assert.include(error.message, "open on the pair")
    }).pipe(Effect.provide(layer))
  })

  it.effect("of trades from before a pair had its decimals, takes those since", () => {
    const { layer, state } = makeKraken()
    const rows = ["100.123", "100.12", "100.1", "100.2"].map((price, i) => [price, "1", 1, "b", "m", "", i])
    const tell = (rows: ReadonlyArray<unknown>) => {
      state.change = (endpoint, answer) =>
        endpoint === "public/Trades" ? { XXBTZUSD: rows, last: "1000000000" } : answer
    }
    return Effect.gen(function* () {
      tell(rows.toReversed().map((row, i) => [...row.slice(0, 6), i]))
      assert.include((yield* Effect.flip(observe([btc]))).message, "shape or precision")
      yield* TestClock.adjust("2 minutes")
      tell(rows)
      const [seen] = yield* observe([btc])
      assert.deepStrictEqual(
        readSnapshot(btc, seen!).trades.map(({ id }) => id),
        [2, 3]
      )
    }).pipe(Effect.provide(layer))
  })
})
