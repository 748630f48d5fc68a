import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import type { Pair } from "../../../../src/domain/assets/model.ts"
import type { Endpoint, Params } from "../../../../src/domain/endpoints/endpoints.ts"
import type { Book, OpenOrder, Ticker, Wallets } from "../../../../src/domain/live/values.ts"
import { operator } from "../../../../src/layers/access/principals.ts"
import { nothingObserved } from "../../../../src/layers/kraken/feed/nothingObserved.ts"
import { btcUsd as btc } from "../../../fixtures/btcUsd.ts"
import { LiveAnswersKraken } from "../../../../src/layers/kraken/feed/LiveAnswersKraken.ts"
import { AccountData } from "../../../../src/services/AccountData.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { LiveAnswers } from "../../../../src/services/LiveAnswers.ts"
import { type Feed, MarketData, type Snapshot } from "../../../../src/services/MarketData.ts"
import { Names } from "../../../../src/services/Names.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { noNames } from "../../../doubles/TestKraken.ts"

const eth: Pair = { ...btc, id: "XETHZUSD", altname: "ETHUSD", display: "ETH/USD" }

const displays: { readonly [id: string]: string } = { XXBT: "BTC", ZUSD: "USD", DOT: "DOT" }

const directory = {
  ...noNames,
  findPair: (name: string) => (name === "XBTUSD" ? btc : name === "ETHUSD" ? eth : undefined),
  findAsset: (id: string) => {
    const [altname = "", suffix] = id.split(".")
    const display = displays[altname]
    if (display === undefined) return undefined
    const asset = { id: altname, altname, display, assetClass: "currency", decimals: 8, status: "enabled" } as const
    return { asset, suffix: suffix === undefined ? "" : `.${suffix}` }
  }
}

const ticker: Ticker = {
  bid: "100",
  bidQuantity: "1",
  ask: "101",
  askQuantity: "2",
  last: "100.5",
  volume: "7",
  volumeWeightedPrice: "99",
  low: "90",
  high: "110"
}

const tickerAnswer = (more: object = {}) => ({
  XXBTZUSD: { a: ["91", "1", "1"], b: ["90", "1", "1"], c: ["90", "1"], v: ["3", "7"], o: "80.0", ...more }
})

const orderOf = (id: string, more: Partial<OpenOrder> = {}): OpenOrder => ({
  id,
  pair: "BTC/USD",
  side: "buy",
  type: "limit",
  status: "open",
  quantity: "2",
  filled: "0",
  limitPrice: "100",
  ...more
})

const rowOf = (more: object = {}, ordertype = "limit") => ({
  status: "open",
  descr: { pair: "BTC/USD", type: "buy", ordertype, price: "100" },
  vol: "2.0",
  vol_exec: "0.0",
  ...more
})

const wallet = (amount: string) => new Map([["spot main", amount]])

/** Live data and REST answers that a test sets. */
const makeWorld = () => {
  const world = {
    isLive: true,
    age: 10_000,
    ticker,
    book: { bids: [{ price: "100", quantity: "1" }], asks: [{ price: "101", quantity: "2" }] } as Book,
    orders: new Map<string, OpenOrder>(),
    wallets: new Map() as Wallets,
    rest: {} as { [endpoint: string]: unknown },
    asked: new Array<Endpoint>()
  }
  const live = <A>(value: () => A): Effect.Effect<Option.Option<Snapshot<A>>> =>
    Effect.sync(() =>
      world.isLive ? Option.some({ value: value(), source: "websocket", age: world.age }) : Option.none()
    )
  const feed = <A>(value: () => A): Feed<A> => ({
    live: live(value),
    snapshot: Effect.dieMessage("not used"),
    changes: Stream.never,
    pushed: Stream.never,
    isPrompt: Effect.succeed(false)
  })
  const layer = Layer.provideMerge(
    LiveAnswersKraken,
    Layer.mergeAll(
      Layer.mock(MarketData, {
        ticker: () => feed(() => world.ticker),
        book: () => feed(() => world.book),
        trades: () => feed(() => []),
        candles: () => feed(() => []),
        instruments: feed(() => ({ pairs: new Map(), assets: new Map() })),
        status: feed(() => "online")
      }),
      Layer.mock(AccountData, {
        orders: feed(() => world.orders),
        balances: feed(() => new Map()),
        wallets: live(() => world.wallets),
        observed: nothingObserved
      }),
      Layer.succeed(Names, {
        pair: Effect.succeed,
        asset: Effect.succeed,
        directory: Effect.succeed(directory),
        stale: Effect.void
      }),
      Layer.succeed(KrakenClient, {
        read: () => Effect.dieMessage("not used"),
        write: () => Effect.succeed({}),
        download: () => Effect.dieMessage("not used"),
        now: DateTime.now,
        clock: Effect.succeed({ epoch: 0, within: 0 })
      }),
      Layer.succeed(Principal, operator("live"))
    )
  )
  return { world, layer }
}

type World = ReturnType<typeof makeWorld>["world"]

const run = <A, E>(
  test: (
    world: World,
    ask: (
      endpoint: Endpoint,
      params?: Params
    ) => Effect.Effect<{ readonly source: string; readonly result: unknown; readonly age: number }, never, Principal>
  ) => Effect.Effect<A, E, LiveAnswers | KrakenClient | Principal>
) => {
  const { layer, world } = makeWorld()
  return Effect.gen(function* () {
    yield* TestClock.setTime(Date.parse("2026-11-29T12:00:00Z"))
    const answers = yield* LiveAnswers
    return yield* test(world, (endpoint, params = {}) =>
      answers.read(
        endpoint,
        params,
        Effect.sync(() => {
          world.asked.push(endpoint)
          return world.rest[endpoint]
        })
      )
    )
  }).pipe(Effect.provide(layer))
}

const write = Effect.flatMap(KrakenClient, (kraken) => kraken.write("private/AddOrder", {}))

/** Asks twice, and returns the source of the second answer. */
const second = (ask: Effect.Effect<{ readonly source: string }, never, Principal>) =>
  Effect.map(Effect.zipRight(ask, ask), ({ source }) => source)

describe("answers from live data", () => {
  it.effect("tickers have the day's opening price of REST, until midnight", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.rest["public/Ticker"] = tickerAnswer()
        assert.strictEqual((yield* ask("public/Ticker", { pair: "XBTUSD" })).source, "rest")
        world.ticker = { ...ticker, last: "105" }
        const { age, result, source } = yield* ask("public/Ticker", { pair: "XBTUSD" })
        assert.deepStrictEqual([source, age], ["websocket", 10_000])
        assert.deepStrictEqual(Object(result).XXBTZUSD.c, ["105", null])
        assert.strictEqual(Object(result).XXBTZUSD.o, "80.0")
        yield* TestClock.setTime(Date.parse("2026-11-29T23:59:55Z"))
        assert.strictEqual(yield* second(ask("public/Ticker", { pair: "XBTUSD" })), "rest")
        yield* TestClock.setTime(Date.parse("2026-11-30T00:01:00Z"))
        assert.strictEqual((yield* ask("public/Ticker", { pair: "XBTUSD" })).source, "rest")
        assert.strictEqual((yield* ask("public/Ticker", { pair: "XBTUSD" })).source, "websocket")
      })
    )
  )

  it.effect("a ticker without a trade of the day is asked for again", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.rest["public/Ticker"] = tickerAnswer({ v: ["0.00", "7"] })
        assert.strictEqual(yield* second(ask("public/Ticker", { pair: "XBTUSD" })), "rest")
      })
    )
  )

  it.effect("a book has at most as many levels as are kept", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        const { result, source } = yield* ask("public/Depth", { pair: "XBTUSD", count: 1 })
        assert.strictEqual(source, "websocket")
        assert.deepStrictEqual(result, { XXBTZUSD: { asks: [["101", "2", 0]], bids: [["100", "1", 0]] } })
        assert.strictEqual((yield* ask("public/Depth", { pair: "XBTUSD", count: 101 })).source, "rest")
        world.isLive = false
        assert.strictEqual((yield* ask("public/Depth", { pair: "XBTUSD", count: 1 })).source, "rest")
      })
    )
  )

  it.effect("an order is listed until it is closed, and asked for again after each of its events", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.orders = new Map([
          ["A", orderOf("A")],
          ["B", orderOf("B")]
        ])
        world.rest["private/OpenOrders"] = { open: { A: rowOf(), B: rowOf({ fee: "1" }) } }
        assert.strictEqual(yield* second(ask("private/OpenOrders")), "websocket")
        world.orders = new Map([["B", world.orders.get("B") ?? orderOf("B")]])
        const { result, source } = yield* ask("private/OpenOrders")
        assert.strictEqual(source, "websocket")
        assert.deepStrictEqual(result, { open: { B: rowOf({ fee: "1" }) } })
        world.orders = new Map([["B", orderOf("B")]])
        assert.strictEqual((yield* ask("private/OpenOrders")).source, "rest")
      })
    )
  )

  it.effect("an answer that differs from live data is not kept", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.orders = new Map([["A", orderOf("A", { filled: "1" })]])
        for (const open of [{ A: rowOf() }, {}, { A: rowOf({ vol_exec: "1" }), B: rowOf() }]) {
          world.rest["private/OpenOrders"] = { open }
          assert.strictEqual(yield* second(ask("private/OpenOrders")), "rest")
        }
        world.rest["private/OpenOrders"] = { open: { A: rowOf({ vol_exec: "1.0" }) } }
        assert.strictEqual(yield* second(ask("private/OpenOrders")), "websocket")
      })
    )
  )

  it.effect("a trailing stop is asked for each time, since its stop price moves without an event", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.orders = new Map([["A", orderOf("A", { type: "trailing-stop" })]])
        world.rest["private/OpenOrders"] = { open: { A: rowOf({}, "trailing-stop") } }
        assert.strictEqual(yield* second(ask("private/OpenOrders")), "rest")
      })
    )
  )

  it.effect("nothing from before the end of a write is shown after it", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.rest = { "private/OpenOrders": { open: {} }, "private/Balance": {}, "private/BalanceEx": {} }
        for (const endpoint of ["private/OpenOrders", "private/Balance", "private/BalanceEx"] as const) {
          assert.strictEqual(yield* second(ask(endpoint)), "websocket")
          yield* write
          assert.strictEqual((yield* ask(endpoint)).source, "rest")
        }
      })
    )
  )

  it.effect("an answer that was asked for before the end of a write is not kept", () =>
    run((world) =>
      Effect.gen(function* () {
        const answers = yield* LiveAnswers
        const answered = yield* Deferred.make<object>()
        const fiber = yield* Effect.fork(answers.read("private/OpenOrders", {}, Deferred.await(answered)))
        yield* Effect.yieldNow()
        yield* write
        yield* Deferred.succeed(answered, { open: {} })
        yield* Fiber.join(fiber)
        world.asked.push("private/OpenOrders")
        const next = yield* answers.read("private/OpenOrders", {}, Effect.succeed({ open: {} }))
        assert.strictEqual(next.source, "rest")
      })
    )
  )

  it.effect("an answer is kept for a minute at most", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.rest["private/OpenOrders"] = { open: {} }
        yield* ask("private/OpenOrders")
        yield* TestClock.adjust("60 seconds")
        const kept = yield* ask("private/OpenOrders")
        assert.deepStrictEqual([kept.source, kept.age], ["websocket", 60_000])
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* ask("private/OpenOrders")).source, "rest")
      })
    )
  )

  it.effect("a balance follows its only wallet", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        const dot = new Map([
          ["spot main", "5"],
          ["earn flex", "6"]
        ])
        world.wallets = new Map([
          ["BTC", wallet("1.5")],
          ["DOT", dot]
        ])
        world.rest["private/Balance"] = { XXBT: "1.5000", ZUSD: "0.0000", DOT: "5.0", "DOT.F": "6.0" }
        yield* ask("private/Balance")
        world.wallets = new Map([
          ["BTC", wallet("1.25")],
          ["USD", wallet("7")],
          ["DOT", dot]
        ])
        const { result, source } = yield* ask("private/Balance")
        assert.strictEqual(source, "websocket")
        assert.deepStrictEqual(result, { XXBT: "1.25", ZUSD: "7", DOT: "5.0", "DOT.F": "6.0" })
        world.wallets = new Map([...world.wallets, ["DOT", new Map([...dot, ["earn flex", "7"]])]])
        assert.strictEqual((yield* ask("private/Balance")).source, "rest")
      })
    )
  )

  it.effect("balances with other amounts than the wallets, or unknown assets, are asked for again", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.wallets = new Map([["BTC", wallet("1.5")]])
        for (const answer of [{ XXBT: "1.4" }, { XXBT: "1.5", ZUSD: "1" }, {}, { XXBT: "1.5", ODD: "0" }]) {
          world.rest["private/Balance"] = answer
          assert.strictEqual(yield* second(ask("private/Balance")), "rest")
        }
      })
    )
  )

  it.effect("what is held is in force until anything happens, and not while REST might lag behind", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.wallets = new Map([["BTC", wallet("1.5")]])
        world.rest["private/BalanceEx"] = { XXBT: { balance: "1.50", hold_trade: "0.5" } }
        assert.strictEqual(yield* second(ask("private/BalanceEx")), "websocket")
        world.orders = new Map(world.orders)
        assert.strictEqual((yield* ask("private/BalanceEx")).source, "rest")
        world.orders = new Map(world.orders)
        world.age = 1999
        assert.strictEqual(yield* second(ask("private/BalanceEx")), "rest")
        world.age = 2000
        assert.strictEqual(yield* second(ask("private/BalanceEx")), "websocket")
        world.rest["private/BalanceEx"] = {
          XXBT: { balance: "1.50", hold_trade: "0.5", credit: "1", credit_used: "0" }
        }
        world.orders = new Map()
        assert.strictEqual(yield* second(ask("private/BalanceEx")), "rest")
      })
    )
  )

  it.effect("two requests serve all who ask at once", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        // Nothing is kept, since the answer differs from the live data.
        world.rest["private/OpenOrders"] = { open: { A: rowOf() } }
        const slow = Effect.delay("1 second")
        const answers = yield* LiveAnswers
        const asks = Effect.all(
          Array.from({ length: 50 }, () =>
            answers.read("private/OpenOrders", {}, slow(Effect.sync(() => world.asked.push("private/OpenOrders"))))
          ),
          { concurrency: "unbounded" }
        )
        const fiber = yield* Effect.fork(asks)
        yield* TestClock.adjust("1 minute")
        assert.lengthOf(yield* Fiber.join(fiber), 50)
        assert.lengthOf(world.asked, 2)
        yield* ask("private/OpenOrders")
        assert.lengthOf(world.asked, 3)
      })
    )
  )

  it.effect("a request that hangs holds up no request for another pair", () =>
    run((_, ask) =>
      Effect.gen(function* () {
        const answers = yield* LiveAnswers
        yield* Effect.fork(answers.read("public/Ticker", { pair: "XBTUSD" }, Effect.never))
        yield* Effect.yieldNow()
        assert.strictEqual((yield* ask("public/Ticker", { pair: "ETHUSD" })).source, "rest")
      })
    )
  )

  it.effect("a tokenised asset is not answered with the currency pair of its name", () =>
    run((_, ask) =>
      Effect.gen(function* () {
        const tokenised = { pair: "XBTUSD", asset_class: "tokenized_asset" }
        assert.strictEqual((yield* ask("public/Depth", tokenised)).source, "rest")
        assert.strictEqual((yield* ask("public/Depth", { pair: "XBTUSD" })).source, "websocket")
      })
    )
  )

  it.effect("without live data each caller asks by itself", () =>
    run((world, ask) =>
      Effect.gen(function* () {
        world.isLive = false
        world.rest = { "private/OpenOrders": { open: {} } }
        yield* Effect.all([ask("private/OpenOrders"), ask("private/OpenOrders")], { concurrency: "unbounded" })
        assert.lengthOf(world.asked, 2)
      })
    )
  )
})
