import { assert, describe, it } from "@effect/vitest"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const order = { pair: "XBTUSD", type: "buy", volume: "0.1", validate: true }

describe("the description of an order that is placed", () => {
  it.each([
    [{ ordertype: "limit", price: "+1000" }, "limit +1000.0"],
    [{ ordertype: "limit", price: "-2%" }, "limit -2.0000%"],
    [{ ordertype: "limit", price: "#10%" }, "limit #10.0000%"],
    [{ ordertype: "limit", price: "37500" }, "limit 37500.0"],
    [{ ordertype: "stop-loss", price: "+2.5%" }, "stop loss +2.5000%"],
    [{ ordertype: "stop-loss-limit", price: "51000", price2: "+100" }, "stop loss 51000.0 -> limit +100.0"],
    [{ ordertype: "trailing-stop-limit", price: "+1000", price2: "-1%" }, "trailing stop +1000.0 -> limit -1.0000%"]
  ] as const)("keeps relative prices of %j", (prices, text) => {
    const v = makeTestExchange()
    const descr = { order: `buy 0.10000000 XBTUSD @ ${text}` }
    assert.deepStrictEqual(v.ok("AddOrder", { ...order, ...prices }), { descr })
    const orders = [
      { ...order, ...prices },
      { ...order, ...prices }
    ]
    assert.deepStrictEqual(v.ok("AddOrderBatch", { pair: "XBTUSD", orders, validate: true }).orders, [
      { ...descr, descr },
      { ...descr, descr }
    ])
  })

  it("keeps relative prices of an edit and of a conditional close", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.1 limit 40000")
    const edit = { txid, pair: "XBTUSD", price: "-20%", validate: true }
    assert.strictEqual(v.ok("EditOrder", edit).descr.order, "buy 0.10000000 XBTUSD @ limit -20.0000%")
    const close = { ordertype: "stop-loss-limit", price: "-2%", price2: "-50" }
    const { descr } = v.ok("AddOrder", { ...order, ordertype: "limit", price: "40000", close })
    assert.strictEqual(descr.close, "close position @ stop loss -2.0000% -> limit -50.0")
  })

  it("has the resolved price once the order is listed", () => {
    const v = makeTestExchange()
    assert.deepInclude(v.see(v.order("buy 0.1 limit -2%")).descr, {
      price: "49000.0",
      order: "buy 0.10000000 XBTUSD @ limit 49000.0"
    })
  })

  it("has eight decimals for an amount to spend", () => {
    const v = makeTestExchange()
    const { descr } = v.ok("AddOrder", { ...order, ordertype: "market", volume: "50.5", oflags: "viqc" })
    assert.strictEqual(descr.order, "buy 50.50000000 XBTUSD @ market")
  })
})

describe("a price with too many digits", () => {
  it.each([
    ["AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "1", price: "40000.12" }],
    ["EditOrder", { pair: "XBTUSD", price: "40000.12" }],
    ["AmendOrder", { limit_price: "40000.12" }]
  ])("is refused by %s with the pair and its decimals", (endpoint, params) => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.1 limit 40000")
    assert.strictEqual(
      v.refused(endpoint, { txid, ...params }),
      "EOrder:Invalid price:XXBTZUSD price can only be specified up to 1 decimals."
    )
  })
})

describe("ids that the account does not have", () => {
  it("are an invalid order, whether they are unknown or those of another account", () => {
    const v = makeTestExchange()
    v.open("bob", { USD: "100000" })
    const txid = v.order("buy 1 market", {}, "bob")
    const [trade] = v.see(txid, "bob").trades
    for (const id of [txid, "OAAAAA-BBBBB-CCCCCC"])
      assert.strictEqual(v.refused("QueryOrders", { txid: id }), "EOrder:Invalid order")
    for (const id of [trade, "TAAAAA-BBBBB-CCCCCC"])
      assert.strictEqual(v.refused("QueryTrades", { txid: id }), "EOrder:Invalid order")
  })
})

describe("prices of an order", () => {
  it("have the cost decimals of its pair", () => {
    const v = makeTestExchange()
    assert.deepInclude(v.see(v.order("sell 0.1 limit 60000")), {
      price: "0.00000",
      stopprice: "0.00000",
      limitprice: "0.00000"
    })
    assert.strictEqual(v.see(v.order("buy 1.5 market")).price, "50013.33333")
    assert.strictEqual(v.see(v.order("sell 1 trailing-stop +1000")).stopprice, "49020.00000")
  })
})
