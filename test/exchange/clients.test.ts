import { assert, describe, it } from "@effect/vitest"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/SyntheticMarket.ts"
import { venue } from "../doubles/TestVenue.ts"

const trading = () => {
  const v = venue({ market: syntheticMarket() })
  v.open("bea", { USD: "100000", EUR: "100000", XBT: "5", ETH: "50", DOGE: "500000" })
  return v
}

describe("booleans as Python writes them", () => {
  it.each(["DepositStatus", "WithdrawStatus"])("decide over the pages of %s", (endpoint) => {
    const v = venue()
    assert.isArray(v.ok(endpoint, { cursor: "False" }))
    assert.property(v.ok(endpoint, { cursor: "True" }), "next_cursor")
    assert.property(v.ok(endpoint, { cursor: true }), "next_cursor")
  })

  it("are flags everywhere else, too", () => {
    const v = venue()
    const txid = v.order("buy 1 market")
    const [order] = Object.values<{ trades?: unknown }>(v.ok("ClosedOrders", { trades: "True" }).closed)
    assert.isDefined(order?.trades)
    assert.notProperty(v.ok("ClosedOrders", { without_count: "True" }), "count")
    assert.notProperty(v.ok("QueryOrders", { txid, trades: "False" })[txid], "trades")
    assert.lengthOf(v.ok("WithdrawAddresses", { verified: "False" }), 1)
    assert.notProperty(v.ok("AddOrder", { ...limit, validate: "True" }), "txid")
  })
})

const limit = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "40000" }

/** Common names, and Kraken's own ids. */
const common = [
  ["BTCUSD", "XXBTZUSD"],
  ["btcusd", "XXBTZUSD"],
  ["DOGEUSD", "XDGUSD"],
  ["BTCEUR", "XXBTZEUR"],
  ["ETHBTC", "XETHXXBT"]
] as const

describe("a pair's common name without a slash", () => {
  it.each(common)("%s is answered as %s by all public endpoints that take a pair", (name, id) => {
    const v = trading()
    for (const endpoint of ["Ticker", "OHLC", "Depth", "Trades", "Spread", "AssetPairs"])
      assert.property(v.ok(`public/${endpoint}`, { pair: name }), id, endpoint)
    assert.strictEqual(v.ok("public/GroupedBook", { pair: name }).pair, v.ok("public/GroupedBook", { pair: id }).pair)
    assert.deepStrictEqual(v.ok("Level3", { pair: name }), v.ok("Level3", { pair: id }))
  })

  it.each(common)("%s is %s for orders and fees", (name, id) => {
    const v = trading()
    const { altname, ordermin } = v.ok("public/AssetPairs", { pair: id })[id]
    const order = { type: "sell", ordertype: "limit", volume: ordermin * 2, price: "+50%" }
    const placed = v.ok("AddOrder", { ...order, pair: name }, "bea")
    const [txid] = placed.txid
    assert.include(placed.descr.order, altname)
    const edited = v.ok("EditOrder", { txid, pair: name, volume: ordermin * 4 }, "bea")
    assert.strictEqual(edited.originaltxid, txid)
    assert.lengthOf(v.ok("AddOrderBatch", { pair: name, orders: [order, order] }, "bea").orders, 2)
    assert.property(v.ok("TradeVolume", { pair: name }).fees, id)
  })

  it("never hides a name that Kraken lists", () => {
    const v = venue({ market: syntheticMarket() })
    for (const pair of v.x.catalogue.pairs.values())
      for (const name of [pair.id, pair.altname, pair.display]) {
        const params = { pair: name, aclass_base: pair.base.class }
        assert.strictEqual(
          Object.values<{ altname: string }>(v.ok("public/AssetPairs", params))[0]?.altname,
          pair.altname
        )
      }
    assert.strictEqual(v.refused("public/Ticker", { pair: "XBT/USD" }), "EQuery:Unknown asset pair")
  })

  it("stays unknown to commands under the first rules", () => {
    const v = venue({ settings: { rules: 1 } })
    assert.strictEqual(v.refused("AddOrder", { ...limit, pair: "BTCUSD" }), "EQuery:Unknown asset pair")
    v.ok("control/Rules", { revision: 2 })
    v.ok("AddOrder", { ...limit, pair: "BTCUSD" })
  })
})

describe("an empty list of names", () => {
  it("asks for all", () => {
    const v = venue({ market: syntheticMarket() })
    assert.deepStrictEqual(v.ok("public/Ticker", { pair: "" }), v.ok("public/Ticker"))
    assert.deepStrictEqual(v.ok("public/AssetPairs", { pair: "" }), v.ok("public/AssetPairs"))
    assert.deepStrictEqual(v.ok("public/Assets", { asset: "" }), v.ok("public/Assets"))
    assert.deepStrictEqual(v.ok("TradeVolume", { pair: "" }), v.ok("TradeVolume"))
  })
})
