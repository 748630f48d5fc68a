import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type Kraken from "../../../node_modules/ccxt/js/src/kraken.js"
import { left, type Order } from "../../../src/exchange/state/order.ts"
import type { Json } from "../../doubles/TestExchange.ts"
import { moment, units, withClient } from "./Client.ts"

const symbol = "BTC/USD"

/** Arguments of ccxt for an order at a round price near the market, and the order that the engine then has. */
interface Asked {
  readonly type: string
  readonly side: "buy" | "sell"
  readonly price?: number
  readonly params?: object
  readonly amount?: number
  readonly has: Partial<Order>
  /** Fields that ccxt later reads, in addition to those of all orders. */
  readonly reads?: object
}

const orders: Record<string, (price: number) => Asked> = {
  market: () => ({ type: "market", side: "buy", has: { type: "market", status: "closed" } }),
  limit: (p) => ({ type: "limit", side: "buy", price: p - 5000, has: { type: "limit", status: "open" } }),
  "limit that trades": (p) => ({
    type: "limit",
    side: "sell",
    price: p - 50,
    has: { type: "limit", status: "closed" }
  }),
  "limit with a client id": (p) => ({
    type: "limit",
    side: "sell",
    price: p + 5000,
    params: { clientOrderId: "mine-1" },
    has: { clientId: "mine-1", status: "open" },
    reads: { clientOrderId: "mine-1" }
  }),
  "limit with a user reference": (p) => ({
    type: "limit",
    side: "sell",
    price: p + 5000,
    params: { userref: 77 },
    has: { userref: 77, status: "open" },
    reads: { clientOrderId: "77" }
  }),
  "post only": (p) => ({
    type: "limit",
    side: "buy",
    price: p - 5000,
    params: { postOnly: true },
    has: { postOnly: true, status: "open" },
    reads: { postOnly: true, timeInForce: "PO" }
  }),
  "post only that would take": (p) => ({
    type: "limit",
    side: "buy",
    price: p + 5000,
    params: { postOnly: true },
    has: { postOnly: true, status: "canceled", reason: "Post only order", executed: 0n },
    reads: { postOnly: true }
  }),
  IOC: (p) => ({
    type: "limit",
    side: "buy",
    price: p - 5000,
    params: { timeInForce: "IOC" },
    has: { timeInForce: "IOC", status: "canceled", reason: "Immediate or cancel" }
  }),
  FOK: (p) => ({
    type: "limit",
    side: "buy",
    price: p + 5000,
    params: { timeInForce: "FOK" },
    has: { timeInForce: "FOK", status: "closed" }
  }),
  GTD: (p) => ({
    type: "limit",
    side: "buy",
    price: p - 5000,
    params: { timeInForce: "GTD", expiretm: "+60" },
    has: { timeInForce: "GTD", status: "open", expire: moment + 60_000 }
  }),
  scheduled: (p) => ({
    type: "limit",
    side: "buy",
    price: p - 5000,
    params: { starttm: "+60" },
    has: { status: "pending", start: moment + 60_000 }
  }),
  "fee in the base asset": () => ({
    type: "market",
    side: "buy",
    params: { oflags: "fcib" },
    has: { feeInBase: true, status: "closed" }
  }),
  "stop-loss": (p) => ({
    type: "market",
    side: "sell",
    params: { stopLossPrice: p - 1000 },
    has: { type: "stop-loss", status: "open", trigger: BigInt(p - 1000) * 10n },
    reads: { type: "market", stopLossPrice: p - 1000 }
  }),
  "stop-loss-limit": (p) => ({
    type: "limit",
    side: "sell",
    price: p - 1100,
    params: { stopLossPrice: p - 1000 },
    has: { type: "stop-loss-limit", status: "open", trigger: BigInt(p - 1000) * 10n, limit: BigInt(p - 1100) * 10n },
    reads: { type: "limit", stopLossPrice: p - 1000, price: p - 1100 }
  }),
  "take-profit": (p) => ({
    type: "market",
    side: "sell",
    params: { takeProfitPrice: p + 1000 },
    has: { type: "take-profit", status: "open", trigger: BigInt(p + 1000) * 10n },
    reads: { type: "market", takeProfitPrice: p + 1000 }
  }),
  "take-profit-limit": (p) => ({
    type: "limit",
    side: "sell",
    price: p + 900,
    params: { takeProfitPrice: p + 1000 },
    has: { type: "take-profit-limit", status: "open", trigger: BigInt(p + 1000) * 10n, limit: BigInt(p + 900) * 10n },
    reads: { type: "limit", takeProfitPrice: p + 1000, price: p + 900 }
  }),
  "stop by the index": (p) => ({
    type: "market",
    side: "buy",
    params: { stopLossPrice: p + 1000, trigger: "index" },
    has: { type: "stop-loss", triggerBy: "index", status: "open" }
  }),
  "trailing-stop by an amount": () => ({
    type: "market",
    side: "sell",
    params: { trailingAmount: "500" },
    has: { type: "trailing-stop", status: "open", trail: { distance: 5000n, percent: false, limitOffset: undefined } }
  }),
  "trailing-stop by percent": () => ({
    type: "market",
    side: "sell",
    params: { trailingPercent: "2.5" },
    has: { type: "trailing-stop", status: "open", trail: { distance: 25_000n, percent: true, limitOffset: undefined } }
  }),
  "trailing-stop-limit by amounts": () => ({
    type: "limit",
    side: "sell",
    params: { trailingAmount: "500", trailingLimitAmount: "100" },
    has: {
      type: "trailing-stop-limit",
      trail: { distance: 5000n, percent: false, limitOffset: { distance: -1000n, percent: false } }
    }
  }),
  "trailing-stop-limit by percent": () => ({
    type: "limit",
    side: "buy",
    params: { trailingPercent: "2", trailingLimitPercent: "1", offset: "+" },
    has: {
      type: "trailing-stop-limit",
      trail: { distance: 20_000n, percent: true, limitOffset: { distance: 10_000n, percent: true } }
    }
  }),
  iceberg: (p) => ({
    type: "iceberg",
    side: "buy",
    amount: 0.1,
    params: { price: String(p - 5000), displayvol: "0.01" },
    has: { type: "iceberg", status: "open", limit: BigInt(p - 5000) * 10n, visible: 1_000_000n },
    reads: { type: "iceberg", price: p - 5000 }
  }),
  "conditional close": (p) => ({
    type: "limit",
    side: "buy",
    price: p - 5000,
    params: { close: { ordertype: "stop-loss-limit", price: p - 6000, price2: p - 6100 } },
    has: { close: { type: "stop-loss-limit", price: String(p - 6000), price2: String(p - 6100) } }
  })
}

const place = (kraken: Kraken, { amount = 0.01, params, price, side, type }: Asked) =>
  kraken.createOrder(symbol, type, side, amount, price, params)

/** Asserts that ccxt has read an order as the engine has it. */
const assertSame = (read: Json, order: Order) => {
  const { pair } = order
  const status = order.status === "pending" ? "open" : order.status
  assert.deepInclude(read, { id: order.txid, symbol, side: order.side, status })
  assert.strictEqual(read.timestamp, order.opened)
  assert.strictEqual(units(read.amount, pair.lotDecimals), order.volume)
  assert.strictEqual(units(read.filled, pair.lotDecimals), order.executed)
  assert.strictEqual(units(read.remaining, pair.lotDecimals), left(order))
  assert.strictEqual(units(read.fee.cost, pair.costDecimals), order.fee)
  assert.strictEqual(read.fee.currency, order.feeInBase ? "BTC" : "USD")
  if (order.executed > 0n) assert.strictEqual(units(read.average, pair.priceDecimals), order.notional / order.executed)
  assert.deepStrictEqual(
    read.trades.map(({ id }: Json) => id),
    order.trades
  )
}

describe("ccxt trades", () => {
  it.scoped("createOrder and fetchOrder: every order type", () =>
    Effect.gen(function* () {
      const { order, placed, use } = yield* withClient()
      const { last } = yield* use((kraken) => kraken.fetchTicker(symbol))
      for (const [name, asked] of Object.entries(orders)) {
        const { has, reads = {}, ...rest } = asked(Math.round(last! / 100) * 100)
        const id = yield* placed((kraken) => place(kraken, { has, ...rest }))
        assert.deepInclude(order(id), { side: rest.side, ...has }, name)
        const read = yield* use((kraken) => kraken.fetchOrder(id))
        assertSame(read, order(id))
        assert.deepInclude(read, reads, name)
      }
    })
  )

  it.scoped("createMarketBuyOrderWithCost: an amount to spend", () =>
    Effect.gen(function* () {
      const { order, placed } = yield* withClient()
      const id = yield* placed((kraken) => kraken.createMarketBuyOrderWithCost(symbol, 250))
      const { executed, spend, spent, status } = order(id)
      assert.deepStrictEqual([spend, status], [2_500_000n, "closed"])
      assert.isAbove(Number(executed), 0)
      assert.isAtMost(Number(spent), 2_500_000)
    })
  )

  it.scoped("createOrders: a batch, completely or not at all", () =>
    Effect.gen(function* () {
      const { account, failure, order, use } = yield* withClient()
      const before = account.open.size
      const one = { symbol, type: "limit", side: "buy", price: 90_000 } as const
      const both = yield* use((kraken) =>
        kraken.createOrders([
          { ...one, amount: 0.01 },
          { ...one, amount: 0.02, params: { postOnly: true } }
        ])
      )
      assert.deepStrictEqual(
        both.map(({ id }) => [order(id!).volume, order(id!).postOnly]),
        [
          [1_000_000n, false],
          [2_000_000n, true]
        ]
      )
      const wrong = [
        { ...one, amount: 0.01 },
        { ...one, amount: 0.000001 }
      ]
      assert.strictEqual(yield* failure((kraken) => kraken.createOrders(wrong)), "InvalidOrder")
      assert.strictEqual(account.open.size, before + 2)
    })
  )

  it.scoped("editOrder: volume, price, trigger; the id stays", () =>
    Effect.gen(function* () {
      const { failure, order, placed, use } = yield* withClient()
      const id = yield* placed((kraken) => kraken.createOrder(symbol, "limit", "buy", 0.01, 90_000))
      const edited = yield* use((kraken) => kraken.editOrder(id, symbol, "limit", "buy", 0.02, 91_000))
      assert.deepInclude(order(id), { volume: 2_000_000n, limit: 910_000n, status: "open" })
      assert.strictEqual(edited.id, order(id).amends!.at(-1)!.id)
      assert.deepInclude(yield* use((kraken) => kraken.fetchOrder(id)), { amount: 0.02, price: 91_000 })
      const stop = yield* placed((kraken) =>
        kraken.createOrder(symbol, "market", "sell", 0.01, undefined, { stopLossPrice: 90_000 })
      )
      yield* use((kraken) =>
        kraken.editOrder(stop, symbol, "market", "sell", undefined, undefined, { stopLossPrice: 89_000 })
      )
      assert.strictEqual(order(stop).trigger, 890_000n)
      const unknown = (kraken: Kraken) => kraken.editOrder("ONOSUC-HORDE-RXXXXX", symbol, "limit", "buy", 0.02)
      assert.strictEqual(yield* failure(unknown), "InvalidOrder")
    })
  )

  it.scoped("cancelOrder, cancelOrders, cancelAllOrders, cancelAllOrdersAfter", () =>
    Effect.gen(function* () {
      const { account, engine, failure, rest, order, placed, use } = yield* withClient()
      const buy = (params: object = {}) =>
        placed((kraken) => kraken.createOrder(symbol, "limit", "buy", 0.01, 90_000, params))
      const status = (id: string) => order(id).status
      const one = yield* buy()
      yield* use((kraken) => kraken.cancelOrder(one))
      assert.strictEqual(status(one), "canceled")
      assert.strictEqual(yield* failure((kraken) => kraken.cancelOrder(one)), "OrderNotFound")
      const mine = yield* buy({ clientOrderId: "mine" })
      yield* use((kraken) => kraken.cancelOrder("", symbol, { clientOrderId: "mine" }))
      assert.strictEqual(status(mine), "canceled")
      const several = [yield* buy(), yield* buy(), yield* buy()]
      yield* use((kraken) => kraken.cancelOrders(several.slice(0, 2)))
      assert.deepStrictEqual(several.map(status), ["canceled", "canceled", "open"])
      yield* use((kraken) => kraken.cancelAllOrders())
      assert.strictEqual(account.open.size, 0)
      const late = yield* buy()
      yield* use((kraken) => kraken.cancelAllOrdersAfter(60_000))
      rest.ahead = 59_000
      engine("control/Advance")
      assert.strictEqual(status(late), "open")
      rest.ahead = 60_000
      engine("control/Advance")
      assert.strictEqual(status(late), "canceled")
    })
  )

  it.scoped("fetchOpenOrders: all, by pair, by userref, until none is left", () =>
    Effect.gen(function* () {
      const { account, use } = yield* withClient()
      yield* use((kraken) => kraken.createOrder("ETH/USD", "limit", "sell", 1, 9000, { clientOrderId: "eth" }))
      yield* use((kraken) => kraken.createOrder(symbol, "limit", "sell", 0.1, 190_000, { userref: 5 }))
      const ids = (found: ReadonlyArray<Json>) => found.map(({ id }) => id)
      const all = yield* use((kraken) => kraken.fetchOpenOrders())
      assert.sameMembers(ids(all), [...account.open.keys()])
      for (const read of all) if (read.symbol === symbol) assertSame(read, account.open.get(read.id!)!)
      const eth = [...account.open.values()].filter(({ pair }) => pair.display === "ETH/USD").map(({ txid }) => txid)
      assert.deepStrictEqual(ids(yield* use((kraken) => kraken.fetchOpenOrders("ETH/USD"))), eth)
      const named = yield* use((kraken) =>
        kraken.fetchOpenOrders(undefined, undefined, undefined, { clientOrderId: "eth" })
      )
      assert.deepStrictEqual(ids(named), eth)
      assert.lengthOf(
        yield* use((kraken) => kraken.fetchOpenOrders(undefined, undefined, undefined, { userref: 5 })),
        1
      )
    })
  )

  it.scoped("finds an order whose answer was lost", () =>
    Effect.gen(function* () {
      const { account, failure, rest, use } = yield* withClient()
      yield* use((kraken) => kraken.loadMarkets())
      const before = account.open.size
      rest.faults.push({ endpoint: "AddOrder", kind: "drop-after-accept", count: 1, seconds: 0 })
      const lost = (kraken: Kraken) =>
        kraken.createOrder(symbol, "limit", "buy", 0.01, 90_000, { clientOrderId: "lost-1" })
      assert.strictEqual(yield* failure(lost), "NetworkError")
      const params = { clientOrderId: "lost-1" }
      const [found] = yield* use((kraken) => kraken.fetchOpenOrders(symbol, undefined, undefined, params))
      assert.deepInclude(found, { clientOrderId: "lost-1", amount: 0.01 })
      assert.strictEqual(account.open.size, before + 1)
    })
  )

  it.scoped("maps Kraken's errors to its own classes", () =>
    Effect.gen(function* () {
      const { client, exchange, failure, rest, use } = yield* withClient()
      yield* use((kraken) => kraken.loadMarkets())
      const buy = (amount: number, price: number) => (kraken: Kraken) =>
        kraken.createOrder(symbol, "limit", "buy", amount, price)
      assert.strictEqual(yield* failure(buy(1, 90_000)), "InsufficientFunds")
      assert.strictEqual(yield* failure(buy(0.00001, 90_000)), "InvalidOrder")
      assert.strictEqual(yield* failure((kraken) => kraken.fetchOrder("ONOSUC-HORDE-RXXXXX")), "InvalidOrder")
      exchange.status = "cancel_only"
      assert.strictEqual(yield* failure(buy(0.01, 90_000)), "OnMaintenance")
      exchange.status = "online"
      const faults = {
        "html-502": "ExchangeNotAvailable",
        "rate-limit": "DDoSProtection",
        "invalid-nonce": "InvalidNonce",
        "service-unavailable": "ExchangeNotAvailable",
        busy: "ExchangeNotAvailable",
        lockout: "DDoSProtection",
        "drop-before": "NetworkError"
      } as const
      for (const kind of Object.keys(faults) as Array<keyof typeof faults>) {
        rest.faults.push({ endpoint: "AddOrder", kind, count: 1, seconds: 0 })
        assert.strictEqual(yield* failure(buy(0.01, 90_000)), faults[kind], kind)
      }
      client.nonce = () => 1
      assert.strictEqual(yield* failure((kraken) => kraken.fetchBalance()), "InvalidNonce")
      client.apiKey = "nobody's"
      assert.strictEqual(yield* failure((kraken) => kraken.fetchBalance()), "AuthenticationError")
      client.secret = Buffer.from("not the secret").toString("base64")
      const denied = yield* withClient({ key: "read-only" })
      assert.strictEqual(yield* denied.failure(buy(0.01, 90_000)), "PermissionDenied")
    })
  )
})
