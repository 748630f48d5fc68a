import { assert, describe, it } from "@effect/vitest"
import { venue } from "../doubles/TestVenue.ts"

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
