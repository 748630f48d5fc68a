import { assert, describe, it } from "@effect/vitest"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const trading = () => {
  const v = makeTestExchange({ market: syntheticMarket() })
  v.open("bea", { USD: "100000", EUR: "100000", XBT: "5", ETH: "50", DOGE: "500000" })
  return v
}

describe("booleans as Python writes them", () => {
  it.each(["DepositStatus", "WithdrawStatus"])("decide over the pages of %s", (endpoint) => {
    const v = makeTestExchange()
    assert.isArray(v.ok(endpoint, { cursor: "False" }))
    assert.property(v.ok(endpoint, { cursor: "True" }), "next_cursor")
    assert.property(v.ok(endpoint, { cursor: true }), "next_cursor")
  })

  it("are flags everywhere else, too", () => {
    const v = makeTestExchange()
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
    const v = makeTestExchange({ market: syntheticMarket() })
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
    const v = makeTestExchange({ settings: { rules: 1 } })
    assert.strictEqual(v.refused("AddOrder", { ...limit, pair: "BTCUSD" }), "EQuery:Unknown asset pair")
    v.ok("control/Rules", { revision: 2 })
    v.ok("AddOrder", { ...limit, pair: "BTCUSD" })
  })
})

describe("an empty list of names", () => {
  it("asks for all", () => {
    const v = makeTestExchange({ market: syntheticMarket() })
    assert.deepStrictEqual(v.ok("public/Ticker", { pair: "" }), v.ok("public/Ticker"))
    assert.deepStrictEqual(v.ok("public/AssetPairs", { pair: "" }), v.ok("public/AssetPairs"))
    assert.deepStrictEqual(v.ok("public/Assets", { asset: "" }), v.ok("public/Assets"))
    assert.deepStrictEqual(v.ok("TradeVolume", { pair: "" }), v.ok("TradeVolume"))
  })
})

describe("an offset of zero", () => {
  const trailing = { pair: "XBTUSD", type: "sell", ordertype: "trailing-stop-limit", volume: "0.1", price: "+500" }

  it("puts the limit of a trailing stop at its trigger", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "49500"]
      ]
    })
    const [txid] = v.ok("AddOrder", { ...trailing, price2: "+0" }).txid
    v.wait(60)
    assert.deepInclude(v.see(txid).descr, { price: "+500.0", price2: "+0.0" })
    assert.strictEqual(Number(v.see(txid).limitprice), 49500)
  })

  it("is kept by an edit", () => {
    const v = makeTestExchange()
    const [txid] = v.ok("AddOrder", { ...trailing, price2: "-0" }).txid
    const edited = v.ok("EditOrder", { pair: "XBTUSD", txid, volume: "0.2" })
    assert.deepInclude(v.see(edited.txid).descr, { price: "+500.0", price2: "+0.0" })
  })

  it("puts the limit of a stop at its trigger, and an order at the last price", () => {
    const v = makeTestExchange()
    const stop = { pair: "XBTUSD", type: "sell", ordertype: "stop-loss-limit", volume: "0.1", price: "49000" }
    assert.deepInclude(v.see(v.ok("AddOrder", { ...stop, price2: "-0%" }).txid[0]).descr, { price2: "49000.0" })
    assert.deepInclude(v.see(v.order("sell 0.1 limit +0")).descr, { price: "50000.0" })
  })

  it("is refused as a trailing distance, as an absolute price, and to commands under the first rules", () => {
    const v = makeTestExchange()
    const fault = "EGeneral:Invalid arguments:"
    assert.strictEqual(v.refused("AddOrder", { ...trailing, price: "+0", price2: "+0" }), `${fault}price`)
    assert.strictEqual(v.refused("AddOrder", { ...limit, price: "0" }), `${fault}price`)
    const early = makeTestExchange({ settings: { rules: 1 } })
    assert.strictEqual(early.refused("AddOrder", { ...trailing, price2: "+0" }), `${fault}price2`)
  })
})

describe("an order that is only validated", () => {
  it("needs no funds, and is answered with its description", () => {
    const v = makeTestExchange()
    const order = { ...limit, volume: "1000" }
    const descr = { order: "buy 1000.00000000 XBTUSD @ limit 40000.0" }
    assert.strictEqual(v.refused("AddOrder", order), "EOrder:Insufficient funds")
    assert.deepStrictEqual(v.ok("AddOrder", { ...order, validate: true }), { descr })
    assert.deepStrictEqual(v.ok("AddOrderBatch", { pair: "XBTUSD", orders: [order, order], validate: true }), {
      orders: [
        { ...descr, descr },
        { ...descr, descr }
      ]
    })
    const txid = v.order("buy 0.1 limit 40000")
    const edit = { txid, pair: "XBTUSD", volume: "1000" }
    assert.strictEqual(v.refused("EditOrder", edit), "EOrder:Insufficient funds")
    assert.deepStrictEqual(v.ok("EditOrder", { ...edit, validate: true }).descr, descr)
    assert.sameMembers(Object.keys(v.ok("OpenOrders").open), [txid])
  })

  it("is still checked otherwise", () => {
    const v = makeTestExchange()
    assert.strictEqual(
      v.refused("AddOrder", { ...limit, volume: "0.00000001", validate: true }),
      "EGeneral:Invalid arguments:volume minimum not met"
    )
  })

  it("needs funds under the first rules", () => {
    const v = makeTestExchange({ settings: { rules: 1 } })
    assert.strictEqual(v.refused("AddOrder", { ...limit, volume: "1000", validate: true }), "EOrder:Insufficient funds")
  })
})

describe("fee_schedule", () => {
  it("is taken only as JSON spells it", () => {
    const v = makeTestExchange()
    const ask = (fee_schedule: unknown) => v.ask("TradeVolume", { pair: "XBTUSD", fee_schedule })
    assert.lengthOf(v.ok("TradeVolume", { pair: "XBTUSD", fee_schedule: "true" }).schedules, 1)
    assert.deepStrictEqual(ask(true), ask("true"))
    assert.notProperty(v.ok("TradeVolume", { pair: "XBTUSD", fee_schedule: "false" }), "schedules")
    for (const word of ["True", "False"])
      assert.deepStrictEqual(ask(word), { errors: ["EGeneral:Invalid arguments:fee_schedule"] })
  })
})
