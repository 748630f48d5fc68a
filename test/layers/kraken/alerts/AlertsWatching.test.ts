import { assert, describe, it } from "@effect/vitest"
import { Context, DateTime, Effect, Layer, Scope, Exit, TestClock, TestServices } from "effect"
import { AlertsSql } from "../../../../src/layers/access/alerts/AlertsSql.ts"
import { AccountDataRest, AccountDataWebSocket } from "../../../../src/layers/kraken/feed/AccountDataKraken.ts"
import { MarketDataRest, MarketDataWebSocket } from "../../../../src/layers/kraken/feed/MarketDataKraken.ts"
import { AlertsWatching } from "../../../../src/layers/kraken/alerts/AlertsWatching.ts"
import type { AlertCondition } from "../../../../src/domain/alerts/alert.ts"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { type Alert, Alerts } from "../../../../src/services/Alerts.ts"
import { Callers, type FoundCaller } from "../../../../src/services/Callers.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import type { AccountData } from "../../../../src/services/AccountData.ts"
import type { MarketData } from "../../../../src/services/MarketData.ts"
import { Names } from "../../../../src/services/Names.ts"
import { type Notice, Notifier } from "../../../../src/services/Notifier.ts"
import { TradingMode } from "../../../../src/services/TradingMode.ts"
import { limitedBearer } from "../../../doubles/TestMandate.ts"
import { as } from "../../../doubles/TestPrincipal.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { makeTestFeed } from "../../../doubles/TestFeed.ts"
import { directory } from "../../../fixtures/krakenLists.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

const ticker = (last: string) => ({
  a: ["1", "1", "1"],
  b: ["1", "1", "1"],
  c: [last, "1"],
  v: ["1", "1"],
  p: ["1", "1"],
  l: ["1", "1"],
  h: ["1", "1"]
})

/** An account at Kraken, and a market, that a test changes. */
const makeWorld = Effect.gen(function* () {
  const world = {
    stateDir: yield* temporaryFolder,
    prices: { XXBTZUSD: "100.0", XETHZUSD: "10.0" } as Record<string, string>,
    balances: { ZUSD: "5" } as Record<string, string>,
    fills: {} as Record<string, object>,
    asked: new Array<string>(),
    notices: new Array<Notice>(),
    isDown: false,
    caller: "Valid" as FoundCaller["_tag"],
    /** The mandate of all tokens. */
    mandate: {} as Partial<Mandate>
  }
  return world
})
type World = Effect.Effect.Success<typeof makeWorld>

/** Makes the services of a server: Kraken answers by REST, and tokens are valid as the world says. */
const services = (
  world: World,
  MarketDataLayer: Layer.Layer<MarketData, never, KrakenClient> = MarketDataRest(),
  AccountDataLayer: Layer.Layer<AccountData, never, KrakenClient | Names> = AccountDataRest()
) => {
  const answers: { readonly [endpoint: string]: (params: { readonly [name: string]: unknown }) => unknown } = {
    "public/Ticker": ({ pair }) =>
      Object.fromEntries(
        String(pair)
          .split(",")
          .flatMap((name) => {
            const id = directory.findPair(name)?.id ?? ""
            const last = world.prices[id]
            return last === undefined ? [] : [[id, ticker(last)]]
          })
      ),
    "private/Balance": () => world.balances,
    "private/GetWebSocketsToken": () => ({ token: "token", expires: 900 }),
    "private/TradesHistory": () => ({ trades: world.fills, count: 0 })
  }
  const kraken = Layer.succeed(KrakenClient, {
    read: (endpoint, params) =>
      Effect.suspend(() => {
        world.asked.push(endpoint)
        return world.isDown
          ? new KrakenUnavailable({ endpoint, reason: "down" })
          : Effect.succeed(answers[endpoint]?.({ ...params }))
      }),
    write: () => Effect.dieMessage("alerts write nothing"),
    download: () => Effect.dieMessage("alerts download nothing"),
    now: DateTime.now,
    clock: Effect.succeed({ epoch: 0, within: 0 })
  })
  const base = Layer.mergeAll(
    kraken,
    TestConfig({ stateDir: world.stateDir }),
    Layer.succeed(Names, {
      pair: Effect.succeed,
      asset: Effect.succeed,
      directory: Effect.succeed(directory),
      stale: Effect.void
    }),
    Layer.succeed(TradingMode, { mode: "live", hasKey: true }),
    Layer.succeed(Notifier, {
      isSilent: false,
      notify: (notice) => Effect.sync(() => void world.notices.push(notice))
    }),
    Layer.succeed(Callers, {
      serves: () => true,
      find: (id) =>
        Effect.sync(() =>
          world.caller === "Valid"
            ? { _tag: "Valid", principal: limitedBearer(world.mandate, id) }
            : { _tag: world.caller }
        )
    })
  )
  return Layer.fresh(Layer.provideMerge(Layer.mergeAll(AlertsSql, MarketDataLayer, AccountDataLayer), base))
}

/** Starts a server that watches alerts, and returns them with an effect that stops it. */
const startServer = Effect.fnUntraced(function* (...options: Parameters<typeof services>) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const context = yield* Layer.buildWithScope(Layer.provideMerge(AlertsWatching, services(...options)), scope)
  return { alerts: Context.get(context, Alerts), stop: Scope.close(scope, Exit.void) }
})

const make = (alerts: typeof Alerts.Service, condition: AlertCondition) =>
  Effect.gen(function* () {
    const since = DateTime.toEpochMillis(yield* DateTime.now)
    return yield* as("one")(alerts.create(condition, { since, lifetime: 30 * 86_400_000 }))
  })

const firedOf = (alerts: typeof Alerts.Service) =>
  Effect.map(as("one")(alerts.list), (all) => all.map(({ fired }) => fired))

const fill = (order: string, at: number) => ({
  ordertxid: order,
  pair: "XXBTZUSD",
  time: at / 1000,
  type: "buy",
  price: "100.5",
  vol: "1"
})

const above = { _tag: "Price", pair: "BTC/USD", above: "150" } as const

/** Makes a message of trades of Bitcoin, each with its id, its price, and the second at which it was made. */
const trades = (
  type: "snapshot" | "update",
  ...list: ReadonlyArray<readonly [id: number, price: number, at?: number]>
) => ({
  channel: "trade",
  type,
  data: list.map(([id, price, at = 0]) => ({
    symbol: "BTC/USD",
    side: "buy",
    price,
    qty: 1,
    ord_type: "limit",
    trade_id: id,
    timestamp: new Date(at * 1000).toISOString()
  }))
})

/** Waits in real time, since sockets are real. */
const moment = TestServices.provideLive(Effect.sleep("5 millis"))

/** Lets the server look once a second, until something is so. */
const until = <A, E, R>(look: Effect.Effect<A, E, R>, is: (value: A) => boolean) =>
  Effect.gen(function* () {
    for (let n = 0; n < 60; n++) {
      const value = yield* look
      if (is(value)) return value
      yield* TestClock.adjust("1 second")
      yield* moment
    }
    return yield* Effect.dieMessage("it did not come to this")
  })

const isFired = (fired: Alert["fired"]): boolean => fired !== undefined

describe("the watcher of alerts", () => {
  it.scoped("asks Kraken nothing without alerts", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      yield* startServer(world)
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(world.asked, [])
    })
  )

  it.scoped("fires an alert of a price once, and tells of it without an amount", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { alerts } = yield* startServer(world)
      yield* make(alerts, above)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedOf(alerts), [undefined])
      world.prices["XXBTZUSD"] = "150.0"
      yield* TestClock.adjust("1 minute")
      world.prices["XXBTZUSD"] = "160.0"
      yield* TestClock.adjust("1 minute")
      const [fired] = yield* firedOf(alerts)
      assert.deepInclude(fired, { value: "150.0", bound: "above" })
      assert.notProperty(fired, "unwatchedSince")
      assert.deepStrictEqual(world.notices, [
        { _tag: "AlertFired", caller: "token one", alert: 1, kind: "price", missed: false }
      ])
    })
  )

  it.scoped("reads the prices of all pairs in one request each ten seconds", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { alerts } = yield* startServer(world)
      yield* make(alerts, above)
      yield* make(alerts, { _tag: "Price", pair: "ETH/USD", below: "1" })
      yield* TestClock.adjust("61 seconds")
      assert.isAtMost(world.asked.length, 7)
      assert.deepStrictEqual([...new Set(world.asked)], ["public/Ticker"])
    })
  )

  it.scoped("reports as missed what it finds after it was down, with the time since when nobody watched", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const first = yield* startServer(world)
      yield* make(first.alerts, above)
      yield* make(first.alerts, { _tag: "Fill" })
      yield* make(first.alerts, { _tag: "Balance", asset: "USD", below: "1" })
      yield* TestClock.adjust("1 minute")
      yield* first.stop
      yield* TestClock.adjust("1 hour")
      Object.assign(world, {
        prices: { XXBTZUSD: "200" },
        balances: { ZUSD: "0.5" },
        fills: { T1: fill("O1", 20 * 60_000) }
      })
      const { alerts } = yield* startServer(world)
      yield* TestClock.adjust("5 seconds")
      const all = yield* firedOf(alerts)
      assert.lengthOf(all, 3)
      for (const fired of all) {
        assert.isAtLeast(fired?.unwatchedSince ?? 0, 30_000)
        assert.isAtMost(fired?.unwatchedSince ?? 0, 60_000)
      }
      assert.deepInclude(all[1], { order: "O1", filledAt: 20 * 60_000 })
      assert.deepStrictEqual(
        world.notices.map((notice) => notice._tag === "AlertFired" && notice.missed),
        [true, true, true]
      )
    })
  )

  it.scoped("adds up the balances of an asset, those that earn included", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      world.balances = { XXBT: "0.4", "XBT.F": "1.6" }
      const { alerts } = yield* startServer(world)
      yield* make(alerts, { _tag: "Balance", asset: "BTC", below: "1.5" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedOf(alerts), [undefined])
      world.balances = { XXBT: "0.4", "XBT.F": "1" }
      yield* TestClock.adjust("1 minute")
      assert.deepInclude((yield* firedOf(alerts))[0], { value: "1.4" })
    })
  )

  it.scoped("does not call missed what happened during a restart of a few seconds", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const first = yield* startServer(world)
      yield* make(first.alerts, above)
      yield* TestClock.adjust("1 minute")
      yield* first.stop
      yield* TestClock.adjust("10 seconds")
      world.prices["XXBTZUSD"] = "200"
      const { alerts } = yield* startServer(world)
      yield* TestClock.adjust("2 seconds")
      const [fired] = yield* firedOf(alerts)
      assert.strictEqual(fired?.value, "200")
      assert.notProperty(fired, "unwatchedSince")
    })
  )

  it.scoped("tells of a fill of an order, and not of those before the alert or of other orders", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      yield* TestClock.adjust("1 hour")
      world.fills["T0"] = fill("O1", 3_500_000)
      const { alerts } = yield* startServer(world)
      yield* make(alerts, { _tag: "Fill", order: "O1" })
      yield* TestClock.adjust("5 seconds")
      world.fills["T1"] = fill("O2", 3_605_000)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedOf(alerts), [undefined])
      world.fills["T2"] = fill("O1", 3_665_000)
      yield* TestClock.adjust("35 seconds")
      assert.deepInclude((yield* firedOf(alerts))[0], { order: "O1", filledAt: 3_665_000 })
    })
  )

  it.scoped("tells once in two processes on one record", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const [one] = [yield* startServer(world), yield* startServer(world)]
      yield* make(one.alerts, above)
      yield* TestClock.adjust("20 seconds")
      world.prices["XXBTZUSD"] = "151"
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(world.notices, 1)
    })
  )

  it.scoped("drops the alerts of a token that was revoked, and keeps those of one that it does not know", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { alerts } = yield* startServer(world)
      yield* make(alerts, above)
      world.caller = "Unknown"
      world.prices["XXBTZUSD"] = "200"
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* firedOf(alerts), [undefined])
      world.caller = "Invalid"
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* firedOf(alerts), [])
      assert.deepStrictEqual(world.notices, [])
    })
  )

  it.scoped("does not tell a token of its balance whose mandate no longer lets it read the account", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { alerts } = yield* startServer(world)
      world.mandate = { toolsets: ["market", "alerts"] }
      yield* make(alerts, { _tag: "Balance", asset: "USD", below: "10" })
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* firedOf(alerts), world.asked], [[undefined], []])
      world.mandate = { toolsets: ["account", "alerts"] }
      yield* TestClock.adjust("1 minute")
      assert.deepInclude((yield* firedOf(alerts))[0], { value: "5" })
    })
  )

  it.scoped("calls an event missed that it finds after Kraken could not be reached", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const { alerts } = yield* startServer(world)
      yield* make(alerts, above)
      yield* TestClock.adjust("30 seconds")
      world.isDown = true
      yield* TestClock.adjust("10 minutes")
      Object.assign(world, { isDown: false, prices: { XXBTZUSD: "200" } })
      yield* TestClock.adjust("15 seconds")
      const [fired] = yield* firedOf(alerts)
      assert.isAtMost(fired?.unwatchedSince ?? Infinity, 30_000)
    })
  )

  it.scoped("sees a trade among the latest hundred of 10,000 messages at once, and asks nothing for them", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const feed = yield* makeTestFeed(() => trades("snapshot", [1, 100]))
      const { alerts } = yield* startServer(world, MarketDataWebSocket(feed.url))
      yield* make(alerts, above)
      while (feed.requests.length === 0) {
        yield* TestClock.adjust("1 second")
        yield* moment
      }
      const asked = world.asked.length
      for (let n = 2; n < 10_000; n++) feed.send(trades("update", [n, n === 9950 ? 150 : 100]))
      const fired = Effect.map(firedOf(alerts), ([first]) => first)
      while ((yield* fired) === undefined) yield* moment
      assert.deepInclude(yield* fired, { value: "150", bound: "above" })
      assert.lengthOf(world.asked, asked)
    })
  )

  it.scoped("compares a new alert with the last trade, though another alert follows the pair and no trade comes", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const feed = yield* makeTestFeed(() => trades("snapshot", [1, 200]))
      const { alerts } = yield* startServer(world, MarketDataWebSocket(feed.url))
      yield* make(alerts, { ...above, above: "1000" })
      yield* until(
        Effect.sync(() => feed.requests.length),
        (length) => length > 0
      )
      yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), moment), 5)
      yield* make(alerts, above)
      const [fired, other] = yield* until(firedOf(alerts), ([latest]) => isFired(latest))
      assert.deepInclude(fired, { value: "200", bound: "above" })
      assert.isUndefined(other)
    })
  )

  it.scoped("does not count trades from before an alert that come after it, except the last one", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const feed = yield* makeTestFeed(() => trades("snapshot", [1, 100]))
      const { alerts } = yield* startServer(world, MarketDataWebSocket(feed.url))
      yield* TestClock.adjust("100 seconds")
      yield* make(alerts, { ...above, above: "1000" })
      yield* until(
        Effect.sync(() => feed.requests.length),
        (length) => length > 0
      )
      yield* TestClock.adjust("200 seconds")
      yield* make(alerts, above)
      yield* make(alerts, { ...above, above: "120" })
      yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), moment), 3)
      feed.send(trades("update", [2, 160, 250], [3, 130, 305], [4, 110, 306]))
      const fired = yield* until(firedOf(alerts), ([latest]) => isFired(latest))
      assert.deepInclude(fired[0], { value: "130" })
      assert.deepStrictEqual(fired.slice(1), [undefined, undefined])
    })
  )

  it.scoped("compares a new alert with the live balance, though another alert follows it and nothing changes", () =>
    Effect.gen(function* () {
      const world = yield* makeWorld
      const wallets = [{ type: "spot", id: "main", balance: 5 }]
      const balances = { channel: "balances", type: "snapshot", sequence: 1, data: [{ asset: "USD", wallets }] }
      const feed = yield* makeTestFeed(() => balances)
      const { alerts } = yield* startServer(world, MarketDataRest(), AccountDataWebSocket(feed.url))
      yield* make(alerts, { _tag: "Balance", asset: "BTC", above: "1" })
      yield* until(
        Effect.sync(() => feed.requests.length),
        (length) => length > 0
      )
      yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), moment), 5)
      yield* make(alerts, { _tag: "Balance", asset: "USD", below: "10" })
      const [fired, other] = yield* until(firedOf(alerts), ([latest]) => isFired(latest))
      assert.deepInclude(fired, { value: "5", bound: "below" })
      assert.isUndefined(other)
    })
  )
})
