import { assert, describe, it } from "@effect/vitest"
import { venue } from "../doubles/TestVenue.ts"

describe("a price with too many digits", () => {
  it.each([
    ["AddOrder", { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "1", price: "40000.12" }],
    ["EditOrder", { pair: "XBTUSD", price: "40000.12" }],
    ["AmendOrder", { limit_price: "40000.12" }]
  ])("is refused by %s with the pair and its decimals", (endpoint, params) => {
    const v = venue()
    const txid = v.order("buy 0.1 limit 40000")
    assert.strictEqual(
      v.refused(endpoint, { txid, ...params }),
      "EOrder:Invalid price:XXBTZUSD price can only be specified up to 1 decimals."
    )
  })
})

describe("ids that the account does not have", () => {
  it("are an invalid order, whether they are unknown or those of another account", () => {
    const v = venue()
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
    const v = venue()
    assert.deepInclude(v.see(v.order("sell 0.1 limit 60000")), {
      price: "0.00000",
      stopprice: "0.00000",
      limitprice: "0.00000"
    })
    assert.strictEqual(v.see(v.order("buy 1.5 market")).price, "50013.33333")
    assert.strictEqual(v.see(v.order("sell 1 trailing-stop +1000")).stopprice, "49020.00000")
  })
})
