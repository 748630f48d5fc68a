import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { KrakenClient } from "../../../src/services/KrakenClient.ts"
import { KrakenWriter, type Sent } from "../../../src/services/KrakenWriter.ts"
import * as Cancelling from "../../../src/tools/trading/cancelOrders.ts"
import * as Changing from "../../../src/tools/trading/changeOrders.ts"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const txid = "OUF4EM-FRGI2-MQMWZD"
const uuid = "6d1b345e-2821-40e2-ad83-4ecb18a06876"

const now = Date.parse("2026-09-21T09:15:02Z")

const limit = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01", price: "100000.0" } as const
const off = { validate: false }

const placed = { descr: { order: "buy 0.01000000 XBTUSD @ limit 100000.0" }, txid: [txid] }

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({
    answers: { "public/Ticker": { XXBTZUSD: { c: ["112350.10000", "1"] } }, ...answers },
    granted: ["modify-trades", "close-trades", "query-open-trades"],
    directory,
    onCall: (endpoint, params) => calls.push({ endpoint, ...params })
  })

const ticker = { endpoint: "public/Ticker", pair: "XBTUSD" }

const silent = TestKraken({
  granted: ["modify-trades", "close-trades"],
  directory,
  onCall: () => assert.fail("Kraken was asked")
})

/** Reads the faults of arguments that are refused. */
const faults = (tool: { readonly name: string; readonly call: (typeof Placing.addOrder)["call"] }, args: object) =>
  Effect.map(Effect.flip(tool.call(args)), faultsIn)

describe("add_order", () => {
  it.effect("sends the order in Kraken's words, the close nested, and answers with what identifies it", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const { structuredContent } = yield* Placing.addOrder.call({
        ...limit,
        pair: "btc/usd",
        oflags: ["post", "fciq"],
        timeinforce: "GTD",
        expiretm: "+3600",
        stptype: "cancel-both",
        cl_ord_id: uuid,
        close_ordertype: "stop-loss-limit",
        close_price: "95000",
        close_price2: "#1%",
        deadline: "2026-09-21T09:15:12Z",
        leverage: 2,
        userref: ""
      })
      assert.deepStrictEqual(calls.slice(0, 2), [
        ticker,
        {
          endpoint: "private/AddOrder",
          pair: "XBTUSD",
          type: "buy",
          ordertype: "limit",
          volume: "0.01",
          price: "100000.0",
          leverage: "2",
          stptype: "cancel-both",
          oflags: "post,fciq",
          timeinforce: "GTD",
          expiretm: "+3600",
          cl_ord_id: uuid,
          deadline: "2026-09-21T09:15:12Z",
          close: { ordertype: "stop-loss-limit", price: "95000", price2: "#1%" }
        }
      ])
      assert.deepStrictEqual(structuredContent, {
        pair: "BTC/USD",
        txid: [txid],
        descr: { order: placed.descr.order, close: "close position @ stop loss 95000.0 -> limit 94900.0" },
        cl_ord_id: uuid,
        deadline: "2026-09-21T09:15:12Z"
      })
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/AddOrder": {
              ...placed,
              descr: { ...placed.descr, close: "close position @ stop loss 95000.0 -> limit 94900.0" }
            }
          },
          calls
        )
      )
    )
  })

  it.effect("a close that Kraken does not show is missed before all else, of a check too", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      for (const validate of [false, true]) {
        const order = { ...limit, validate, close_ordertype: "stop-loss", close_price: "95000.0" }
        const { content, structuredContent } = yield* Placing.addOrder.call(order)
        assert.isString(structuredContent?.["warning"])
        assert.match(content[0]?.type === "text" ? content[0].text : "", /^\{"warning":/)
      }
      assert.notProperty(yield* Placing.addOrder.run({ ...limit, ...off }), "warning")
    }).pipe(Effect.provide(kraken({ "private/AddOrder": placed }, calls)))
  })

  it.effect("an order of xStocks says so", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* Placing.addOrder.run({ ...limit, ...off, pair: "AAPLx/USD", ordertype: "limit", price: "250.00" })
      assert.deepInclude(calls[0], { pair: "AAPLxUSD", asset_class: "tokenized_asset" })
    }).pipe(Effect.provide(kraken({ "private/AddOrder": placed }, calls)))
  })

  it.effect("shows the id and the deadline that were made for it", () =>
    Effect.gen(function* () {
      const answer = yield* Placing.addOrder.run({ ...limit, ...off })
      assert.strictEqual(answer.cl_ord_id, uuid)
      assert.strictEqual(answer.deadline, "2026-09-21T09:15:12.000Z")
    }).pipe(
      Effect.provide(
        kraken({ "private/AddOrder": { ...placed, cl_ord_id: uuid, deadline: "2026-09-21T09:15:12.000Z" } })
      )
    )
  )

  it.effect("says when an order was found by looking", () =>
    Effect.gen(function* () {
      const answer = yield* Placing.addOrder.run({ ...limit, ...off })
      assert.deepInclude(answer, { settled: { how: "found it", state: "open" }, txid: [txid] })
      assert.notProperty(answer, "placed")
    }).pipe(
      Effect.provide(
        Layer.merge(kraken({}), writer({ result: { txid: [txid] }, settled: { how: "found it", state: "open" } }))
      )
    )
  )

  it.effect("begins with `placed: false` and the earlier ids when it was not placed again, and is no error", () =>
    Effect.gen(function* () {
      const { content, isError, structuredContent } = yield* Placing.addOrder.call({ ...limit, pair: "BTC/USD" })
      assert.isUndefined(isError)
      assert.deepInclude(structuredContent, { placed: false, duplicate_of: [txid], txid: [txid] })
      assert.deepStrictEqual(Object.keys(structuredContent ?? {}).slice(0, 3), ["placed", "duplicate_of", "note"])
      assert.isTrue(JSON.stringify(content[0]).includes(String.raw`"{\"placed\":false,\"duplicate_of\":[`))
    }).pipe(Effect.provide(Layer.merge(kraken({}), writer({ result: { txid: [txid] }, duplicateOf: [txid] }))))
  )

  it.effect("a check places nothing: it is a read, allowed where only reads are", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const answer = yield* Placing.addOrder.run({ ...limit, validate: true })
      assert.deepStrictEqual(answer, { pair: "BTC/USD", descr: placed.descr, validated: true })
      assert.deepInclude(calls[0], { validate: true })
      const refused = yield* Effect.flip(Placing.addOrder.run({ ...limit, ...off }))
      assert.strictEqual(refused._tag, "ReadOnlyMode")
      assert.lengthOf(
        calls.filter((call) => "validate" in call || "volume" in call),
        1
      )
    }).pipe(
      readOnly,
      Effect.provide(Layer.provideMerge(writesFail, kraken({ "private/AddOrder": { descr: placed.descr } }, calls)))
    )
  })

  it.effect("what is no order at all is not sent, and every fault is named", () =>
    Effect.gen(function* () {
      const shapes = yield* faults(Placing.addOrder, {
        pair: "BTC/USD",
        type: "long",
        ordertype: "stop",
        volume: "0,1",
        oflags: "nompp",
        userref: 2147483648
      })
      assertFaults(shapes, [
        ["type", "buy", "sell", "long"],
        ["ordertype", "stop"],
        ["volume", "0.5"],
        ["oflags.0", "nompp"],
        ["userref", "-2147483648", "2147483647", "2147483648"]
      ])
      const { price: _, ...unpriced } = limit
      const rules = yield* faults(Placing.addOrder, {
        ...unpriced,
        volume: "-1",
        oflags: ["fcib", "fciq"],
        timeinforce: "GTD",
        userref: 7,
        cl_ord_id: "nineteen characters",
        close_ordertype: "trailing-stop",
        close_price: "500"
      })
      assertFaults(rules, [
        ["price"],
        ["volume", "-1", "0.5"],
        ["oflags", "fcib", "fciq"],
        ["userref"],
        ["cl_ord_id", "32", "18"],
        ["expiretm", "GTD", "+3600"],
        ["close_price", "500", "+500"]
      ])
    }).pipe(Effect.provide(silent))
  )

  it.effect("what does not fit the pair is not sent: the answer says the nearest that would", () =>
    Effect.gen(function* () {
      assertFaults(
        yield* faults(Placing.addOrder, {
          ...limit,
          price: "61234.567",
          volume: "0.000000011",
          leverage: "20",
          close_ordertype: "stop-loss",
          close_price: "60000.05"
        }),
        [
          ["leverage", "10"],
          ["price", "61234.567", "3", "1", "61234.6"],
          ["close_price", "60000.05", "2", "1", "60000.1"],
          ["volume", "0.000000011", "0.00005", "BTC"]
        ]
      )
    }).pipe(Effect.provide(silent))
  )

  it.effect("a pair that is not known is Kraken's to judge", () =>
    Placing.addOrder
      .run({ ...limit, ...off, price: "61234.567" })
      .pipe(Effect.provide(TestKraken({ granted: ["modify-trades"], answers: { "private/AddOrder": placed } })))
  )

  it.effect("a deadline is judged by Kraken's clock", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      assertFaults(yield* faults(Placing.addOrder, { ...limit, deadline: "2026-09-21T09:15:03Z" }), [
        ["deadline", "2026-09-21T09:15:03Z", "1", "2", "60"]
      ])
    }).pipe(Effect.provide(silent))
  )

  it.effect("prices of a close need its type", () =>
    Effect.gen(function* () {
      assertFaults(yield* faults(Placing.addOrder, { ...limit, close_price: "95000" }), [["close_ordertype"]])
    }).pipe(Effect.provide(silent))
  )
})

describe("add_order_batch", () => {
  const { pair, ...order } = limit
  const sell = { ...order, type: "sell", price: "130000.0" } as const

  it.effect("keeps the orders apart: which was placed, which was refused", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Placing.addOrderBatch.call({
        pair,
        orders: JSON.stringify([
          {
            ...order,
            oflags: "post,fcib",
            cl_ord_id: "mcp000000000000002",
            close: { ordertype: "stop-loss-limit", price: "95000", price2: "94900" }
          },
          { ...sell, price2: null, oflags: [] }
        ])
      })
      assert.deepStrictEqual(calls, [
        ticker,
        {
          endpoint: "private/AddOrderBatch",
          pair: "XBTUSD",
          orders: [
            {
              ...order,
              oflags: "post,fcib",
              cl_ord_id: "mcp000000000000002",
              close: { ordertype: "stop-loss-limit", price: "95000", price2: "94900" }
            },
            sell
          ]
        },
        { endpoint: "private/QueryOrders", txid: "O5OR23-ADFAD-Y2G61C" }
      ])
      assert.deepStrictEqual(structuredContent, {
        pair: "BTC/USD",
        orders: [
          {
            txid: "O5OR23-ADFAD-Y2G61C",
            descr: { order: "buy 0.01000000 XBTUSD @ limit 100000.0", close: "close position @ stop loss 95000.0" },
            cl_ord_id: "mcp000000000000002"
          },
          {
            descr: { order: "sell 0.01000000 XBTUSD @ limit 130000.0" },
            cl_ord_id: uuid,
            error: "EOrder:Insufficient funds"
          }
        ],
        failed: 1
      })
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/AddOrderBatch": {
              orders: [
                {
                  txid: "O5OR23-ADFAD-Y2G61C",
                  descr: { order: "buy 0.01000000 XBTUSD @ limit 100000.0" },
                  close: "close position @ stop loss 95000.0"
                },
                {
                  descr: { order: "sell 0.01000000 XBTUSD @ limit 130000.0" },
                  error: "EOrder:Insufficient funds",
                  cl_ord_id: uuid
                }
              ]
            }
          },
          calls
        )
      )
    )
  })

  it.effect("names the orders whose close Kraken does not show, and not those that it refused", () => {
    const close = { ordertype: "stop-loss", price: "95000.0" } as const
    const { descr } = placed
    const rows = [
      { txid, descr, close: "close position @ stop loss 95000.0" },
      { txid, descr },
      { txid, descr, close: "" },
      { descr, error: "EOrder:Insufficient funds" }
    ]
    return Effect.gen(function* () {
      const orders = [order, order, order, order].map((order) => ({ ...order, close }))
      const { warning } = yield* Placing.addOrderBatch.run({ pair, orders, ...off })
      assert.match(warning ?? "", /for orders\.1, orders\.2,/)
      const { warning: none } = yield* Placing.addOrderBatch.run({ pair, orders: [order, order, order, order], ...off })
      assert.isUndefined(none)
    }).pipe(Effect.provide(kraken({ "private/AddOrderBatch": { orders: rows } })))
  })

  it.effect("takes 2 to 15 orders, and names the faulty one", () =>
    Effect.gen(function* () {
      assertFaults(yield* faults(Placing.addOrderBatch, { pair, orders: [order] }), [["orders", "2"]])
      assertFaults(yield* faults(Placing.addOrderBatch, { pair, orders: Array.from({ length: 16 }, () => order) }), [
        ["orders", "15", "16"]
      ])
      assertFaults(yield* faults(Placing.addOrderBatch, { pair, orders: [order, { ...sell, pair: "ETH/USD" }] }), [
        ["orders.1.pair", "type", "ordertype"]
      ])
      assertFaults(
        yield* faults(Placing.addOrderBatch, {
          pair,
          orders: [order, { ...sell, oflags: "post", timeinforce: "IOC", close: { ordertype: "stop-loss" } }]
        }),
        [["orders.1.oflags", "post", "IOC"], ["orders.1.close.price"]]
      )
      assertFaults(yield* faults(Placing.addOrderBatch, { pair, orders: [order, { ...sell, price: "130000.05" }] }), [
        ["orders.1.price", "130000.05", "2", "1", "130000.1"]
      ])
    }).pipe(Effect.provide(silent))
  )

  it.effect("a check of a batch is a read", () =>
    Effect.gen(function* () {
      const answer = yield* Placing.addOrderBatch.run({ pair, orders: [order, sell], validate: true })
      assert.deepInclude(answer, { validated: true })
    }).pipe(
      readOnly,
      Effect.provide(
        Layer.provideMerge(writesFail, kraken({ "private/AddOrderBatch": { orders: [{ descr: placed.descr }, {}] } }))
      )
    )
  )
})

describe("amend_order", () => {
  it.effect("sends the change, and answers with the ids of change and order", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const answer = yield* Changing.amendOrder.run({ txid, limit_price: "100500.0", order_qty: "0.02" })
      assert.deepStrictEqual(answer, { amend_id: "TEZA4R-DSDGT-IJBOJK", txid })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/AmendOrder", txid, limit_price: "100500.0", order_qty: "0.02" }
      ])
    }).pipe(Effect.provide(kraken({ "private/AmendOrder": { amend_id: "TEZA4R-DSDGT-IJBOJK" } }, calls)))
  })

  it.effect("an amendment that was found by looking has no id", () =>
    Effect.gen(function* () {
      const answer = yield* Changing.amendOrder.run({ cl_ord_id: uuid, limit_price: "100500.0" })
      assert.deepStrictEqual(answer, { txid, cl_ord_id: uuid, settled: { how: "found it" } })
    }).pipe(Effect.provide(Layer.merge(kraken({}), writer({ result: { txid }, settled: { how: "found it" } }))))
  )

  it.effect("needs one id, at least one change, and prices that fit its pair", () =>
    Effect.gen(function* () {
      assertFaults(yield* faults(Changing.amendOrder, { post_only: true }), [["txid"], ["(arguments)"]])
      assertFaults(yield* faults(Changing.amendOrder, { txid, cl_ord_id: uuid, order_qty: "0" }), [
        ["txid"],
        ["order_qty", "0", "0.5"]
      ])
      assertFaults(yield* faults(Changing.amendOrder, { txid, pair: "BTC/USD", limit_price: "100500.05" }), [
        ["limit_price", "100500.05", "2", "1", "100500.1"]
      ])
    }).pipe(Effect.provide(silent))
  )
})

describe("edit_order", () => {
  it.effect("answers with the new id", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const answer = yield* Changing.editOrder.run({
        txid: "OHYO67-6LP66-HMQ437",
        pair: "XBT/USD",
        volume: "0.02",
        price: "99000.0",
        oflags: ["post"],
        ...off
      })
      assert.deepStrictEqual(answer, {
        pair: "BTC/USD",
        status: "ok",
        txid: "OFVXHJ-KPQ3B-VS7ELA",
        originaltxid: "OHYO67-6LP66-HMQ437",
        orders_cancelled: 1,
        descr: { order: "buy 0.02000000 XBTUSD @ limit 99000.0" },
        newuserref: "12"
      })
      assert.deepStrictEqual(calls, [
        {
          endpoint: "private/EditOrder",
          txid: "OHYO67-6LP66-HMQ437",
          pair: "XBTUSD",
          volume: "0.02",
          price: "99000.0",
          oflags: "post"
        },
        { endpoint: "private/QueryOrders", txid: "OFVXHJ-KPQ3B-VS7ELA" }
      ])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/EditOrder": {
              status: "ok",
              txid: "OFVXHJ-KPQ3B-VS7ELA",
              originaltxid: "OHYO67-6LP66-HMQ437",
              orders_cancelled: 1,
              volume: "0.02000000",
              price: "99000.0",
              newuserref: 12,
              olduserref: null,
              error_message: "",
              descr: { order: "buy 0.02000000 XBTUSD @ limit 99000.0" }
            }
          },
          calls
        )
      )
    )
  })

  it.effect("needs a change, and one that fits the pair", () =>
    Effect.gen(function* () {
      assertFaults(yield* faults(Changing.editOrder, { txid, pair: "BTC/USD", cancel_response: true }), [
        ["(arguments)"]
      ])
      assertFaults(yield* faults(Changing.editOrder, { txid, pair: "BTC/USD", price: "99000.05" }), [
        ["price", "99000.05", "2", "1", "99000.1"]
      ])
    }).pipe(Effect.provide(silent))
  )
})

describe("cancelling", () => {
  it.effect("one order goes by its id, or by a userref that clients send as a number", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Cancelling.cancelOrder.call({ txid: 7 })
      assert.deepStrictEqual(structuredContent, { count: 1, pending: true })
      yield* Cancelling.cancelOrder.call({ cl_ord_id: uuid })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/CancelOrder", txid: "7" },
        { endpoint: "private/CancelOrder", cl_ord_id: uuid }
      ])
    }).pipe(Effect.provide(kraken({ "private/CancelOrder": { count: 1, pending: true } }, calls)))
  })

  it.effect("several orders go as a list of JSON", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      yield* Cancelling.cancelOrderBatch.call({ orders: ["OG5V2Y-RYKVL-DT3V3B", 7], cl_ord_ids: uuid })
      yield* Cancelling.cancelOrderBatch.call({ orders: "OG5V2Y-RYKVL-DT3V3B,OP5V2Y-RYKVL-ET3V3B" })
      assert.deepStrictEqual(calls, [
        { endpoint: "private/CancelOrderBatch", orders: ["OG5V2Y-RYKVL-DT3V3B", "7"], cl_ord_ids: [uuid] },
        { endpoint: "private/CancelOrderBatch", orders: ["OG5V2Y-RYKVL-DT3V3B", "OP5V2Y-RYKVL-ET3V3B"] }
      ])
    }).pipe(Effect.provide(kraken({ "private/CancelOrderBatch": { count: 2 } }, calls)))
  })

  it.effect("ids are neither missing nor too many", () =>
    Effect.gen(function* () {
      assertFaults(yield* faults(Cancelling.cancelOrder, {}), [["txid"]])
      assertFaults(yield* faults(Cancelling.cancelOrder, { txid, cl_ord_id: uuid }), [["txid"]])
      assertFaults(yield* faults(Cancelling.cancelOrderBatch, { cl_ord_ids: [uuid, "nineteen characters"] }), [
        ["cl_ord_ids.1", "32", "18"]
      ])
      assertFaults(yield* faults(Cancelling.cancelOrderBatch, { orders: [] }), [["orders"]])
      assertFaults(
        yield* faults(Cancelling.cancelOrderBatch, {
          orders: Array.from({ length: 50 }, () => txid),
          cl_ord_ids: [uuid]
        }),
        [["orders", "50", "51"]]
      )
    }).pipe(Effect.provide(silent))
  )

  it.effect("all orders go without arguments", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Cancelling.cancelAllOrders.run({}), { count: 4 })
      assert.deepStrictEqual(calls, [{ endpoint: "private/CancelAll" }])
    }).pipe(Effect.provide(kraken({ "private/CancelAll": { count: 4 } }, calls)))
  })

  it.effect('the dead man\'s switch shows its trigger time, and "0" if it is stopped', () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const stopped = { currentTime: "2026-09-21T09:15:02Z", triggerTime: "0" }
      assert.deepStrictEqual(yield* Cancelling.cancelAllOrdersAfter.run({ timeout: 0 }), stopped)
      assert.deepStrictEqual(calls, [{ endpoint: "private/CancelAllOrdersAfter", timeout: 0 }])
      assertFaults(yield* faults(Cancelling.cancelAllOrdersAfter, { timeout: 86400 }), [
        ["timeout", "0", "86399", "86400"]
      ])
    }).pipe(
      Effect.provide(
        kraken({ "private/CancelAllOrdersAfter": { currentTime: "2026-09-21T09:15:02Z", triggerTime: "0" } }, calls)
      )
    )
  })

  it.effect("either of the two trading permissions is enough", () =>
    Cancelling.cancelAllOrders
      .run({})
      .pipe(Effect.provide(TestKraken({ granted: ["close-trades"], answers: { "private/CancelAll": { count: 0 } } })))
  )
})

describe("a server that only reads", () => {
  it.effect("changes no order", () =>
    Effect.gen(function* () {
      for (const [tool, args] of [
        [Changing.amendOrder, { txid, order_qty: "1" }],
        [Changing.editOrder, { txid, pair: "BTC/USD", price: "1" }],
        [Cancelling.cancelOrder, { txid }],
        [Cancelling.cancelOrderBatch, { orders: [txid] }],
        [Cancelling.cancelAllOrders, {}],
        [Cancelling.cancelAllOrdersAfter, { timeout: 0 }]
      ] as const) {
        const error = yield* Effect.flip(tool.call(args))
        assert.strictEqual(error._tag, "ReadOnlyMode", tool.name)
      }
    }).pipe(readOnly, Effect.provide(silent))
  )
})

const writerThat = (send: Effect.Effect<Sent>) =>
  Layer.succeed(KrakenWriter, {
    send: () => send,
    validate: () => send,
    resolve: (_, params) => Effect.succeed({ params }),
    settled: Effect.void
  })

const writer = (sent: Sent) => writerThat(Effect.succeed(sent))

/** Checks are read from Kraken; nothing is sent. */
const writesFail = Layer.effect(
  KrakenWriter,
  Effect.map(KrakenClient, ({ read }) => ({
    send: () => Effect.die("a write was sent"),
    validate: (endpoint, params) => Effect.map(read(endpoint, params), (result) => ({ result })),
    resolve: (_, params) => Effect.succeed({ params }),
    settled: Effect.void
  }))
)
