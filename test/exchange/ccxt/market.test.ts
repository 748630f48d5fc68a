import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { builtIn } from "../../../src/exchange/catalogue/builtIn.ts"
import { findPair } from "../../../src/exchange/catalogue/catalogue.ts"
import { fixed, format } from "../../../src/exchange/base/fixed.ts"
import { lastPrice } from "../../../src/exchange/engine/liquidity.ts"
import type { Pair } from "../../../src/exchange/catalogue/pairs.ts"
import { pairStateOf } from "../../../src/exchange/state/state.ts"
import type { OHLCV } from "../../../node_modules/ccxt/js/src/base/types.js"
import { moment, units, withClient } from "./Client.ts"

const pair = findPair(builtIn, "XBTUSD")!
const symbol = "BTC/USD"
const listed = [...builtIn.pairs.values()].filter(({ base }) => base.class === "currency")

const price = (value: bigint, of: Pair = pair) => Number(format(value, of.priceDecimals))
const volume = (value: bigint) => Number(format(value, pair.lotDecimals))

describe("ccxt reads the market", () => {
  it.scoped("loadMarkets: pairs with their steps and limits, currencies with theirs", () =>
    Effect.gen(function* () {
      const { use } = yield* withClient()
      const markets = yield* use((kraken) => kraken.loadMarkets())
      assert.sameMembers(
        Object.keys(markets),
        listed.map(({ display }) => display)
      )
      for (const each of listed) {
        const market = markets[each.display]!
        assert.deepInclude(market, { id: each.id, base: each.base.display, quote: each.quote.display })
        assert.strictEqual(market.active, each.status === "online")
        assert.strictEqual(market.margin, each.leverage.length > 0)
        assert.strictEqual(units(market.precision.amount, each.lotDecimals), 1n)
        assert.strictEqual(units(market.precision.price, each.priceDecimals), each.tick)
        assert.strictEqual(units(market.limits.amount?.min, each.lotDecimals), each.ordermin)
        assert.strictEqual(units(market.limits.cost?.min, each.quote.decimals), each.costmin)
      }
      const currencies = yield* use((kraken) => kraken.fetchCurrencies())
      assert.deepInclude(currencies["BTC"], { id: "XXBT", precision: 1e-10, active: true })
      assert.deepInclude(currencies["USD"], { id: "ZUSD", precision: 0.0001 })
    })
  )

  it.scoped("fetchStatus and fetchTime, also during maintenance", () =>
    Effect.gen(function* () {
      const { exchange, failure, use } = yield* withClient()
      assert.strictEqual((yield* use((kraken) => kraken.fetchStatus())).status, "ok")
      assert.strictEqual(yield* use((kraken) => kraken.fetchTime()), moment)
      yield* use((kraken) => kraken.loadMarkets())
      exchange.status = "maintenance"
      assert.strictEqual((yield* use((kraken) => kraken.fetchStatus())).status, "maintenance")
      assert.strictEqual(yield* failure((kraken) => kraken.fetchTicker(symbol)), "ExchangeNotAvailable")
      assert.strictEqual(yield* failure((kraken) => kraken.fetchBalance()), "ExchangeNotAvailable")
    })
  )

  it.scoped("fetchTicker and fetchTickers: last price, best prices and the last 24 hours", () =>
    Effect.gen(function* () {
      const { exchange, use } = yield* withClient()
      const { market, now } = exchange
      const ticker = yield* use((kraken) => kraken.fetchTicker(symbol))
      const [bid, ask] = [market.level(pair, now, "bid", 0)!, market.level(pair, now, "ask", 0)!]
      const day = market.summary(pair, now - 86_400_000, now)
      assert.deepInclude(ticker, {
        symbol,
        last: price(lastPrice(exchange, pairStateOf(exchange, pair))),
        bid: price(bid.price),
        ask: price(ask.price),
        high: price(day.high),
        low: price(day.low),
        vwap: price(day.vwap),
        baseVolume: volume(day.volume),
        open: price(market.summary(pair, now - (now % 86_400_000), now).open)
      })
      const all = yield* use((kraken) => kraken.fetchTickers())
      assert.sameMembers(
        Object.keys(all),
        listed.map(({ display }) => display)
      )
      for (const each of listed) {
        assert.strictEqual(all[each.display]!.last, price(lastPrice(exchange, pairStateOf(exchange, each)), each))
      }
      assert.hasAllKeys(yield* use((kraken) => kraken.fetchTickers([symbol, "ETH/BTC"])), [symbol, "ETH/BTC"])
    })
  )

  it.scoped("fetchOrderBook: the market's levels and ours", () =>
    Effect.gen(function* () {
      const { engine, exchange, use } = yield* withClient()
      const [best] = engine("public/Depth", { pair: "XBTUSD", count: 1 }).XXBTZUSD.bids
      const ours = Number((Number(best[0]) + 0.1).toFixed(1))
      engine("private/AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.0123", price: ours })
      const book = yield* use((kraken) => kraken.fetchOrderBook(symbol, 5))
      assert.deepStrictEqual(book.bids[0]!.slice(0, 2), [ours, 0.0123])
      assert.lengthOf(book.asks, 5)
      for (const [i, [asked, size]] of book.asks.entries()) {
        const level = exchange.market.level(pair, exchange.now, "ask", i)!
        assert.deepStrictEqual([asked, size], [price(level.price), volume(level.volume)])
      }
    })
  )

  it.scoped("fetchOHLCV: candles, and those since a time", () =>
    Effect.gen(function* () {
      const { exchange, use } = yield* withClient()
      const expected: Array<OHLCV> = exchange.market
        .candles(pair, 60, exchange.now, 720)
        .map((c) => [c.time * 1000, price(c.open), price(c.high), price(c.low), price(c.close), volume(c.volume)])
      assert.deepStrictEqual(yield* use((kraken) => kraken.fetchOHLCV(symbol, "1h")), expected)
      const since = moment - 3 * 3_600_000
      const recent = yield* use((kraken) => kraken.fetchOHLCV(symbol, "1h", since))
      assert.deepStrictEqual(
        recent,
        expected.filter(([time]) => time! >= since)
      )
      const [first] = yield* use((kraken) => kraken.fetchOHLCV(symbol, "1d", undefined, 2))
      assert.strictEqual(first![0]! % 86_400_000, 0)
    })
  )

  it.scoped("fetchTrades: the newest, and page by page since a time", () =>
    Effect.gen(function* () {
      const { exchange, use } = yield* withClient()
      const trades = exchange.market.trades(pair, { after: 0, until: exchange.now, count: 3 })
      const newest = yield* use((kraken) => kraken.fetchTrades(symbol, undefined, 3))
      assert.deepStrictEqual(
        newest.map(({ amount, id, price, side, timestamp, type }) => ({ id, timestamp, side, type, price, amount })),
        trades.map((trade) => ({
          id: String(trade.id),
          timestamp: trade.time,
          side: trade.side,
          type: trade.market ? "market" : "limit",
          price: price(trade.price),
          amount: volume(trade.volume)
        }))
      )
      const minute = yield* use((kraken) => kraken.fetchTrades(symbol, moment - 60_000))
      assert.isAbove(minute.length, 30)
      assert.isTrue(minute.every(({ timestamp }) => timestamp! >= moment - 60_000))
    })
  )

  it.scoped("fetchTradingFee: the tier of the last 30 days", () =>
    Effect.gen(function* () {
      const { engine, use } = yield* withClient()
      const { fees, fees_maker } = engine("private/TradeVolume", { pair: "XBTUSD" })
      const fee = yield* use((kraken) => kraken.fetchTradingFee(symbol))
      assert.strictEqual(units(fee.taker, 6), fixed(fees.XXBTZUSD.fee, 4))
      assert.strictEqual(units(fee.maker, 6), fixed(fees_maker.XXBTZUSD.fee, 4))
    })
  )
})
