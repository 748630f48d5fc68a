import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Trading from "../../../src/tools/trading/readTools.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"

const open = {
  refid: "None",
  userref: 7,
  status: "open",
  opentm: 1760999900.1234,
  starttm: 0,
  expiretm: 0,
  descr: {
    pair: "XBTUSD",
    aclass: "forex",
    type: "buy",
    ordertype: "limit",
    price: "100000.0",
    price2: "0",
    leverage: "none",
    order: "buy 0.01000000 XBTUSD @ limit 100000.0",
    close: ""
  },
  vol: "0.01000000",
  vol_exec: "0.00000000",
  cost: "0.00000",
  fee: "0.00000",
  price: "0.00000",
  stopprice: "0.00000",
  limitprice: "0.00000",
  misc: "",
  oflags: "fciq"
}

const filled = {
  ...open,
  refid: null,
  userref: null,
  cl_ord_id: "6d1b345e-2821-40e2-ad83-4ecb18a06876",
  status: "closed",
  reason: null,
  opentm: 1760996000.7808,
  closetm: 1760996003.1922,
  descr: { ...open.descr, ordertype: "market", price: "0" },
  vol: "0.00100000",
  vol_exec: "0.00100000",
  cost: "112.21050",
  fee: "0.44884",
  price: "112210.5",
  trades: ["TZX2WP-XSEOP-FP7WYR"]
}

const trade = {
  ordertxid: "OBCMZD-JIEE7-77TH3F",
  postxid: "TKH2SE-M7IF5-CFI7LT",
  pair: "XXBTZUSD",
  aclass: "forex",
  time: 1760996003.192,
  type: "buy",
  ordertype: "market",
  price: "112210.50000",
  cost: "112.21050",
  fee: "0.44884",
  vol: "0.00100000",
  margin: "0.00000",
  leverage: "0",
  misc: "",
  trade_id: 91230001,
  maker: false,
  ledgers: ["LABCDE-12345-FGHIJK", "LBCDEF-23456-GHIJKL"]
}

const position = {
  ordertxid: "OLWNFG-LLH4R-D6SFFP",
  posstatus: "open",
  pair: "XXBTZUSD",
  time: 1760990097.8294,
  type: "buy",
  ordertype: "limit",
  cost: "11235.00000",
  fee: "44.94000",
  vol: "0.10000000",
  vol_closed: "0.00000000",
  margin: "2247.00000",
  value: "11224.5",
  net: "-10.5021",
  terms: "0.0100% per 4 hours",
  rollovertm: "1761004497",
  misc: "",
  oflags: ""
}

/** Makes `count` copies of a row, one second apart, newest first as Kraken sends them. */
const many = (count: number, row: object, time: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`ID${i}`, { ...row, [time]: 1760000000 - i }]))

const twice = (params: object) => [params, params]

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers,
    granted: ["query-open-trades", "query-closed-trades"],
    directory,
    onCall: (_, params) => calls.push(params)
  })

describe("get_open_orders", () => {
  it.effect("gives flat rows, without what is empty, newest first", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Trading.getOpenOrders.call({ trades: true, userref: "7", cl_ord_id: "" })
      assert.deepStrictEqual(structuredContent, {
        orders: [
          {
            txid: "OQCLML-BW3P3-BUCMWZ",
            pair: "BTC/USD",
            status: "open",
            type: "buy",
            ordertype: "limit",
            price: "100000",
            vol: "0.01",
            vol_exec: "0",
            userref: 7,
            opentm: "2025-10-20T22:38:20Z",
            remaining: "0.01",
            value: "1000",
            last: "125000",
            distance_percent: "-20.00"
          }
        ],
        count: 1
      })
      assert.deepStrictEqual(calls, [{ trades: true, userref: 7 }, { pair: "XBTUSD" }])
      const full = yield* Trading.getOpenOrders.run({ limit: 50, detail: "full" })
      assert.deepInclude(full.orders[0], {
        pair_id: "XBTUSD",
        price: "100000.0",
        vol: "0.01000000",
        oflags: "fciq",
        opentm: "2025-10-20T22:38:20.1234Z"
      })
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/OpenOrders": { open: { "OQCLML-BW3P3-BUCMWZ": open } },
            "public/Ticker": { XXBTZUSD: { c: ["125000.00000", "1"] } }
          },
          calls
        )
      )
    )
  })

  it.effect("counts the rest, at the price at which it would trade, and names a price that it can't read", () =>
    Effect.gen(function* () {
      const { note, orders } = yield* Trading.getOpenOrders.run({ limit: 50 })
      assert.deepStrictEqual(
        Object.fromEntries(
          orders.map(({ distance_percent, remaining, txid, value }) => [txid, [remaining, value, distance_percent]])
        ),
        {
          PART: ["0.0075", "750", "-20.00"],
          STOP: ["0.01", "899", "-28.00"],
          TRAIL: ["0.01", "1250", "-4.00"],
          OTHER: ["0.01", "1000", undefined]
        }
      )
      assert.include(note, "ETH/USD")
    }).pipe(
      Effect.provide(
        kraken({
          "private/OpenOrders": {
            open: {
              PART: { ...open, vol_exec: "0.00250000" },
              STOP: {
                ...open,
                descr: { ...open.descr, ordertype: "stop-loss-limit", price: "90000.0", price2: "89900.0" }
              },
              TRAIL: {
                ...open,
                stopprice: "120000.0",
                descr: { ...open.descr, ordertype: "trailing-stop", price: "+4.0%" }
              },
              OTHER: { ...open, descr: { ...open.descr, pair: "ETHUSD" } }
            }
          },
          "public/Ticker": { XXBTZUSD: { c: ["125000.00000", "1"] } }
        })
      )
    )
  )

  it.effect("pages through more orders than fit, which Kraken does not", () =>
    Effect.gen(function* () {
      const first = yield* Trading.getOpenOrders.run({ limit: 50 })
      assert.strictEqual(first.orders.length, 50)
      assert.strictEqual(first.count, 120)
      assert.strictEqual(first.next_cursor, "50")
      const last = yield* Trading.getOpenOrders.run({ cursor: "100", limit: 50 })
      assert.strictEqual(last.orders.at(-1)?.txid, "ID119")
      assert.isUndefined(last.next_cursor)
    }).pipe(Effect.provide(kraken({ "private/OpenOrders": { open: many(120, open, "opentm") } })))
  )
})

describe("get_closed_orders", () => {
  it.effect("shows the price of the fills as avg_price, and why an order ended", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Trading.getClosedOrders.run({ limit: 50 }), {
        columns: [
          "txid",
          "pair",
          "type",
          "ordertype",
          "price",
          "price2",
          "vol",
          "vol_exec",
          "avg_price",
          "cost",
          "fee",
          "status",
          "closetm",
          "reason",
          "userref",
          "trades"
        ],
        orders: [
          [
            "B",
            "BTC/USD",
            "buy",
            "market",
            null,
            null,
            "0.001",
            "0.001",
            "112210.5",
            "112.2105",
            "0.44884",
            "closed",
            "2025-10-20T21:33:23Z",
            null,
            null,
            "TZX2WP-XSEOP-FP7WYR"
          ],
          [
            "A",
            "BTC/USD",
            "buy",
            "stop-loss-limit",
            "90000",
            "89900",
            "0.01",
            "0",
            null,
            null,
            null,
            "canceled",
            "2025-10-20T08:48:20Z",
            "User requested",
            7,
            null
          ]
        ],
        count: 2
      })
    }).pipe(
      Effect.provide(
        kraken({
          "private/ClosedOrders": {
            closed: {
              A: {
                ...open,
                status: "canceled",
                reason: "User requested",
                closetm: 1760950100.0482,
                descr: { ...open.descr, ordertype: "stop-loss-limit", price: "90000.0", price2: "89900.0" }
              },
              B: filled
            },
            count: 2
          }
        })
      )
    )
  )

  it.effect("sends what Kraken knows, and says how to get the rest", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const page = yield* Trading.getClosedOrders.run({
        start: "1760900000",
        end: "OB5VMB-B4U2U-DK2WRW",
        closetime: "close",
        consolidate_taker: false,
        without_count: false,
        cursor: "50",
        limit: 10
      })
      assert.deepStrictEqual(calls, [
        {
          start: "1760900000",
          end: "OB5VMB-B4U2U-DK2WRW",
          closetime: "close",
          consolidate_taker: false,
          without_count: false,
          ofs: 50
        }
      ])
      assert.strictEqual(page.orders.length, 10)
      assert.strictEqual(page.next_cursor, "60")
      assert.strictEqual(page.count, 85)
    }).pipe(
      Effect.provide(kraken({ "private/ClosedOrders": { closed: many(35, filled, "closetm"), count: 85 } }, calls))
    )
  })

  it.effect("without a count, a full page means that there may be more", () =>
    Effect.gen(function* () {
      const page = yield* Trading.getClosedOrders.run({ without_count: true, limit: 50 })
      assert.strictEqual(page.next_cursor, "50")
      assert.isUndefined(page.count)
    }).pipe(Effect.provide(kraken({ "private/ClosedOrders": { closed: many(50, filled, "closetm") } })))
  )

  it.effect("the last page has no next one", () =>
    Effect.gen(function* () {
      const page = yield* Trading.getClosedOrders.run({ without_count: true, limit: 30 })
      assert.strictEqual(page.orders.length, 30)
      assert.isUndefined(page.next_cursor)
    }).pipe(Effect.provide(kraken({ "private/ClosedOrders": { closed: many(30, filled, "closetm") } })))
  )
})

describe("query_orders", () => {
  it.effect("asks for all ids in one text", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { orders } = yield* Trading.queryOrders.run({ txid: ["OBCMZD-JIEE7-77TH3F", "OQCLML-BW3P3-BUCMWZ"] })
      assert.deepStrictEqual(calls, [{ txid: "OBCMZD-JIEE7-77TH3F,OQCLML-BW3P3-BUCMWZ" }])
      assert.deepStrictEqual(orders[0]?.trades, ["TZX2WP-XSEOP-FP7WYR"])
      assert.strictEqual(orders[0]?.cl_ord_id, "6d1b345e-2821-40e2-ad83-4ecb18a06876")
    }).pipe(Effect.provide(kraken({ "private/QueryOrders": { "OBCMZD-JIEE7-77TH3F": filled } }, calls)))
  })

  it.effect("takes 1 to 50 ids", () =>
    Effect.gen(function* () {
      const many = yield* Effect.flip(Trading.queryOrders.call({ txid: Array.from({ length: 51 }, () => "O") }))
      assertFaults(faultsIn(many), [["txid", "50", "51"]])
      const none = yield* Effect.flip(Trading.queryOrders.call({ txid: [] }))
      assertFaults(faultsIn(none), [["txid"]])
    }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )
})

describe("get_trade_history", () => {
  it.effect("shows the pair's name beside Kraken's id", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const wanted = { type: "any position", ledgers: true, limit: 50 } as const
      assert.deepStrictEqual(yield* Trading.getTradeHistory.run(wanted), {
        columns: ["txid", "ordertxid", "pair", "time", "type", "price", "vol", "cost", "fee", "maker", "ledgers"],
        trades: [
          [
            "TZX2WP-XSEOP-FP7WYR",
            "OBCMZD-JIEE7-77TH3F",
            "BTC/USD",
            "2025-10-20T21:33:23Z",
            "buy",
            "112210.5",
            "0.001",
            "112.2105",
            "0.44884",
            false,
            "LABCDE-12345-FGHIJK,LBCDEF-23456-GHIJKL"
          ]
        ],
        count: 1
      })
      const { trades } = yield* Trading.getTradeHistory.run({ ...wanted, detail: "full" })
      assert.deepStrictEqual(trades, [
        {
          txid: "TZX2WP-XSEOP-FP7WYR",
          ordertxid: "OBCMZD-JIEE7-77TH3F",
          postxid: "TKH2SE-M7IF5-CFI7LT",
          pair: "BTC/USD",
          pair_id: "XXBTZUSD",
          time: "2025-10-20T21:33:23.192Z",
          type: "buy",
          ordertype: "market",
          price: "112210.50000",
          vol: "0.00100000",
          cost: "112.21050",
          fee: "0.44884",
          maker: false,
          trade_id: 91230001,
          ledgers: ["LABCDE-12345-FGHIJK", "LBCDEF-23456-GHIJKL"]
        }
      ])
      assert.deepStrictEqual(calls, twice({ type: "any position", ledgers: true }))
    }).pipe(
      Effect.provide(kraken({ "private/TradesHistory": { trades: { "TZX2WP-XSEOP-FP7WYR": trade }, count: 1 } }, calls))
    )
  })

  it.effect("keeps what a closed position earned", () =>
    Effect.gen(function* () {
      const { trades } = yield* Trading.getTradeHistory.run({ limit: 50, detail: "full" })
      assert.deepInclude(trades[0], { posstatus: "closed", net: "+12.5000", leverage: "2", trades: ["T2"] })
      const { columns = [] } = yield* Trading.getTradeHistory.run({ limit: 50 })
      assert.includeMembers([...columns], ["posstatus", "net", "leverage", "trades"])
    }).pipe(
      Effect.provide(
        kraken({
          "private/TradesHistory": {
            trades: { T1: { ...trade, leverage: "2", posstatus: "closed", net: "+12.5000", trades: ["T2"] } }
          }
        })
      )
    )
  )
})

describe("query_trades", () => {
  it.effect("takes 1 to 20 ids", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { trades } = yield* Trading.queryTrades.run({ txid: ["TZX2WP-XSEOP-FP7WYR"] })
      assert.strictEqual(trades[0]?.txid, "TZX2WP-XSEOP-FP7WYR")
      const wrong = yield* Effect.flip(Trading.queryTrades.call({ txid: Array.from({ length: 21 }, () => "T") }))
      assertFaults(faultsIn(wrong), [["txid", "20", "21"]])
      assert.deepStrictEqual(calls, [{ txid: "TZX2WP-XSEOP-FP7WYR" }])
    }).pipe(Effect.provide(kraken({ "private/QueryTrades": { "TZX2WP-XSEOP-FP7WYR": trade } }, calls)))
  })
})

describe("get_open_positions", () => {
  const withoutPair = { positions: "2", type: "buy", vol: "0.2", cost: "22470.0", leverage: "5.00000" }
  const merged = { pair: "XXBTZUSD", ...withoutPair }

  it.effect("gives one row a position", () =>
    Effect.gen(function* () {
      const { positions } = yield* Trading.getOpenPositions.run({ docalcs: true })
      assert.deepInclude(positions[0], {
        txid: "TF5GVO-T7ZZ2-6NBKBI",
        pair: "BTC/USD",
        net: "-10.5021",
        rollovertm: "2025-10-20T23:54:57Z"
      })
    }).pipe(Effect.provide(kraken({ "private/OpenPositions": { "TF5GVO-T7ZZ2-6NBKBI": position } })))
  )

  for (const [shape, answer] of [
    ["a list", [merged]],
    ["an object", { XXBTZUSD: withoutPair }]
  ] as const) {
    it.effect(`merges the positions of a pair, where Kraken sends ${shape}`, () =>
      Effect.gen(function* () {
        const wanted = { consolidation: "market" } as const
        const full = yield* Trading.getOpenPositions.run({ ...wanted, detail: "full" })
        assert.deepStrictEqual(full.positions, [{ ...merged, pair: "BTC/USD", pair_id: "XXBTZUSD" }])
        const { positions } = yield* Trading.getOpenPositions.run(wanted)
        assert.deepStrictEqual(positions, [{ ...merged, pair: "BTC/USD", cost: "22470", leverage: "5" }])
      }).pipe(Effect.provide(kraken({ "private/OpenPositions": answer })))
    )
  }

  it.effect("no positions are an empty list, whatever Kraken says for none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Trading.getOpenPositions.run({}), { positions: [] })
    }).pipe(Effect.provide(kraken({ "private/OpenPositions": null })))
  )
})

describe("get_order_amends", () => {
  it.effect("keeps every digit of the nanoseconds", () => {
    const calls: Array<object> = []
    const original = { amend_id: "TAAAAA-BBBBB-CCCCCC", amend_type: "original", order_qty: "0.01000000" }
    return Effect.gen(function* () {
      const { amends } = yield* Trading.getOrderAmends.run({ txid: "OUF4EM-FRGI2-MQMWZD" })
      assert.deepStrictEqual(amends, [
        { ...original, amend_type: "user", limit_price: "100500.0", timestamp: "2025-10-20T22:40:50.123456789Z" },
        { ...original, post_only: true, timestamp: "2025-10-20T22:40:00.123456789Z" }
      ])
      assert.deepStrictEqual(calls, [{ order_id: "OUF4EM-FRGI2-MQMWZD" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/OrderAmends": {
              count: 2,
              amends: [
                {
                  ...original,
                  display_qty: "0.00000000",
                  post_only: true,
                  reason: "",
                  timestamp: "1761000000123456789"
                },
                { ...original, amend_type: "user", limit_price: "100500.0", timestamp: "1761000050123456789" }
              ]
            }
          },
          calls
        )
      )
    )
  })
})

describe("get_level3_order_book", () => {
  const bid = {
    price: "112350.00000",
    qty: "0.50000000",
    order_id: "OAAAAA-BBBBB-CCCCCC",
    timestamp: "1761000009123456789"
  }

  it.effect("keeps every digit, and asks for no more than fits", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual((yield* Trading.getLevel3OrderBook.call({ pair: "btc/usd" })).structuredContent, {
        pair: "BTC/USD",
        columns: ["price", "qty", "order_id"],
        bids: [["112350", "0.5", "OAAAAA-BBBBB-CCCCCC"]],
        asks: []
      })
      const full = yield* Trading.getLevel3OrderBook.call({ pair: "btc/usd", detail: "full" })
      const timestamp = "2025-10-20T22:40:09.123456789Z"
      assert.deepStrictEqual(full.structuredContent, { pair: "BTC/USD", bids: [{ ...bid, timestamp }], asks: [] })
      assert.deepStrictEqual(calls, twice({ pair: "XBTUSD", depth: "25" }))
      const wrong = yield* Effect.flip(Trading.getLevel3OrderBook.call({ pair: "XBTUSD", depth: 500 }))
      assertFaults(faultsIn(wrong), [["depth", "500"]])
    }).pipe(Effect.provide(kraken({ "private/Level3": { pair: "XBTUSD", bids: [bid], asks: [] } }, calls)))
  })
})

describe("trading reads", () => {
  it.effect("an answer without its list is not taken for an empty one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Trading.getOpenOrders.run({ limit: 50 }))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(kraken({ "private/OpenOrders": { count: 0 } })))
  )

  it.effect("a key without the permission asks nothing", () =>
    Effect.gen(function* () {
      for (const tool of Object.values(Trading)) {
        const { properties } = tool.definition.inputSchema
        const txid = properties?.["txid"]
        const args = { ...(txid && { txid: "type" in txid && txid.type === "array" ? ["O1"] : "O1" }) }
        const error = yield* Effect.flip(tool.call({ ...args, ...(properties?.["pair"] && { pair: "XBTUSD" }) }))
        assert.strictEqual(error._tag, "KrakenPermissionError", tool.name)
      }
    }).pipe(Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )
})
