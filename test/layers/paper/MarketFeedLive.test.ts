import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Layer, Logger, Option, TestClock } from "effect"
import { parseJson } from "../../../src/domain/json.ts"
import { builtIn } from "../../../src/exchange/builtIn.ts"
import { findPair } from "../../../src/exchange/catalogue.ts"
import { handle } from "../../../src/exchange/handle.ts"
import type { Pair } from "../../../src/exchange/pairs.ts"
import { readObservation } from "../../../src/exchange/recorded/readObservation.ts"
import { makeExchange } from "../../../src/exchange/state.ts"
import { syntheticMarket } from "../../../src/exchange/synthetic/SyntheticMarket.ts"
import { MarketFeed } from "../../../src/layers/paper/MarketFeed.ts"
import { MarketFeedLive } from "../../../src/layers/paper/MarketFeedLive.ts"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import { TestConfig } from "../../TestConfig.ts"

const btc: Pair = findPair(builtIn, "BTC/USD")!
const eth: Pair = findPair(builtIn, "ETH/USD")!

/** A Kraken with a market that moves with the test's clock; takes half a second to answer; down on demand. */
const makeKraken = () => {
  const x = makeExchange(syntheticMarket(1), 0)
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
      const answer = handle(x, { endpoint, params, now: yield* Clock.currentTimeMillis })
      if ("errors" in answer) return yield* Effect.die(answer.errors)
      const json = JSON.stringify(answer.result, (_, value) => (typeof value === "bigint" ? String(value) : value))
      return state.change(endpoint, parseJson(json))
    })
  const logged: Array<string> = []
  const layer = MarketFeedLive.pipe(
    Layer.provide([Layer.mock(KrakenClient, { read }), TestConfig()]),
    Layer.provide(
      Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ message }) => logged.push(String(message)))
      )
    )
  )
  return { layer, logged, state }
}

/** Looks while the clock goes on until there is an answer. */
const look = (pairs: ReadonlyArray<Pair>) =>
  Effect.gen(function* () {
    const { look } = yield* MarketFeed
    const fiber = yield* Effect.fork(look(pairs))
    yield* TestClock.adjust("3 seconds")
    return yield* Fiber.join(fiber)
  })

const looks = (state: { readonly calls: ReadonlyArray<string> }) =>
  state.calls.filter((call) => !call.startsWith("AssetPairs"))

describe("MarketFeedLive", () => {
  it.effect("sees Kraken's book and trades, as an exchange can take them", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      const [first, second] = yield* look([btc, eth])
      const { asks, bids, seen, trades } = readObservation(btc, first!)
      assert.strictEqual(first!["pair"], btc.id)
      assert.strictEqual(seen, Date.UTC(2026, 8, 21, 9))
      assert.deepStrictEqual([asks.length, bids.length, trades.length], [100, 100, 1000])
      assert.isNotEmpty(readObservation(eth, second!).bids)
      assert.sameMembers(looks(state), ["Depth XBTUSD", "Trades XBTUSD", "Depth ETHUSD", "Trades ETHUSD"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("looks once for all who ask while it looks or within a second, whether it sees something or not", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      const feed = yield* MarketFeed
      const ask = Effect.exit(feed.look([btc]))
      const five = yield* Effect.fork(Effect.all([ask, ask, ask, ask, ask], { concurrency: "unbounded" }))
      yield* TestClock.adjust("500 millis")
      const [first] = yield* Fiber.join(five)
      yield* TestClock.adjust("999 millis")
      assert.deepStrictEqual(yield* ask, first)
      assert.lengthOf(looks(state), 2)
      state.down = true
      yield* TestClock.adjust("1 millis")
      const failing = yield* Effect.fork(Effect.all([ask, ask, ask], { concurrency: "unbounded" }))
      yield* TestClock.adjust("500 millis")
      const exits = yield* Fiber.join(failing)
      assert.isTrue(exits.every(Exit.isFailure))
      assert.lengthOf(looks(state), 4)
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks for the trades since the last look, and gives those before it again", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      const trades = Effect.map(look([btc]), ([seen]) => readObservation(btc, seen!).trades)
      const before = yield* trades
      const after = yield* trades
      const newest = (before.at(-1)?.time ?? 0) / 1000
      assert.include(state.calls, `Trades XBTUSD ${newest}000000000`)
      assert.strictEqual(after.at(-1)!.id, before.at(-1)!.id + 3)
      assert.deepStrictEqual(after.slice(0, 997), before.slice(3))
      // After a pause nobody waits for what was traded meanwhile.
      yield* TestClock.adjust("2 minutes")
      state.calls.length = 0
      yield* trades
      assert.sameMembers(looks(state), ["Depth XBTUSD", "Trades XBTUSD"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("takes the newest trades where more came than Kraken tells at once", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 8, 21, 9))
      yield* look([btc])
      state.calls.length = 0
      state.change = (endpoint, answer) => {
        const rows = Array.from({ length: 1000 }, (_, i) => ["5.0", "1", 2e9, "b", "m", "", 3e9 + i])
        const isSince = state.calls.filter((call) => call.startsWith("Trades")).length === 1
        return endpoint === "public/Trades" && isSince ? { XXBTZUSD: rows, last: "1" } : answer
      }
      const [seen] = yield* look([btc])
      assert.lengthOf(
        state.calls.filter((call) => call.startsWith("Trades")),
        2
      )
      assert.isBelow(readObservation(btc, seen!).trades.at(-1)!.id, 3e9)
    }).pipe(Effect.provide(layer))
  })

  it.effect("fails in words that say that nothing was carried out, and sees again when Kraken is back", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      state.down = true
      const error = yield* Effect.flip(look([btc]))
      assert.match(
        error.message,
        /^No usable answer from Kraken to public\/(Depth|Trades): connection refused; paper orders trade at Kraken's prices, so nothing was carried out\.$/
      )
      state.down = false
      assert.lengthOf(yield* look([btc]), 1)
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
      const error = yield* Effect.flip(look([btc]))
      assert.strictEqual(error._tag, "KrakenUnavailable")
      assert.include(error.message, "not of the shape or precision that is known here")
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes on what is the same for everybody, and keeps assets and pairs as paper orders know them", () => {
    const { layer, state } = makeKraken()
    return Effect.gen(function* () {
      const feed = yield* MarketFeed
      const ticker = yield* Effect.fork(feed.read("public/Ticker", { pair: "XBTUSD" }))
      yield* TestClock.adjust("1 second")
      assert.hasAllKeys(Option.getOrThrow(yield* Fiber.join(ticker)), ["XXBTZUSD"])
      assert.isTrue(Option.isNone(yield* feed.read("public/AssetPairs", {})))
      assert.strictEqual(feed.name, "live market of kraken.test, for 12 pairs")
      assert.include(state.calls, "Ticker XBTUSD")
    }).pipe(Effect.provide(layer))
  })

  it.effect("says at the start which rules have changed", () => {
    const { layer, logged, state } = makeKraken()
    state.change = (endpoint, answer) =>
      endpoint === "public/AssetPairs"
        ? { ...Object(answer), XXBTZUSD: { ...Object(answer).XXBTZUSD, tick_size: "0.01", ordermin: "0.000050" } }
        : answer
    return Effect.gen(function* () {
      yield* MarketFeed
      yield* TestClock.adjust("1 second")
      assert.include(logged[0], "Paper orders can be placed on BTC/USD, ETH/USD,")
      assert.deepStrictEqual(logged.slice(1), [
        "Paper orders are checked by rules that Kraken has changed since: XBTUSD tick_size 0.1, now 0.01"
      ])
    }).pipe(Effect.provide(layer))
  })
})
