import { assert, describe, it } from "@effect/vitest"
import { venue } from "../doubles/TestVenue.ts"

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
