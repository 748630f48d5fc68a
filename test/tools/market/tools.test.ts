import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect } from "effect"
import type { KrakenPermissionError } from "../../../src/services/KrakenErrors.ts"
import * as Books from "../../../src/tools/market/orderBooks.ts"
import * as Market from "../../../src/tools/market/tools.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"

const twice = (params: object) => [params, params]

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({ answers, directory, onCall: (_, params) => calls.push(params) })

const untouched = TestKraken({ onCall: () => assert.fail("Kraken was asked") })

/** Makes `count` rows under ids in order of their numbers. */
const many = <A>(count: number, row: A): Record<string, A> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`P${String(i).padStart(4, "0")}`, row]))

const event = {
  event_id: "ev-1",
  title: "Spot trading engine upgrade",
  expected_start_utc: "2026-09-23T13:00:00Z",
  expected_end_utc: "2026-09-23T13:30:00Z",
  time_to_start_s: 186298,
  phase: "announced",
  affected_services: ["spot_trading"],
  order_submission: "allowed",
  recommended_action: "continue",
  cancel_before_utc: null,
  source_url: "https://status.kraken.com/"
}

describe("get_server_time", () => {
  it.effect("shows Kraken's time", () =>
    Effect.gen(function* () {
      const answer = { time: "2025-10-20T22:40:00Z", unixtime: 1761000000, rfc1123: "Mon, 20 Oct 25 22:40:00 +0000" }
      assert.deepStrictEqual(yield* Market.getServerTime.run({}), answer)
    }).pipe(
      Effect.provide(kraken({ "public/Time": { unixtime: 1761000000, rfc1123: "Mon, 20 Oct 25 22:40:00 +0000" } }))
    )
  )
})

describe("get_system_status", () => {
  const status = { status: "online", timestamp: "2026-09-21T09:15:02Z" }

  it.effect("leaves out what there is none of", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Market.getSystemStatus.run({}), status)
    }).pipe(Effect.provide(kraken({ "public/SystemStatus": { ...status, upcoming_maintenance: [], emergency: [] } })))
  )

  it.effect("shows incidents and maintenance, which older answers do not have", () =>
    Effect.gen(function* () {
      const answer = yield* Market.getSystemStatus.run({})
      assert.strictEqual(answer.status, "cancel_only")
      assert.deepStrictEqual(answer.emergency, [
        { title: "Delays", impact: "major", next_steps: [{ type: "update", applies_to: ["spot_rest"] }] }
      ])
      assert.strictEqual(answer.upcoming_maintenance?.[0]?.order_submission, "allowed")
      assert.notProperty(answer.upcoming_maintenance?.[0] ?? {}, "cancel_before_utc")
    }).pipe(
      Effect.provide(
        kraken({
          "public/SystemStatus": {
            status: "cancel_only",
            upcoming_maintenance: [event],
            emergency: [
              {
                title: "Delays",
                impact: "major",
                next_steps: [{ type: "update", applies_to: ["spot_rest"], expected_at_utc: null }],
                new_field: 1
              }
            ]
          }
        })
      )
    )
  )
})

describe("get_maintenance_schedule", () => {
  it.effect("lists the events of the next days", () =>
    Effect.gen(function* () {
      const { events } = yield* Market.getMaintenanceSchedule.run({})
      const { cancel_before_utc: _, ...told } = event
      assert.deepStrictEqual(events, [told])
    }).pipe(Effect.provide(kraken({ "public/MaintenanceSchedule": { events: [event] } })))
  )
})

describe("get_assets", () => {
  const row = { aclass: "currency", altname: "XBT", decimals: 10, display_decimals: 5, status: "enabled" }
  const assets = { XXBT: { ...row, collateral_value: 0.99, margin_rate: "0.01" }, ZUSD: { ...row, altname: "USD" } }

  it.effect("shows names and status, and all of it for assets that are named", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* Market.getAssets.call({})).structuredContent, {
        assets: [
          { asset: "BTC", status: "enabled" },
          { asset: "USD", status: "enabled" }
        ]
      })
      const named = yield* Market.getAssets.run({ asset: ["btc"], limit: 50 })
      const { aclass, altname, ...facts } = { ...row, collateral_value: "0.99", margin_rate: "0.01" }
      assert.deepStrictEqual<object | undefined>(named.assets[0], { asset: "BTC", ...facts })
      const full = yield* Market.getAssets.run({ asset: ["btc"], detail: "full", limit: 50 })
      assert.deepStrictEqual<object | undefined>(full.assets[0], {
        asset: "BTC",
        id: "XXBT",
        aclass,
        altname,
        ...facts
      })
      assert.deepStrictEqual(calls, [{}, { asset: "XBT" }, { asset: "XBT" }])
    }).pipe(Effect.provide(kraken({ "public/Assets": assets }, calls)))
  })

  it.effect("adds the fields that are asked for, and knows which there are", () =>
    Effect.gen(function* () {
      const { structuredContent } = yield* Market.getAssets.call({ fields: '["decimals"]', limit: 1 })
      assert.deepStrictEqual(structuredContent, {
        assets: [{ asset: "BTC", status: "enabled", decimals: 10 }],
        count: 2,
        next_cursor: "XXBT"
      })
      const error = yield* Effect.flip(Market.getAssets.call({ fields: ["all", "price"] }))
      assertFaults(faultsIn(error), [["fields.1", "altname", "margin_rate", "price"]])
    }).pipe(Effect.provide(kraken({ "public/Assets": assets })))
  )

  it.effect("pages through all of them, each once, however many there are", () =>
    Effect.gen(function* () {
      const first = yield* Market.getAssets.run({ limit: 50, fields: ["id"] })
      assert.strictEqual(first.assets.length, 50)
      assert.strictEqual(first.count, 120)
      const second = yield* Market.getAssets.run({ limit: 50, fields: ["id"], cursor: first.next_cursor ?? "" })
      const third = yield* Market.getAssets.run({ limit: 50, fields: ["id"], cursor: second.next_cursor ?? "" })
      assert.isUndefined(third.next_cursor)
      const seen = [first, second, third].flatMap(({ assets }) => assets.map(({ id }) => id))
      assert.deepStrictEqual(seen, Object.keys(many(120, {})))
    }).pipe(Effect.provide(kraken({ "public/Assets": many(120, row) })))
  )
})

describe("get_asset_pairs", () => {
  const row = {
    altname: "XBTUSD",
    wsname: "XBT/USD",
    aclass_base: "currency",
    base: "XXBT",
    aclass_quote: "currency",
    quote: "ZUSD",
    lot: "unit",
    cost_decimals: 5,
    pair_decimals: 1,
    lot_decimals: 8,
    lot_multiplier: 1,
    leverage_buy: [2, 3],
    leverage_sell: [],
    fees: [[0, 0.4]],
    fees_maker: [],
    fee_volume_currency: "ZUSD",
    margin_call: 80,
    margin_stop: 40,
    ordermin: "0.00005",
    costmin: "0.5",
    tick_size: "0.1",
    status: "online",
    long_position_limit: 350,
    short_position_limit: "250",
    execution_venue: "international"
  }
  const brief = { pair: "BTC/USD", base: "BTC", quote: "USD", status: "online" }
  const ids = { id: "XXBTZUSD", altname: "XBTUSD", base_id: "XXBT", quote_id: "ZUSD", aclass_base: "currency" }
  const rules = {
    pair_decimals: 1,
    lot_decimals: 8,
    cost_decimals: 5,
    tick_size: "0.1",
    ordermin: "0.00005",
    costmin: "0.5",
    leverage_buy: [2, 3],
    long_position_limit: "350",
    short_position_limit: "250",
    margin_call: "80",
    margin_stop: "40",
    fees: [["0", "0.4"]],
    execution_venue: "international"
  }

  it.effect("shows names and status of all, and what orders must keep to of those that are named", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* Market.getAssetPairs.call({})).structuredContent, { pairs: [brief] })
      const { pairs } = yield* Market.getAssetPairs.run({ pair: ["BTC/USD"], limit: 50 })
      assert.deepStrictEqual<ReadonlyArray<object>>(pairs, [{ ...brief, ...rules }])
      const full = yield* Market.getAssetPairs.run({ detail: "full", limit: 50 })
      assert.deepStrictEqual<ReadonlyArray<object>>(full.pairs, [{ ...brief, ...ids, ...rules }])
      assert.deepStrictEqual(calls, [{}, { pair: "XBTUSD" }, {}])
    }).pipe(Effect.provide(kraken({ "public/AssetPairs": { XXBTZUSD: row } }, calls)))
  })

  it.effect("understands the subsets of info, which leave out even the names", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { pairs } = yield* Market.getAssetPairs.run({ info: "leverage", country_code: "US:TX", limit: 50 })
      assert.deepStrictEqual(pairs, [{ pair: "BTC/USD", leverage_buy: [2], leverage_sell: [3] }])
      assert.deepStrictEqual(calls, [{ info: "leverage", country_code: "US:TX" }])
    }).pipe(
      Effect.provide(kraken({ "public/AssetPairs": { XXBTZUSD: { leverage_buy: [2], leverage_sell: [3] } } }, calls))
    )
  })

  it.effect("says for xStocks what they are", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* Market.getAssetPairs.run({ pair: ["aaplx/usd"], limit: 50 })
      assert.deepStrictEqual(calls, [{ pair: "AAPLxUSD", aclass_base: "tokenized_asset" }])
    }).pipe(Effect.provide(kraken({ "public/AssetPairs": { AAPLxUSD: row } }, calls)))
  })

  it.effect("never floods: 1,450 pairs are a page of 50 and a cursor", () =>
    Effect.gen(function* () {
      const answer = yield* Market.getAssetPairs.call({})
      const { next_cursor, pairs } = answer.structuredContent as { pairs: Array<unknown>; next_cursor: string }
      assert.strictEqual(pairs.length, 50)
      assert.strictEqual(next_cursor, "P0049")
      assert.isBelow(JSON.stringify(answer.content).length, 6000)
    }).pipe(Effect.provide(kraken({ "public/AssetPairs": many(1450, row) })))
  )
})

describe("get_ticker", () => {
  const row = {
    a: ["112350.10000", "1", "1.000"],
    b: ["112350.00000", "2", "2.000"],
    c: ["112350.10000", "0.00150000"],
    v: ["812.53120011", "1640.22019833"],
    p: ["111980.52210", "111702.90133"],
    t: [21543, 44012],
    l: ["110900.00000", "110250.10000"],
    h: ["112990.00000", "112990.00000"],
    o: "111420.30000"
  }

  it.effect("has words for Kraken's letters and the change of the day", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Market.getTicker.run({ pair: ["BTC/USD"], limit: 50 }), {
        columns: ["pair", "last", "bid", "ask", "change_percent", "high_24h", "low_24h", "volume_24h"],
        tickers: [["BTC/USD", "112350.1", "112350", "112350.1", "0.83", "112990", "110250.1", "1640.22019833"]]
      })
      const { tickers } = yield* Market.getTicker.run({ pair: ["BTC/USD"], detail: "full", limit: 50 })
      assert.deepStrictEqual(tickers, [
        {
          pair: "BTC/USD",
          id: "XXBTZUSD",
          ask: ["112350.10000", "1.000"],
          bid: ["112350.00000", "2.000"],
          last: ["112350.10000", "0.00150000"],
          open: "111420.30000",
          change: "0.83",
          high: ["112990.00000", "112990.00000"],
          low: ["110900.00000", "110250.10000"],
          vwap: ["111980.52210", "111702.90133"],
          volume: ["812.53120011", "1640.22019833"],
          trades: [21543, 44012]
        }
      ])
    }).pipe(Effect.provide(kraken({ "public/Ticker": { XXBTZUSD: row } })))
  )

  it.effect("bears markets in which nothing was traded, and shows no more than a page of all", () =>
    Effect.gen(function* () {
      const { columns, next_cursor } = yield* Market.getTicker.run({ limit: 50 })
      assert.deepStrictEqual(columns, ["pair"])
      const { tickers } = yield* Market.getTicker.run({ detail: "full", limit: 50 })
      assert.deepStrictEqual(tickers[0], { pair: "P0000", id: "P0000", open: "0", trades: [0, 0] })
      assert.strictEqual(tickers.length, 50)
      assert.strictEqual(next_cursor, "P0049")
    }).pipe(
      Effect.provide(
        kraken({ "public/Ticker": many(60, { a: [null, null, null], b: [], c: null, o: "0", t: [0, 0] }) })
      )
    )
  )
})

describe("get_ohlc", () => {
  const candle = [1760994000, "111900.0", "112400.0", "111850.1", "112210.5", "112102.2", "53.20110000", 1204]

  it.effect("takes the rows under whatever name Kraken gives them", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const wanted = { pair: "btc-usd", interval: "60", since: 1760990400, limit: 2 }
      assert.deepStrictEqual((yield* Market.getOhlc.call(wanted)).structuredContent, {
        pair: "btc-usd",
        columns: ["time", "open", "high", "low", "close", "volume"],
        rows: [["2025-10-20T21:00Z", "111900", "112400", "111850.1", "112210.5", "53.2011"]],
        last: "2025-10-20T21:00:00Z"
      })
      assert.deepStrictEqual((yield* Market.getOhlc.call({ ...wanted, detail: "full" })).structuredContent, {
        pair: "btc-usd",
        id: "BTC/USD",
        columns: ["time", "open", "high", "low", "close", "vwap", "volume", "trades"],
        rows: [["2025-10-20T21:00Z", ...candle.slice(1)]],
        last: "2025-10-20T21:00:00Z"
      })
      assert.deepStrictEqual(calls, twice({ pair: "XBTUSD", interval: "60", since: "1760990400" }))
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: { "public/OHLC": { last: 1760994000, "BTC/USD": [[...candle, "a new column"]] } },
          directory: { ...directory, pairDisplay: () => "btc-usd" },
          onCall: (_, params) => calls.push(params)
        })
      )
    )
  })

  it.effect("shows the newest hundred, and older ones on the next page", () =>
    Effect.gen(function* () {
      const first = yield* Market.getOhlc.run({ pair: "BTC/USD", interval: "1", limit: 100 })
      const times = [first.rows[0]?.[0], first.rows.at(-1)?.[0]]
      assert.deepStrictEqual([first.rows.length, ...times], [100, "1970-01-01T10:20Z", "1970-01-01T11:59Z"])
      const cursor = first.next_cursor ?? ""
      const second = yield* Market.getOhlc.run({ pair: "BTC/USD", interval: "1", limit: 620, cursor })
      assert.deepStrictEqual([second.rows.length, second.from], [620, "1970-01-01T00:00Z"])
      assert.isUndefined(second.next_cursor)
    }).pipe(
      Effect.provide(
        kraken({
          "public/OHLC": { XXBTZUSD: Array.from({ length: 720 }, (_, i) => [60 * i, ...candle.slice(1)]), last: 43080 }
        })
      )
    )
  )

  it.effect("refuses arguments that Kraken does not accept", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Market.getOhlc.call({ pair: "BTC/USD", interval: 2, limit: 1000, since: "soon" })
      )
      assertFaults(faultsIn(error), [
        ["interval", "2"],
        ["since", "8601", "2026-09-21T09:15:02Z", "soon"],
        ["limit", "1", "720", "1000"]
      ])
    }).pipe(Effect.provide(untouched))
  )
})

describe("get_recent_trades", () => {
  const answer = {
    XXBTZUSD: [
      ["112350.10000", "0.00150000", 1761000008.1234567, "b", "m", "", 91234567],
      ["112350.00000", "0.01000000", "1761000009.2345678", "s", "l", ""]
    ],
    last: "1761000009234567812"
  }

  it.effect("shows the taker's side in words, and keeps every digit of last", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const wanted = { pair: "XBTUSD", since: "1761000000000000001" }
      assert.deepStrictEqual((yield* Market.getRecentTrades.call(wanted)).structuredContent, {
        pair: "BTC/USD",
        columns: ["time", "price", "volume", "side", "type"],
        rows: [
          ["2025-10-20T22:40:08Z", "112350.1", "0.0015", "buy", "market"],
          ["2025-10-20T22:40:09Z", "112350", "0.01", "sell", "limit"]
        ],
        last: "1761000009234567812"
      })
      assert.deepStrictEqual((yield* Market.getRecentTrades.call({ ...wanted, detail: "full" })).structuredContent, {
        pair: "BTC/USD",
        id: "XXBTZUSD",
        columns: ["time", "price", "volume", "side", "type", "trade_id"],
        rows: [
          ["2025-10-20T22:40:08.1234567Z", "112350.10000", "0.00150000", "buy", "market", 91234567],
          ["2025-10-20T22:40:09.2345678Z", "112350.00000", "0.01000000", "sell", "limit", null]
        ],
        last: "1761000009234567812"
      })
      assert.deepStrictEqual(calls, twice({ ...wanted, count: 100 }))
    }).pipe(Effect.provide(kraken({ "public/Trades": answer }, calls)))
  })
})

describe("get_recent_spreads", () => {
  it.effect("shows the newest", () =>
    Effect.gen(function* () {
      const answer = yield* Market.getRecentSpreads.run({ pair: "XBTUSD", limit: 1 })
      assert.deepStrictEqual(answer, {
        pair: "BTC/USD",
        columns: ["time", "bid", "ask"],
        rows: [["2025-10-20T22:40:09Z", "112349.9", "112350.1"]],
        last: "2025-10-20T22:40:09Z",
        next_cursor: "1761000009"
      })
      const older = yield* Market.getRecentSpreads.run({ pair: "XBTUSD", limit: 1, cursor: "1761000009" })
      assert.notDeepEqual(older.rows, answer.rows)
      assert.isUndefined(older.next_cursor)
    }).pipe(
      Effect.provide(
        kraken({
          "public/Spread": {
            XXBTZUSD: [
              [1761000008, "112350.00000", "112350.10000"],
              [1761000009, "112349.90000", "112350.10000"]
            ],
            last: 1761000009
          }
        })
      )
    )
  )

  it.effect("an answer without a pair is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Market.getRecentSpreads.run({ pair: "XBTUSD", limit: 1 }))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(kraken({ "public/Spread": { last: 0 } })))
  )
})

describe("get_order_book", () => {
  const one = {
    asks: [["112350.10000", "1.204", 1761000010]],
    bids: [["112350.00000", "2.111", 1761000009]]
  }

  it.effect("shows both sides, best first", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* Books.getOrderBook.call({ pair: "BTC/USD" })).structuredContent, {
        pair: "BTC/USD",
        columns: ["price", "volume", "total"],
        asks: [["112350.1", "1.204", "1.204"]],
        bids: [["112350", "2.111", "2.111"]]
      })
      assert.deepStrictEqual((yield* Books.getOrderBook.call({ pair: "BTC/USD", detail: "full" })).structuredContent, {
        pair: "BTC/USD",
        id: "XXBTZUSD",
        columns: ["price", "volume", "total", "time"],
        asks: [["112350.10000", "1.204", "1.204", "2025-10-20T22:40:10Z"]],
        bids: [["112350.00000", "2.111", "2.111", "2025-10-20T22:40:09Z"]]
      })
      assert.deepStrictEqual(calls, twice({ pair: "XBTUSD", count: 100 }))
    }).pipe(Effect.provide(kraken({ "public/Depth": { XXBTZUSD: one } }, calls)))
  })

  /** Makes levels of 0.1 each, one dollar apart. */
  const levels = (count: number, step: 1 | -1) =>
    Array.from({ length: count }, (_, i) => [`${1000 + step * (i + 1)}.00000`, "0.1", 1761000000])

  it.effect("sums the later levels of a long side at their worst price, and loses no volume", () =>
    Effect.gen(function* () {
      const { asks, bids } = yield* Books.getOrderBook.run({ pair: "BTC/USD", count: 500 })
      assert.deepStrictEqual([asks.length, asks[24], asks[25]], [50, ["1025", "0.1", "2.5"], ["1044", "1.9", "4.4"]])
      assert.deepStrictEqual([asks.at(-1)?.[0], asks.at(-1)?.[2]], ["1500", "50"])
      assert.deepStrictEqual(bids.slice(-2), [
        ["941", "0.2", "5.9"],
        ["940", "0.1", "6"]
      ])
      const full = yield* Books.getOrderBook.run({ pair: "BTC/USD", count: 500, detail: "full" })
      assert.strictEqual(full.asks.length, 500)
    }).pipe(Effect.provide(kraken({ "public/Depth": { XXBTZUSD: { asks: levels(500, 1), bids: levels(60, -1) } } })))
  )

  it.effect("knows the price of a size in either currency, from all levels, and the part that is not offered", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const byVolume = yield* Books.getOrderBook.run({ pair: "BTC/USD", count: 1, volume: "0.25" })
      assert.lengthOf(byVolume.asks, 1)
      assert.deepStrictEqual(byVolume.prices, {
        buy: { average: "1001.8", worst: "1003", volume: "0.25", cost: "250.45" },
        sell: { average: "998.2", worst: "997", volume: "0.25", cost: "249.55" }
      })
      const byCost = yield* Books.getOrderBook.run({ pair: "BTC/USD", count: 1, cost: "299.8" })
      assert.deepStrictEqual(byCost.prices, {
        // 100.1 + 100.2 for two levels; the rest buys 99.5 / 1003, rounded down.
        buy: { average: "1001.99733423", worst: "1003", volume: "0.2992023928", cost: "299.7999999784" },
        sell: { average: "998", worst: "997", volume: "0.3", cost: "299.4", missing: "0.4" }
      })
      assert.deepStrictEqual(calls, twice({ pair: "XBTUSD", count: 500 }))
      const both = yield* Effect.flip(Books.getOrderBook.call({ pair: "BTC/USD", cost: "1", volume: "1" }))
      assertFaults(faultsIn(both), [["cost", "volume"]])
    }).pipe(
      Effect.provide(kraken({ "public/Depth": { XXBTZUSD: { asks: levels(4, 1), bids: levels(3, -1) } } }, calls))
    )
  })
})

describe("get_grouped_order_book", () => {
  it.effect("shows coarse levels", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Books.getGroupedOrderBook.call({ pair: "BTC/USD", grouping: 100 })
      assert.deepStrictEqual(structuredContent, {
        pair: "BTC/USD",
        grouping: 100,
        columns: ["price", "volume"],
        asks: [["112360", "3.99"]],
        bids: [["112350", "4.2011"]]
      })
      assert.deepStrictEqual(calls, [{ pair: "XBTUSD", depth: "10", grouping: "100" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "public/GroupedBook": {
              pair: "BTC/USD",
              grouping: 100,
              bids: [{ price: "112350.00000", qty: "4.20110000" }],
              asks: [{ price: "112360.00000", qty: "3.99000000" }]
            }
          },
          calls
        )
      )
    )
  })
})

describe("get_pre_trade_data", () => {
  it.effect("asks by display name, whatever the spelling", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Books.getPreTradeData.run({ pair: "XXBTZUSD" }), {
        pair: "BTC/USD",
        columns: ["price", "quantity", "orders"],
        asks: [],
        bids: [["112350", "2.111", 3]]
      })
      assert.deepStrictEqual(yield* Books.getPreTradeData.run({ pair: "XXBTZUSD", detail: "full" }), {
        pair: "BTC/USD",
        venue: "PGSL",
        system: "CLOB",
        columns: ["price", "quantity", "orders", "published", "submitted"],
        asks: [],
        bids: [["112350.0", "2.11100000", 3, "2026-09-21T09:15:02.123456Z", "2026-09-21T09:14:59.000001Z"]]
      })
      assert.deepStrictEqual(calls, twice({ symbol: "BTC/USD" }))
    }).pipe(
      Effect.provide(
        kraken(
          {
            "public/PreTrade": {
              symbol: "BTC/USD",
              description: "BTC/USD",
              base_asset: "BTC",
              base_notation: "UNIT",
              quote_asset: "USD",
              quote_notation: "MONE",
              venue: "PGSL",
              system: "CLOB",
              bids: [
                {
                  side: "BUY",
                  price: "112350.0",
                  qty: "2.11100000",
                  count: 3,
                  publication_ts: "2026-09-21T09:15:02.123456Z",
                  submission_ts: "2026-09-21T09:14:59.000001Z"
                }
              ],
              asks: []
            }
          },
          calls
        )
      )
    )
  })
})

describe("get_post_trade_data", () => {
  it.effect("pages by last_ts, whose digits are kept", () => {
    const calls: Array<object> = []
    const trade = {
      trade_id: "TAAAAA-BBBBB-DDDDDD",
      price: "112350.1",
      quantity: "0.00150000",
      symbol: "BTC/USD",
      description: "BTC/USD",
      trade_venue: "PGSL",
      trade_ts: "2026-09-21T09:15:02.123456Z",
      publication_venue: "PGSL",
      publication_ts: "2026-09-21T09:15:02.223456Z"
    }
    return Effect.gen(function* () {
      const { columns, last_ts, trades } = yield* Books.getPostTradeData.run({
        pair: "BTC/USD",
        count: 1,
        detail: "full"
      })
      assert.deepStrictEqual(columns, ["traded", "pair", "price", "quantity", "trade_id", "venue", "published"])
      assert.deepStrictEqual(trades, [
        [trade.trade_ts, "BTC/USD", trade.price, trade.quantity, trade.trade_id, "PGSL", trade.publication_ts]
      ])
      yield* Books.getPostTradeData.run({ from_ts: last_ts ?? "", count: 1 })
      assert.deepStrictEqual(calls, [
        { symbol: "BTC/USD", count: 1 },
        { from_ts: "2026-09-21T09:15:02.123456Z", count: 1, symbol: undefined }
      ])
    }).pipe(
      Effect.provide(kraken({ "public/PostTrade": { last_ts: trade.trade_ts, count: 1, trades: [trade] } }, calls))
    )
  })
})

describe("market tools", () => {
  it.effect("need no key", () =>
    Effect.gen(function* () {
      for (const tool of [...Object.values(Market), ...Object.values(Books)]) {
        assert.deepStrictEqual([tool.permissions, tool.intent], [[], "read"])
      }
      yield* Market.getServerTime.run({})
    }).pipe(Effect.provide(kraken({ "public/Time": { unixtime: 1, rfc1123: "" } })))
  )

  it("may still fail as any tool may, by type", () => {
    type Failure = Effect.Effect.Error<ReturnType<typeof Market.getTicker.run>>
    expectTypeOf<KrakenPermissionError>().toExtend<Failure>()
  })
})
