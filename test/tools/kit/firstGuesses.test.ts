import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { Permission } from "../../../src/domain/keys/permissions.ts"
import { isMarked } from "../../../src/tools/kit/jsonSchema.ts"
import { type AnyTool, tools } from "../../../src/tools/toolsets.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"

const now = "2026-11-29T10:20:30Z"
const at = (text: string) => String(Date.parse(text) / 1000)

const toolNamed = (name: string): AnyTool => tools.get(name) ?? assert.fail(`no tool ${name}`)

/** Calls a tool and returns the parameters with which Kraken is asked, or fails with the error of the arguments. */
const sent = (name: string, args: unknown) => {
  const calls: Array<readonly [endpoint: string, params: object]> = []
  const kraken = TestKraken({
    directory,
    granted: Permission.literals,
    answers: { "public/Ticker": { XXBTZUSD: { c: ["40000.0", "1"] } }, "private/QueryOrders": openOrders },
    onCall: (...call) => void calls.push(call)
  })
  return TestClock.setTime(Date.parse(now)).pipe(
    Effect.zipRight(Effect.either(toolNamed(name).call(args))),
    Effect.flatMap((ended) =>
      ended._tag === "Left" && ended.left._tag === "InvalidArguments"
        ? Effect.fail(ended.left)
        : Effect.succeed(
            calls.findLast(([endpoint]) => endpoint === toolNamed(name).endpoint)?.[1] ?? calls[0]?.[1] ?? {}
          )
    ),
    Effect.provide(kraken),
    (effect) => effect as Effect.Effect<object, { readonly _tag: string; readonly message: string }>
  )
}

/** A limit order and one with a trigger, as Kraken shows them. */
const openOrders = {
  "OLIMIT-AAAAA-BBBBBB": {
    descr: { pair: "XBTUSD", type: "sell", ordertype: "limit", price: "39000", price2: "0" },
    status: "open",
    vol: "1",
    vol_exec: "0"
  },
  "OUF4EM-FRGI2-MQMWZD": {
    descr: { pair: "XBTUSD", type: "sell", ordertype: "stop-loss-limit", price: "30000", price2: "29900" },
    status: "open",
    vol: "1",
    vol_exec: "0"
  }
}

/** The order of the table: a limit order, as each guess must be understood. */
const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.5", price: "37500" }
const right = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.5", price: "37500", validate: true }

type Row = readonly [tool: string, guess: object, sent: object]

const understood: ReadonlyArray<Row> = [
  ["add_order", { symbol: "BTC/USD", side: "buy", type: "limit", quantity: 0.5, price: 37500, dry_run: true }, order],
  ["add_order", { ...right, type: "BUY", ordertype: "Limit", volume: [0.5] }, order],
  ["add_order", { ...right, type: "limit", ordertype: undefined, side: "Buy" }, order],
  [
    "add_order",
    { pair: ["BTC/USD"], side: "buy", order_type: "limit", qty: "0.5", limit_price: "37500", validate: "True" },
    order
  ],
  ["add_order", { ...right, price: undefined, limitPrice: 37500, amount: 0.5, volume: "" }, order],
  ["add_order", { ...right, price: 37500.1 }, { ...order, price: "37500.1" }],
  ["add_order", { ...right, side: "buy", volume: "0.50", quantity: 0.5 }, { ...order, volume: "0.50" }],
  ["add_order", { ...right, post_only: true }, { ...order, oflags: "post" }],
  ["add_order", { ...right, postOnly: "true", oflags: "fciq" }, { ...order, oflags: "fciq,post" }],
  ["add_order", { ...right, post_only: false }, order],
  ["add_order", { ...right, time_in_force: "ioc" }, { ...order, timeinforce: "IOC" }],
  ["add_order", { ...right, close: {} }, order],
  [
    "add_order",
    { ...right, close: { order_type: "STOP_LOSS_LIMIT", stop_price: 30000, limit_price: "29900" } },
    { ...order, close: { ordertype: "stop-loss-limit", price: "30000", price2: "29900" } }
  ],
  [
    "add_order",
    { ...right, ordertype: "stop_loss_limit", type: "sell", price: undefined, stop_price: 30000, limit_price: 29900 },
    { ...order, type: "sell", ordertype: "stop-loss-limit", price: "30000", price2: "29900" }
  ],
  [
    "add_order",
    { ...right, expire_time: "1h", time_in_force: "GTD" },
    { ...order, expiretm: "+3600", timeinforce: "GTD" }
  ],
  [
    "add_order_batch",
    {
      symbol: "BTC/USD",
      dryRun: true,
      orders: [
        { side: "buy", type: "limit", qty: 0.5, price: 37500 },
        { side: "sell", orderType: "LIMIT", size: "0.5", limit_price: 99000, post_only: true }
      ]
    },
    {
      pair: "XBTUSD",
      orders: [
        { type: "buy", ordertype: "limit", volume: "0.5", price: "37500" },
        { type: "sell", ordertype: "limit", volume: "0.5", price: "99000", oflags: "post" }
      ]
    }
  ],
  ["add_order", { ...right, type: undefined, action: "Buy" }, order],
  ["preview_order", { symbol: "BTC-USD", side: "BUY", type: "Market", amount: 0.5 }, { pair: "XBTUSD" }],
  [
    "preview_order",
    { pair: "BTC/USD", side: "sell", type: "LIMIT", qty: "All", limit_price: 39999.5, post_only: true, tif: "gtc" },
    {}
  ],
  ["preview_order", { pair: "BTC/USD", type: "buy", cost: 10.5 }, { pair: "XBTUSD" }],
  ["preview_order", { pair: "BTC/USD", side: "sell", quantity: "50 %" }, {}],
  ["get_pnl", { from: "2026-01-01", to: "today" }, {}],
  ["get_pnl", { start: "2026-01-01", end: "today" }, {}],
  ["plan_rebalance", { targets: { BTC: "50%" }, min_trade: 10 }, {}],
  ["amend_order", { order_id: "OUF4EM-FRGI2-MQMWZD", volume: 2 }, { txid: "OUF4EM-FRGI2-MQMWZD", order_qty: "2" }],
  ["amend_order", { txid: "OUF4EM-FRGI2-MQMWZD", newVolume: "2" }, { txid: "OUF4EM-FRGI2-MQMWZD", order_qty: "2" }],
  ["amend_order", { txid: "OLIMIT-AAAAA-BBBBBB", price: 39500 }, { limit_price: "39500", price: undefined }],
  [
    "amend_order",
    { txid: "OUF4EM-FRGI2-MQMWZD", price: "29000", stop_price: "29500" },
    { limit_price: "29000", trigger_price: "29500" }
  ],
  ["cancel_order", { order_id: ["OUF4EM-FRGI2-MQMWZD"] }, { txid: "OUF4EM-FRGI2-MQMWZD" }],
  ["cancel_order_batch", { order_ids: ["O1", "O2"] }, { orders: ["O1", "O2"] }],
  ["cancel_order_batch", { client_order_ids: "a,b" }, { cl_ord_ids: ["a", "b"] }],
  ["query_orders", { order_ids: "OUF4EM-FRGI2-MQMWZD" }, { txid: "OUF4EM-FRGI2-MQMWZD" }],
  ["query_orders", { id: "OUF4EM-FRGI2-MQMWZD" }, { txid: "OUF4EM-FRGI2-MQMWZD" }],
  ["query_orders", { client_order_id: "bot1" }, { cl_ord_id: "bot1" }],
  ["query_trades", { trade_ids: ["T1"] }, { txid: "T1" }],
  ["query_ledgers", { ids: ["L1"] }, { id: "L1" }],
  ["get_ticker", { symbols: ["BTC/USD", "ETH/USD"] }, { pair: "XBTUSD,ETHUSD" }],
  ["get_ticker", { pairs: "BTC/USD" }, { pair: "XBTUSD" }],
  ["get_order_book", { market: "btcusd", depth: "5" }, { pair: "XBTUSD", count: 5 }],
  [
    "get_ohlc",
    { symbol: "BTC/USD", interval: "1h", since: "today" },
    { pair: "XBTUSD", interval: "60", since: at("2026-11-29T00:00:00Z") }
  ],
  [
    "get_ohlc",
    { pair: "BTC/USD", timeframe: "1D", start: "1d" },
    { pair: "XBTUSD", interval: "1440", since: at("2026-11-28T10:20:30Z") }
  ],
  [
    "get_ledgers",
    { currency: "BTC", type: "Trade", from: "30d" },
    { asset: "XBT", type: "trade", start: at("2026-10-30T10:20:30Z") }
  ],
  ["get_ledgers", { asset: ["BTC"], offset: 50 }, { asset: "XBT", ofs: 50 }],
  ["get_withdrawal_info", { currency: "BTC", key: "k", quantity: 1 }, { asset: "XBT", key: "k", amount: "1" }],
  ["get_withdrawal_info", { asset: "BTC", key: "k", amount: 0.0000005 }, { amount: "0.0000005" }]
]

type Refusal = readonly [
  tool: string,
  guess: object,
  ...faults: ReadonlyArray<readonly [path: string, ...values: ReadonlyArray<string>]>
]

const refused: ReadonlyArray<Refusal> = [
  // Another value beside an argument's own name is never dropped.
  ["add_order", { ...right, quantity: "0.6" }, ["quantity", "volume"]],
  ["add_order", { ...right, side: "sell" }, ["side", "type"]],
  ["add_order", { ...right, action: "sell" }, ["action", "type"]],
  ["get_pnl", { since: "-1d", until: "-2d" }, ["since", "until"]],
  ["plan_rebalance", { targets: { BTC: 50, ETH: 0.3 } }, ["targets.BTC", "50%", "50"], ["targets.ETH", "50%", "0.3"]],
  ["add_order", { ...right, quantity: 0.5, qty: 0.6 }, ["qty", "volume"]],
  ["add_order", { ...right, type: "market", side: "buy" }, ["type", "ordertype"]],
  ["add_order", { ...right, limit_price: "37501" }, ["limit_price", "price"]],
  ["add_order", { ...right, symbol: "ETH/USD" }, ["symbol", "pair"]],
  [
    "add_order",
    { ...right, close: { ordertype: "limit", price: "40000" }, close_price: "41000" },
    ["close.price", "close_price"]
  ],
  ["add_order", { ...right, oflags: "post", post_only: false }, ["post_only", "oflags"]],
  ["withdraw", { asset: "BTC", key: "k", amount: "1", quantity: "2" }, ["quantity", "amount"]],
  ["cancel_order", { txid: "O1", order_id: "O2" }, ["order_id", "txid"]],
  ["cancel_all_orders", { pair: "BTC/USD", symbol: "ETH/USD" }, ["symbol", "pair"]],
  // A guess with two meanings.
  ["add_order", { ...right, ordertype: "market", price: undefined, limit_price: "1" }, ["limit_price", "market"]],
  ["add_order", { ...right, stop_price: "1" }, ["stop_price", "stop-loss"]],
  ["get_ohlc", { pair: "BTC/USD", interval: "1M" }, ["interval", "1", "21600", "1M"]],
  ["get_ledgers", { start: "1M" }, ["start", "-1m"]],
  ["query_orders", { txid: "O1", cl_ord_id: "a" }, ["txid", "cl_ord_id"]],
  [
    "amend_order",
    { txid: "OUF4EM-FRGI2-MQMWZD", price: 31000 },
    ["price", "limit_price", "trigger_price", "stop-loss-limit"]
  ],
  ["amend_order", { txid: "O1", price: "1", limit_price: "2" }, ["price", "limit_price"]],
  // A misspelt name is named once, with the nearest one, and the last lists all names.
  ["add_order", { ...right, volumee: "1" }, ["volumee", "volume", "pair", "type", "validate"]],
  ["get_server_time", { pair: "BTC/USD" }, ["pair"]],
  [
    "add_order_batch",
    {
      pair: "BTC/USD",
      orders: [
        { ...order, fee: "1" },
        { ...order, fee: "2" }
      ]
    },
    ["orders.0.pair", "pair", "orders"],
    ["orders.0.fee", "type", "volume"]
  ],
  ["add_order", { ...right, close: { ordertype: "limit", prise: "1" } }, ["close.prise", "price", "price2"]],
  ["add_order", { ...right, volume: 0.1 + 0.2 }, ["volume", "0.30000000000000004"]],
  ["get_order_book", { pair: ["BTC/USD", "ETH/USD"] }, ["pair"]],
  ["cancel_all_orders", { pair: [""] }, ["pair"]],
  ["cancel_all_orders", { pair: null }, ["pair"]],
  ["cancel_all_orders", { symbol: null, side: " " }, ["symbol"], ["side"]]
]

/** Selects the fields of a request that a row of the table names. */
const named = (row: object, request: object) =>
  Object.fromEntries(Object.keys(row).map((field) => [field, Object(request)[field]]))

describe("a first guess", () => {
  for (const [tool, guess, expected] of understood) {
    it.effect(`${tool} ${JSON.stringify(guess)} is understood`, () =>
      Effect.map(sent(tool, guess), (request) => assert.deepStrictEqual(named(expected, request), expected))
    )
  }

  for (const [tool, guess, ...faults] of refused) {
    it.effect(`${tool} ${JSON.stringify(guess)} is refused`, () =>
      Effect.map(Effect.flip(sent(tool, guess)), (error) => assertFaults(faultsIn(error), faults))
    )
  }

  it("of a number is understood by all tools that have its argument", () => {
    const fields = Array.from(tools.values()).flatMap(({ name, schemas }) =>
      Object.entries(Object(schemas.input["properties"])).map(([field, shape]) => ({ tool: name, field, shape }))
    )
    const numbers = new Set(fields.flatMap(({ field, shape }) => (isMarked(Object(shape), "decimal") ? [field] : [])))
    assert.isAbove(numbers.size, 5)
    const others = fields.filter(({ field, shape }) => numbers.has(field) && !isMarked(Object(shape), "decimal"))
    assert.deepStrictEqual(others, [])
  })

  it("of a choice of add_order is understood by preview_order", () => {
    const [placing, preview] = [toolNamed("add_order"), toolNamed("preview_order")].map(({ schemas }) =>
      Object(schemas.input["properties"])
    )
    for (const field of ["type", "ordertype", "timeinforce"]) {
      assert.isNotEmpty(placing[field].enum)
      assert.deepStrictEqual(preview[field].enum, placing[field].enum)
    }
    assert.deepStrictEqual(preview.oflags.items, placing.oflags.items)
  })

  it.effect("of a money movement never sends what its own name does not say", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        sent("add_order", { ...right, close: { type: "limit", price: "1" }, close_ordertype: "iceberg" })
      )
      assert.deepStrictEqual(
        faultsIn(error).map(({ path }) => path),
        ["close.ordertype"]
      )
    })
  )
})
