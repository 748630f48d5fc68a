import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Stream, SubscriptionRef, TestClock } from "effect"
import type { Ticker } from "../../../../src/domain/live/values.ts"
import type { Permission } from "../../../../src/domain/keys/permissions.ts"
import { nothingObserved } from "../../../../src/layers/kraken/feed/nothingObserved.ts"
import { ResourceWatchLive } from "../../../../src/layers/mcp/handlers/ResourceWatchLive.ts"
import type { Watched } from "../../../../src/layers/mcp/protocol/serverDefinition.ts"
import { McpServerEarly } from "../../../../src/layers/mcp/server/McpServerEarly.ts"
import { McpServer } from "../../../../src/layers/mcp/server/McpServer.ts"
import { AccountData } from "../../../../src/services/AccountData.ts"
import { Callers, type FoundCaller } from "../../../../src/services/Callers.ts"
import type { Config } from "../../../../src/services/Config.ts"
import { MarketData } from "../../../../src/services/MarketData.ts"
import { Names, UnknownName } from "../../../../src/services/Names.ts"
import { directory } from "../../../fixtures/krakenLists.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { TestKraken } from "../../../doubles/TestKraken.ts"
import { limitedBearer } from "../../../doubles/TestMandate.ts"
import { bearerOf, type TestPrincipal } from "../../../doubles/TestPrincipal.ts"

const first: Ticker = {
  bid: "100",
  bidQuantity: "1",
  ask: "101",
  askQuantity: "1",
  last: "100",
  volume: "1",
  volumeWeightedPrice: "100",
  low: "99",
  high: "102"
}

/** Makes the watching of a server whose ticker, callers and key a test changes. */
const make = (granted: ReadonlyArray<Permission> = [], config: Partial<typeof Config.Service> = {}) =>
  Effect.gen(function* () {
    const ticker = yield* SubscriptionRef.make(first)
    const callers = new Map<string, FoundCaller>()
    const state = { followers: 0 }
    const tickers = Stream.map(ticker.changes, (value) => ({ value, source: "websocket" as const, age: 0 })).pipe(
      Stream.onStart(Effect.sync(() => state.followers++)),
      Stream.ensuring(Effect.sync(() => state.followers--))
    )
    const feed = {
      live: Effect.succeedNone,
      snapshot: Effect.never,
      changes: Stream.never,
      pushed: Stream.never,
      isPrompt: Effect.succeed(false)
    }
    // A book that is asked for once by REST, and is live 600 ms after each look at it.
    const books = (source: "rest" | "websocket", bid: string) =>
      ({ value: { bids: [{ price: bid, quantity: "1" }], asks: [] }, source, age: 0 }) as const
    const live = Stream.fromEffect(Effect.delay(Effect.succeed(books("websocket", "101")), "600 millis"))
    const book = { ...feed, changes: Stream.concat(Stream.succeed(books("rest", "100")), live), pushed: live }
    const names = Layer.mock(Names, {
      pair: (given) =>
        directory.findPair(given) === undefined
          ? new UnknownName({ kind: "pair", given, nearest: ["BTC/USD"] })
          : Effect.succeed(given),
      directory: Effect.succeed(directory)
    })
    const layer = ResourceWatchLive.pipe(
      Layer.provideMerge(McpServerEarly),
      Layer.provide([
        Layer.merge(TestKraken({ granted: [...granted], directory }), names),
        Layer.mock(MarketData, {
          ticker: () => ({ ...feed, changes: tickers }),
          book: () => book,
          trades: () => feed,
          candles: () => feed,
          instruments: feed,
          status: feed
        }),
        Layer.mock(AccountData, { orders: feed, balances: feed, events: Stream.never, observed: nothingObserved }),
        Layer.succeed(Callers, {
          serves: () => true,
          find: (id) => Effect.succeed(callers.get(id) ?? { _tag: "Unknown" })
        })
      ]),
      Layer.provide(TestConfig(config))
    )
    const { watch } = yield* Effect.provide(McpServer, yield* Layer.build(layer))
    const as = (principal: TestPrincipal) => {
      callers.set(principal.caller.id, { _tag: "Valid", principal })
      return principal
    }
    const set = (changes: Partial<Ticker>) =>
      Effect.zipRight(SubscriptionRef.set(ticker, { ...first, ...changes }), TestClock.adjust("1 second"))
    return { as, callers, set, state, watch }
  })

const codeOf = <A, E extends { readonly code: number }>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.flip(effect), ({ code }) => code)

/** Collects the texts of a resource that is watched, the first and those after changes. */
const firstOf = (count: number, { forEachChange }: Watched) =>
  Effect.suspend(() => {
    const texts: Array<string> = []
    return Effect.as(
      forEachChange((text) => Effect.sync(() => texts.push(String(text)) < count)),
      texts
    )
  })

describe("resources that are watched", () => {
  it.scoped("change only with their data, and all who watch one share it", () =>
    Effect.gen(function* () {
      const { as, set, state, watch } = yield* make()
      const [a, b] = [as(bearerOf("a")), as(bearerOf("b"))]
      const [one, other] = [yield* watch("kraken://ticker/BTC%2FUSD", a), yield* watch("kraken://ticker/xbtusd", b)]
      const seen = yield* Effect.fork(firstOf(3, one))
      const also = yield* Effect.fork(firstOf(3, other))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.followers, 1)
      yield* set({})
      yield* set({ last: "101" })
      yield* set({ last: "101" })
      yield* set({ last: "102" })
      for (const fiber of [seen, also]) {
        const lasts = (yield* Fiber.join(fiber)).map((text) => JSON.parse(text).last)
        assert.deepStrictEqual(lasts, ["100", "101", "102"])
      }
      yield* TestClock.adjust("1 second")
      assert.strictEqual(state.followers, 0)
    })
  )

  it.scoped("are told at once when they become live, without the pause of requests by REST", () =>
    Effect.gen(function* () {
      const { as, watch } = yield* make()
      const book = yield* watch("kraken://book/BTC%2FUSD", as(bearerOf("a")))
      const seen = yield* Effect.fork(firstOf(2, book))
      yield* TestClock.adjust("1800 millis")
      const bids = (yield* Fiber.join(seen)).map((text) => JSON.parse(text)[0][0].price)
      assert.deepStrictEqual(bids, ["100", "101"])
    })
  )

  it.scoped("exist, have changes, and are of a pair that Kraken has", () =>
    Effect.gen(function* () {
      const { as, watch } = yield* make()
      const caller = as(bearerOf("a"))
      const codes = {
        "kraken://ticker/NO%2FPAIR": -32002,
        "kraken://ticker/%E0%A4%A": -32002,
        "kraken://ticker/": -32002,
        [`kraken://ticker/${"x".repeat(500)}`]: -32002,
        "kraken://nothing": -32002,
        "file:///etc/passwd": -32002,
        "kraken://assets": -32602,
        "kraken://pairs/BTCUSD": -32602
      }
      for (const [uri, code] of Object.entries(codes)) assert.strictEqual(yield* codeOf(watch(uri, caller)), code, uri)
      const { message } = yield* Effect.flip(watch("kraken://book/BTCUSX", caller))
      assert.include(message, "BTC/USD")
    })
  )

  it.scoped("are those that the caller may read: by toolsets, by its mandate and by the API key", () =>
    Effect.gen(function* () {
      const { as, watch } = yield* make(["query-open-trades"], { toolsets: ["market", "trading", "account"] })
      const market = as(limitedBearer({ toolsets: ["market"] }))
      yield* watch("kraken://ticker/BTCUSD", market)
      assert.strictEqual(yield* codeOf(watch("kraken://orders/open", market)), -32002)
      const trading = as(bearerOf("b"))
      yield* watch("kraken://orders/open", trading)
      // The key may not query funds.
      assert.strictEqual(yield* codeOf(watch("kraken://balances", trading)), -32000)
    })
  )

  it.scoped("are lost with the token or its access, and not told while it can't be checked", () =>
    Effect.gen(function* () {
      const { as, callers, watch } = yield* make()
      const caller = as(bearerOf("a"))
      const { id } = caller.caller
      const { check } = yield* watch("kraken://ticker/BTCUSD", caller)
      assert.strictEqual(yield* check, "allowed")
      callers.set(id, { _tag: "Unknown" })
      assert.strictEqual(yield* check, "unknown")
      callers.set(id, { _tag: "Invalid" })
      assert.strictEqual(yield* check, "lost")
      const { mandate } = limitedBearer({ toolsets: ["trading"] })
      callers.set(id, { _tag: "Valid", principal: { ...caller, mandate } })
      assert.strictEqual(yield* check, "lost")
      callers.set(id, { _tag: "Valid", principal: { ...caller, mandate: Option.none() } })
      assert.strictEqual(yield* check, "allowed")
      callers.set(id, { _tag: "Valid", principal: bearerOf("a", "paper") })
      assert.strictEqual(yield* check, "lost")
      assert.strictEqual(yield* codeOf(watch("kraken://ticker/BTCUSD", bearerOf("nobody"))), -32000)
    })
  )
})
