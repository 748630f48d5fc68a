import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import KrakenPro from "../../../node_modules/ccxt/js/src/pro/kraken.js"
import { findPair } from "../../../src/exchange/catalogue/catalogue.ts"
import { format } from "../../../src/exchange/base/fixed.ts"
import { depth, lastPrice } from "../../../src/exchange/engine/liquidity.ts"
import { pairStateOf } from "../../../src/exchange/state/state.ts"
import { servedExchange } from "../rest/served.ts"
import { moment } from "./Client.ts"

const symbol = "BTC/USD"

/** Makes ccxt's client of Kraken's WebSocket, unchanged but for its addresses, and the exchange that serves it. */
const withClient = Effect.gen(function* () {
  yield* TestClock.setTime(moment)
  const { keys, rest, url, wsUrl } = yield* servedExchange()
  const { key, secret } = keys["full"]!
  const client = yield* Effect.acquireRelease(
    Effect.sync(() => new KrakenPro({ apiKey: key, secret, enableRateLimit: false })),
    (open) => Effect.promise(() => open.close())
  )
  const ws = { publicV2: `${wsUrl}/v2`, private: `${wsUrl}/auth/v2`, privateV2: `${wsUrl}/auth/v2` }
  Object.assign(client.urls, { api: { public: url, private: url, ws } })
  // ccxt wants this to be called before it connects to an address without TLS.
  yield* Effect.promise(() => client.loadHttpProxyAgent())
  let last = 0
  client.nonce = () => (last = Math.max(client.milliseconds(), last + 1))
  const { exchange } = rest
  const pair = findPair(exchange.catalogue, "XBTUSD")!
  return {
    exchange,
    pair,
    state: pairStateOf(exchange, pair),
    use: <A>(method: (client: KrakenPro) => Promise<A>) => Effect.promise(() => method(client)),
    /** Returns what a client gets next from a subscription that it has, while the market moves on by a second. */
    later: Effect.fnUntraced(function* <A>(method: (client: KrakenPro) => Promise<A>) {
      const waiting = yield* Effect.fork(Effect.promise(() => method(client)))
      yield* Effect.yieldNow()
      yield* TestClock.adjust("1 second")
      return yield* waiting
    })
  }
})

describe("ccxt.pro follows the market", () => {
  it.scoped("watchTicker", () =>
    Effect.gen(function* () {
      const { exchange, later, pair, state, use } = yield* withClient
      const ticker = yield* use((kraken) => kraken.watchTicker(symbol))
      const price = (value: bigint) => Number(format(value, pair.priceDecimals))
      assert.strictEqual(ticker.last, price(lastPrice(exchange, state)))
      const next = yield* later((kraken) => kraken.watchTicker(symbol))
      assert.strictEqual(next.last, price(lastPrice(exchange, state)))
      assert.strictEqual(next.bid, price(depth(exchange, state, "bid", 1)[0]!.price))
    })
  )

  it.scoped("watchOrderBook: the exchange's own book, also after updates", () =>
    Effect.gen(function* () {
      const { exchange, later, pair, state, use } = yield* withClient
      const own = (side: "ask" | "bid") =>
        depth(exchange, state, side, 25).map(({ price, volume }) => [
          Number(format(price, pair.priceDecimals)),
          Number(format(volume, pair.lotDecimals))
        ])
      const rows = (side: ReadonlyArray<ReadonlyArray<unknown>>) => side.map(([price, qty]) => [price, qty])
      const first = yield* use((kraken) => kraken.watchOrderBook(symbol, 25))
      assert.deepStrictEqual([rows(first.asks), rows(first.bids)], [own("ask"), own("bid")])
      for (let second = 0; second < 3; second++) {
        const book = yield* later((kraken) => kraken.watchOrderBook(symbol, 25))
        assert.deepStrictEqual([rows(book.asks), rows(book.bids)], [own("ask"), own("bid")])
      }
    })
  )

  it.scoped("watchTrades and watchOHLCV", () =>
    Effect.gen(function* () {
      const { exchange, later, pair, use } = yield* withClient
      yield* use((kraken) => kraken.watchTrades(symbol, undefined, undefined, { snapshot: true }))
      const trades = yield* later((kraken) => kraken.watchTrades(symbol))
      const own = exchange.market.last(pair, exchange.now)!
      assert.deepInclude(trades.at(-1), { id: String(own.id), side: own.side, symbol })
      yield* use((kraken) => kraken.watchOHLCV(symbol, "1m"))
      const candles = yield* later((kraken) => kraken.watchOHLCV(symbol, "1m"))
      assert.strictEqual(candles.at(-1)?.[0], exchange.market.candles(pair, 1, exchange.now, 1)[0]!.time * 1000)
    })
  )
})

describe("ccxt.pro follows the account", () => {
  it.scoped("watchOrders: open orders, then each new one", () =>
    Effect.gen(function* () {
      const { exchange, use } = yield* withClient
      const open = yield* use((kraken) => kraken.watchOrders())
      const [account] = [...exchange.accounts.values()]
      assert.deepStrictEqual(
        open.map(({ id, status }) => [id, status]),
        Array.from(account!.open.keys(), (id) => [id, "open"])
      )
      const [orders, placed] = yield* use((kraken) =>
        Promise.all([kraken.watchOrders(), kraken.createOrder(symbol, "limit", "buy", 0.01, 50_000)])
      )
      // ccxt loses the pair of an order that a later message does not name; the first message stays in its list.
      const first = orders.find(({ id, symbol }) => id === placed.id && symbol !== undefined)
      assert.deepInclude(first, { id: placed.id, symbol, side: "buy", amount: 0.01, price: 50_000 })
    })
  )

  it.scoped("watchMyTrades and watchBalance", () =>
    Effect.gen(function* () {
      const { exchange, use } = yield* withClient
      yield* use((kraken) => kraken.watchBalance())
      const past = yield* use((kraken) => kraken.watchMyTrades(undefined, undefined, undefined, { snap_orders: false }))
      const [account] = [...exchange.accounts.values()]
      assert.deepStrictEqual(
        past.map(({ id }) => id),
        account!.trades.slice(-50).map(({ id }) => id)
      )
      const [balance, trades] = yield* use((kraken) =>
        Promise.all([kraken.watchBalance(), kraken.watchMyTrades(), kraken.createOrder(symbol, "market", "buy", 0.01)])
      )
      assert.strictEqual(trades.at(-1)?.id, account!.trades.at(-1)!.id)
      assert.strictEqual(balance["BTC"]?.total, Number(account!.balances.get("XXBT")) / 1e10)
    })
  )
})
