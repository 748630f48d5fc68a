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
    ["private/AddOrder", order, { ...order, deadline: "2026-01-01T00:00:05Z" }],
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
})

describe("writes that ask Kraken for different things", () => {
  const different: ReadonlyArray<readonly [Endpoint, Params, Params]> = [
    ["private/AddOrder", order, { ...order, volume: "0.01" }],
    ["private/AddOrder", order, { ...order, type: "sell" }],
    ["private/AddOrder", order, { ...order, pair: "ETHUSD" }],
    ["private/AddOrder", { ...order, cl_ord_id: "10" }, { ...order, cl_ord_id: "10.0" }],
    ["private/AddOrder", { ...order, price: "+5" }, { ...order, price: "5" }],
    ["private/AddOrder", { ...order, oflags: "post" }, { ...order, oflags: "post,fciq" }],
    ["private/AddOrderBatch", batch, { ...batch, orders: batch.orders.toReversed() }],
    ["private/Withdraw", { asset: "XBT", key: "7", amount: "1" }, { asset: "XBT", key: "07", amount: "1" }],
    ["private/Withdraw", { asset: "XBT", key: "7", amount: "1" }, { asset: "ETH", key: "7", amount: "1" }]
  ]
  it.each(different)("%s %j and %j", (endpoint, one, other) => {
    assert.notStrictEqual(identity(endpoint, one), identity(endpoint, other))
  })
})
