import { assert, describe, it } from "@effect/vitest"
import { makeDirectory } from "../../../src/domain/assets/directory.ts"
import type { Endpoint, Params } from "../../../src/domain/endpoints/endpoints.ts"
import { writeIdentity } from "../../../src/domain/orders/writeIdentity.ts"
import { assetPairs, assets } from "../../doubles/fake/Market.ts"

const directory = makeDirectory({ currency: { assets, pairs: assetPairs } })

const identity = (endpoint: Endpoint, params: Params) => writeIdentity(endpoint, params, directory)

const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "27500", volume: "0.001" }
const batch = { pair: "XBTUSD", orders: [{ ...order, close: { ordertype: "limit", price: "28000" } }, order] }

describe("writes that ask Kraken for the same thing", () => {
  const same: ReadonlyArray<readonly [Endpoint, Params, Params]> = [
    ["private/AddOrder", order, { ...order, price: "27500.00", volume: "0.0010" }],
    ["private/AddOrder", order, { ...order, pair: "XXBTZUSD" }],
    ["private/AddOrder", order, { ...order, pair: "BTC/USD", timeinforce: "GTC", reduce_only: false }],
    ["private/AddOrder", { ...order, oflags: "post,fciq" }, { ...order, oflags: ["fciq", "post", "post"] }],
    ["private/AddOrder", { ...order, price: "+1.5%" }, { ...order, price: "+1.50%" }],
    ["private/AddOrder", { ...order, userref: 7 }, { ...order, userref: "7" }],
    ["private/AddOrder", order, { ...order, price: "0027500" }],
    ["private/AddOrder", order, { ...order, volume: undefined, cost: "27.5" }],
    ["private/AddOrder", { ...order, volume: "all" }, { ...order, volume: "100.0%" }],
    [
      "private/AddOrder",
      { ...order, ordertype: "market", price: undefined, oflags: "fciq,viqc", volume: "20" },
      { ...order, ordertype: "market", price: undefined, oflags: "fciq", volume: undefined, cost: "20.0" }
    ],
    ["private/AddOrder", order, { ...order, deadline: "2026-01-01T00:00:05Z", repeat: true }],
    ["private/AddOrder", order, { ...order, userref: undefined, price2: null }],
    ["private/AddOrder", { ...order, pair: "new/usd" }, { ...order, pair: "NEWUSD" }],
    ["private/WalletTransfer", { asset: "new.s", amount: "1" }, { asset: "NEW.S", amount: "1.0" }],
    ["private/AddExport", { report: "trades", fields: "txid,time" }, { report: "trades", fields: ["time", "txid"] }],
    [
      "private/AddOrderBatch",
      batch,
      {
        ...batch,
        orders: [
          { ...order, close: { ordertype: "limit", price: "28000.0" } },
          { ...order, volume: "0.0010" }
        ]
      }
    ],
    [
      "private/Withdraw",
      { asset: "XBT", key: "cold", amount: "0.5" },
      { asset: "BTC", key: "cold", amount: "0.50", max_fee: "1", address: "bc1q" }
    ]
  ]
  it.each(same)("%s %j and %j", (endpoint, one, other) => {
    assert.strictEqual(identity(endpoint, one), identity(endpoint, other))
  })

  const numbers = [
    "amount",
    "displayvol",
    "display_qty",
    "expiretm",
    "leverage",
    "limit_price",
    "order_qty",
    "price",
    "price2",
    "starttm",
    "trigger_price",
    "userref",
    "volume"
  ]
  it.each(numbers)("count %s as a number", (name) => {
    assert.strictEqual(
      identity("private/AmendOrder", { [name]: "1.5" }),
      identity("private/AmendOrder", { [name]: "1.50" })
    )
  })

  const defaults = {
    aclass: "currency",
    asset_class: "currency",
    cancel_response: false,
    post_only: false,
    rebase_multiplier: "rebased",
    reduce_only: false,
    stptype: "cancel-newest",
    timeinforce: "GTC",
    trigger: "last",
    validate: false
  }
  it.each(Object.entries(defaults))("may say that %s is %s, or leave it out", (name, value) => {
    assert.strictEqual(identity("private/AddOrder", { ...order, [name]: value }), identity("private/AddOrder", order))
  })
})

describe("writes that ask Kraken for different things", () => {
  const different: ReadonlyArray<readonly [Endpoint, Params, Params]> = [
    ["private/AddOrder", order, { ...order, volume: "0.01" }],
    ["private/AddOrder", order, { ...order, type: "sell" }],
    ["private/AddOrder", order, { ...order, pair: "ETHUSD" }],
    ["private/AddOrder", { ...order, cl_ord_id: "10" }, { ...order, cl_ord_id: "10.0" }],
    ["private/AddOrder", { ...order, price: "+5" }, { ...order, price: "5" }],
    ["private/AddOrder", { ...order, price: "5" }, { ...order, price: "5x" }],
    ["private/AddOrder", { ...order, price: "5" }, { ...order, price: "x5" }],
    ["private/AddOrder", { ...order, price: "x5" }, { ...order, price: "y5" }],
    ["private/AddOrder", { ...order, pair: "NEWUSD" }, { ...order, pair: "NEWERUSD" }],
    ["private/AddOrder", { ...order, oflags: "post" }, { ...order, oflags: "post,fciq" }],
    ["private/AddOrderBatch", batch, { ...batch, orders: batch.orders.toReversed() }],
    ["private/Withdraw", { asset: "XBT", key: "7", amount: "1" }, { asset: "XBT", key: "07", amount: "1" }],
    ["private/Withdraw", { asset: "XBT", key: "7", amount: "1" }, { asset: "ETH", key: "7", amount: "1" }],
    ["private/Withdraw", { asset: "XBT", key: "7", amount: "1" }, { asset: "XBT", key: "7", amount: "1.1" }],
    ["private/Withdraw", { asset: "NEW", key: "7", amount: "1" }, { asset: "NEWER", key: "7", amount: "1" }]
  ]
  it.each(different)("%s %j and %j", (endpoint, one, other) => {
    assert.notStrictEqual(identity(endpoint, one), identity(endpoint, other))
  })
})
