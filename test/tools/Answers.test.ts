import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { countTokens } from "gpt-tokenizer"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import * as D from "../../src/domain/numbers/decimal.ts"
import * as Account from "../../src/tools/account/tools.ts"
import * as Books from "../../src/tools/market/orderBooks.ts"
import * as Market from "../../src/tools/market/tools.ts"
import * as Reads from "../../src/tools/trading/readTools.ts"
import type { AnyTool } from "../../src/tools/toolsets.ts"
import { type Json, makeTestExchange } from "../doubles/TestExchange.ts"
import { directory } from "../fixtures/krakenLists.ts"
import { TestKraken } from "../doubles/TestKraken.ts"
import { exchangeOf, use } from "./backends.ts"
import { objects } from "./tables.ts"

/** Counts the tokens of an answer's text as the list of tools is counted (o200k). */
const tokens = (answer: Json) => countTokens(JSON.stringify(answer))

/** An account with 39 closed orders, at least 24 trades, 50 ledger entries, and 20 open orders, on the computed market. */
const busyAccount = () => {
  const v = makeTestExchange({ market: syntheticMarket() })
  v.wait(3 * 86_400)
  const last = Number(v.ok("public/Ticker", { pair: "XBTUSD" }).XXBTZUSD.c[0])
  const at = (factor: number) => (last * factor).toFixed(1)
  const client = (i: number) => ({ cl_ord_id: `6d1b345e-2821-40e2-ad83-4ecb18a068${i + 10}` })
  for (let i = 0; i < 39; i++) {
    v.wait(617)
    const volume = `0.0${i + 10}`
    if (i % 3 === 0) {
      const txid = v.order(`buy ${volume} limit ${at(0.9)}`, client(i))
      v.wait(31)
      v.ok("CancelOrder", { txid })
    } else if (i % 3 === 1) v.order(`${i % 2 === 0 ? "sell" : "buy"} ${volume} market`, client(i))
    else v.order(`${i % 2 === 0 ? "sell" : "buy"} ${volume} limit ${at(i % 2 === 0 ? 0.9 : 1.1)}`, client(i))
  }
  for (let i = 0; i < 20; i++) v.order(`buy 0.0${i + 10} limit ${at(0.6 + i / 100)}`, client(i + 39))
  return v
}

describe("an answer costs a model", () => {
  const cases: Record<string, readonly [tool: AnyTool, args: object, list: string, rows: number, budget: number]> = {
    "39 closed orders": [Reads.getClosedOrders, {}, "orders", 39, 3000],
    "20 open orders": [Reads.getOpenOrders, {}, "orders", 20, 3000],
    "24 trades": [Reads.getTradeHistory, { limit: 24 }, "trades", 24, 1800],
    "50 ledger entries": [Account.getLedgers, {}, "entries", 50, 2800],
    "100 levels a side": [Books.getOrderBook, { pair: "BTC/USD", count: 100 }, "asks", 50, 2000],
    "500 levels a side, and the price of a size": [
      Books.getOrderBook,
      { pair: "BTC/USD", count: 500, cost: "250000" },
      "bids",
      50,
      2000
    ],
    "100 candles": [Market.getOhlc, { pair: "BTC/USD", interval: "60" }, "rows", 100, 4000],
    "250 candles": [Market.getOhlc, { pair: "BTC/USD", interval: "60", limit: 250 }, "rows", 250, 10_000],
    "720 candles": [Market.getOhlc, { pair: "BTC/USD", interval: "60", limit: 720 }, "rows", 720, 12_000],
    "100 public trades": [Market.getRecentTrades, { pair: "BTC/USD" }, "rows", 100, 3300],
    "100 spreads": [Market.getRecentSpreads, { pair: "BTC/USD" }, "rows", 100, 2800],
    "25 orders a side": [Reads.getLevel3OrderBook, { pair: "BTC/USD" }, "bids", 25, 1800]
  }

  for (const [what, [tool, args, list, rows, budget]] of Object.entries(cases)) {
    it.effect(`at most ${budget} tokens for ${what}`, () =>
      Effect.gen(function* () {
        const answer = yield* use(tool, args)
        assert.lengthOf(answer[list], rows)
        assert.isAtMost(tokens(answer), budget)
      }).pipe(Effect.provide(exchangeOf(busyAccount())))
    )
  }

  it.effect("at most 2500 tokens for a page of 50 tickers", () =>
    Effect.gen(function* () {
      const { structuredContent: answer } = yield* Market.getTicker.call({})
      assert.lengthOf((answer as Json).tickers, 50)
      assert.isAtMost(tokens(answer), 2500)
    }).pipe(Effect.provide(TestKraken({ answers: { "public/Ticker": tickers(60) }, directory })))
  )

  /** Makes tickers of pairs that are not listed, with the digits that Kraken sends. */
  const tickers = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => {
        const price = (factor: number) => (7.13 ** (1 + (i % 6)) * factor).toFixed(5)
        const volume = (factor: number) => (98_765.432_1 * factor * (i + 1)).toFixed(8)
        const [a, b, c] = [
          [price(1.001), "12", "12.345"],
          [price(0.999), "7", "7.891"],
          [price(1), volume(0.001)]
        ]
        const [v, p, t] = [
          [volume(1), volume(2)],
          [price(1.01), price(1.02)],
          [1234 + i, 4567 + i]
        ]
        const [l, h, o] = [[price(0.9), price(0.89)], [price(1.1), price(1.11)], price(0.98)]
        return [`COIN${String(i + 10)}USD`, { a, b, c, v, p, t, l, h, o }]
      })
    )
})

describe("a short answer", () => {
  const lists: Record<string, readonly [tool: AnyTool, args: object, list: string, ids: ReadonlyArray<string>]> = {
    "closed orders": [Reads.getClosedOrders, {}, "orders", ["txid"]],
    "open orders": [Reads.getOpenOrders, {}, "orders", ["txid"]],
    trades: [Reads.getTradeHistory, {}, "trades", ["txid"]],
    "ledger entries": [Account.getLedgers, {}, "entries", ["refid", "asset"]]
  }

  for (const [what, [tool, args, list, ids]] of Object.entries(lists)) {
    it.effect(`says of ${what} the same as a full one, which has more`, () =>
      Effect.gen(function* () {
        const short = objects(yield* use(tool, args), list)
        const full = objects(yield* use(tool, { ...args, detail: "full" }), list)
        assert.deepStrictEqual(
          short.map((row) => ids.map((id) => row[id])),
          full.map((row) => ids.map((id) => row[id]))
        )
        for (const [i, row] of short.entries()) {
          for (const [field, value] of Object.entries(row)) {
            if (value !== null) assert.isTrue(isSame(value, full[i][field]), `${field}: ${value}, ${full[i][field]}`)
          }
          const told = Object.values(row).filter((value) => value !== null)
          assert.isBelow(told.length, Object.keys(full[i]).length)
        }
      }).pipe(Effect.provide(exchangeOf(busyAccount())))
    )
  }
})

/** Compares a short value with a full one: decimals as numbers, times to the second. */
const isSame = (short: Json, full: Json): boolean => {
  const [a, b] = [D.parse(String(short)), D.parse(String(full))]
  if (a !== undefined && b !== undefined) return D.equals(a, b)
  return (
    short === full || (String(short).endsWith("Z") && Date.parse(short) === Math.floor(Date.parse(full) / 1000) * 1000)
  )
}

describe("a long answer of candles", () => {
  it.effect("has the highs, lows and closes of all, in order from the first one's time", () =>
    Effect.gen(function* () {
      const wanted = { pair: "BTC/USD", interval: "60", limit: 300 }
      const answer = yield* use(Market.getOhlc, wanted)
      const [short, full] = [
        objects(answer, "rows"),
        objects(yield* use(Market.getOhlc, { ...wanted, detail: "full" }), "rows")
      ]
      assert.deepStrictEqual(answer.columns, ["high", "low", "close"])
      assert.strictEqual(answer.interval, "60")
      const from = DateTime.unsafeMake(answer.from)
      for (const [i, { close, high, low }] of short.entries()) {
        const time = DateTime.formatIso(DateTime.add(from, { hours: i })).replace(":00.000Z", "Z")
        assert.deepStrictEqual(
          [time, Number(high), Number(low), Number(close)],
          [full[i].time, Number(full[i].high), Number(full[i].low), Number(full[i].close)]
        )
      }
    }).pipe(Effect.provide(exchangeOf(busyAccount())))
  )
})

describe("a history of one pair", () => {
  /** An account with 230 orders, each ninth of them on another pair. */
  const mixed = () => {
    const v = makeTestExchange({ settings: { rateLimits: false } })
    for (let i = 0; i < 230; i++) {
      v.wait(1)
      const pair = i % 9 === 0 ? { pair: "XBTEUR" } : {}
      v.order("sell 0.001 market", pair)
    }
    return v
  }

  const histories: Record<string, readonly [tool: AnyTool, list: string]> = {
    get_closed_orders: [Reads.getClosedOrders, "orders"],
    get_trade_history: [Reads.getTradeHistory, "trades"]
  }

  for (const [name, [tool, list]] of Object.entries(histories)) {
    it.effect(`is complete in ${name}, page by page, each row once`, () => {
      const v = mixed()
      return Effect.gen(function* () {
        const all: Array<string> = []
        let cursor: string | undefined
        for (let calls = 0; calls < 10; calls++) {
          const page = yield* use(tool, { pair: "btc-eur", limit: 7, ...(cursor !== undefined && { cursor }) })
          const rows = objects(page, list)
          assert.isAtMost(rows.length, 7)
          for (const row of rows) {
            assert.strictEqual(row.pair, "BTC/EUR")
            all.push(row.txid)
          }
          cursor = page.next_cursor
          if (cursor === undefined) break
        }
        assert.isUndefined(cursor)
        assert.lengthOf(new Set(all), 26)
        assert.lengthOf(all, 26)
      }).pipe(Effect.provide(exchangeOf(v)))
    })
  }

  it.effect("stops after four pages, and says how to go on", () => {
    const v = mixed()
    return Effect.gen(function* () {
      const first = yield* use(Reads.getClosedOrders, { pair: "ETH/USD" })
      assert.deepStrictEqual([first.orders, first.next_cursor], [[], "200"])
      assert.include(first.note, "200")
      const second = yield* use(Reads.getClosedOrders, { pair: "ETH/USD", cursor: "200" })
      assert.deepStrictEqual([second.orders, second.next_cursor, second.note], [[], undefined, undefined])
    }).pipe(Effect.provide(exchangeOf(v)))
  })
})
