import { assert, describe, it } from "@effect/vitest"
import { venue } from "../doubles/TestVenue.ts"

describe("amending", () => {
  it("keeps the id; less keeps the place in the queue, more and another price lose it", () => {
    const v = venue()
    v.open("bob", { USD: "100000" })
    v.open("eve", { XBT: "9" })
    const first = v.order("buy 0.5 limit 50000")
    const second = v.order("buy 0.5 limit 50000", {}, "bob")
    v.ok("AmendOrder", { txid: first, order_qty: "0.4" })
    v.order("sell 0.4 limit 50000", {}, "eve")
    assert.strictEqual(v.see(first).status, "closed")
    const third = v.order("buy 0.5 limit 50000")
    v.ok("AmendOrder", { txid: second, order_qty: "0.6" }, "bob")
    v.order("sell 0.5 limit 50000", {}, "eve")
    assert.strictEqual(v.see(third).status, "closed")
    assert.deepInclude(v.see(second, "bob"), { vol: "0.60000000", vol_exec: "0.00000000", misc: "amended" })
  })

  it("to a price that crosses executes, unless post_only", () => {
    const v = venue()
    const txid = v.order("buy 0.5 limit 49000")
    assert.strictEqual(v.refused("AmendOrder", { txid, limit_price: "50010", post_only: true }), "EOrder:Invalid price")
    v.ok("AmendOrder", { txid, limit_price: "50010" })
    assert.deepInclude(v.see(txid), { status: "closed", price: "50010.0" })
  })

  it("below what is filled cancels the rest", () => {
    const v = venue()
    const txid = v.order("buy 1.5 limit 50010")
    v.ok("AmendOrder", { txid, order_qty: "0.9" })
    assert.deepInclude(v.see(txid), { status: "canceled", vol_exec: "1.00000000" })
  })

  it("is kept in OrderAmends, with the order itself as the first entry", () => {
    const v = venue()
    const txid = v.order("buy 0.5 limit 49000")
    const { amend_id } = v.ok("AmendOrder", { txid, limit_price: "49100" })
    const { amends, count } = v.ok("OrderAmends", { order_id: txid })
    assert.strictEqual(count, 2)
    assert.deepInclude(amends[0], { amend_type: "original", limit_price: "49000.0" })
    assert.deepInclude(amends[1], { amend_id, amend_type: "user", limit_price: "49100.0", remaining_qty: "0.50000000" })
    assert.typeOf(amends[1].timestamp, "bigint")
  })

  it("by client id; not for orders with a conditional close", () => {
    const v = venue()
    v.order("buy 0.5 limit 49000", { cl_ord_id: "mine" })
    v.ok("AmendOrder", { cl_ord_id: "mine", order_qty: "0.6" })
    const txid = v.order("buy 0.5 limit 49000", { close: { ordertype: "limit", price: "51000" } })
    assert.strictEqual(v.refused("AmendOrder", { txid, order_qty: "0.6" }), "EOrder:Invalid order")
    assert.strictEqual(v.refused("AmendOrder", { txid: "OAAAAA-BBBBB-CCCCCC", order_qty: "1" }), "EOrder:Unknown order")
  })
})

describe("editing", () => {
  it("replaces the order: a new id, no userref unless given again", () => {
    const v = venue()
    const txid = v.order("buy 0.5 limit 49000", { userref: 7 })
    const edited = v.ok("EditOrder", { txid, pair: "XBTUSD", price: "49500" })
    assert.deepInclude(edited, { status: "ok", originaltxid: txid, orders_cancelled: 1, volume: "0.50000000" })
    assert.strictEqual(v.see(txid).status, "canceled")
    assert.deepInclude(v.see(edited.txid), { status: "open", userref: null })
  })

  it("counts what has been executed towards the new volume", () => {
    const v = venue()
    const txid = v.order("buy 1.5 limit 50010")
    const edited = v.ok("EditOrder", { txid, pair: "XBTUSD", volume: "1.2", price: "49000" })
    assert.deepInclude(v.see(edited.txid), { vol: "0.20000000", vol_exec: "0.00000000" })
    const more = v.order("buy 0.1 limit 49000", { cl_ord_id: "mine" })
    assert.strictEqual(v.refused("EditOrder", { txid: more, pair: "XBTUSD", volume: "1" }), "EOrder:Invalid order")
  })
})

describe("the flags of an edited order", () => {
  it("can be restated; only post can change, and only where an order can rest", () => {
    const v = venue()
    const txid = v.order("buy 0.5 limit 49000", { oflags: "fciq" })
    const edit = (order: string, oflags: string) => ({ txid: order, pair: "XBTUSD", price: "48000", oflags })
    for (const oflags of ["fcib", "viqc", "none"]) {
      assert.strictEqual(v.refused("EditOrder", edit(txid, oflags)), "EGeneral:Invalid arguments:oflags")
    }
    assert.strictEqual(v.see(v.ok("EditOrder", edit(txid, "fciq,post")).txid).oflags, "post,fciq")
    const stop = v.order("sell 0.5 stop-loss 49000")
    assert.strictEqual(v.refused("EditOrder", edit(stop, "post")), "EGeneral:Invalid arguments:oflags")
  })
})

describe("cancelling", () => {
  it("by id, by userref (all that share it), by client id", () => {
    const v = venue()
    v.order("buy 0.1 limit 49000", { userref: 5 })
    v.order("buy 0.1 limit 49000", { userref: 5 })
    v.order("buy 0.1 limit 49000", { cl_ord_id: "mine" })
    const txid = v.order("buy 0.1 limit 49000")
    assert.deepStrictEqual(v.ok("CancelOrder", { txid: 5 }), { count: 2 })
    assert.deepStrictEqual(v.ok("CancelOrder", { cl_ord_id: "mine" }), { count: 1 })
    assert.deepStrictEqual(v.ok("CancelOrder", { txid }), { count: 1 })
    assert.deepInclude(v.see(txid), { status: "canceled", reason: "User requested" })
    assert.strictEqual(v.refused("CancelOrder", { txid }), "EOrder:Unknown order")
  })

  it("in batches: some may be gone", () => {
    const v = venue()
    const ids = [v.order("buy 0.1 limit 49000"), v.order("buy 0.1 limit 49000"), "OAAAAA-BBBBB-CCCCCC"]
    assert.deepStrictEqual(v.ok("CancelOrderBatch", { orders: ids }), { count: 2 })
    assert.strictEqual(
      v.refused("CancelOrderBatch", { orders: Array(51).fill("x") }),
      "EGeneral:Invalid arguments:orders"
    )
  })

  it("all, now or when nobody winds the switch up again", () => {
    const v = venue()
    v.order("buy 0.1 limit 49000")
    v.order("sell 0.1 stop-loss 48000")
    assert.deepStrictEqual(v.ok("CancelAll"), { count: 2 })
    const txid = v.order("buy 0.1 limit 49000")
    assert.deepStrictEqual(v.ok("CancelAllOrdersAfter", { timeout: 60 }), {
      currentTime: "2026-09-21T09:00:00Z",
      triggerTime: "2026-09-21T09:01:00Z"
    })
    v.wait(50)
    v.ok("CancelAllOrdersAfter", { timeout: 60 })
    v.wait(50)
    assert.strictEqual(v.see(txid).status, "open")
    v.wait(10)
    assert.strictEqual(v.see(txid).status, "canceled")
    v.ok("CancelAllOrdersAfter", { timeout: 60 })
    assert.strictEqual(v.ok("CancelAllOrdersAfter", { timeout: 0 }).triggerTime, "0")
  })
})

describe("batches", () => {
  const order = { type: "buy", ordertype: "limit", price: "49000", volume: "1" }

  it("are refused whole if one order is not valid", () => {
    const v = venue()
    const orders = [order, { ...order, volume: "0" }]
    assert.strictEqual(v.refused("AddOrderBatch", { pair: "XBTUSD", orders }), "EGeneral:Invalid arguments:volume")
    assert.deepStrictEqual(v.ok("OpenOrders"), { open: {} })
    assert.strictEqual(
      v.refused("AddOrderBatch", { pair: "XBTUSD", orders: [order] }),
      "EGeneral:Invalid arguments:orders"
    )
  })

  it("are taken one by one by the engine", () => {
    const v = venue()
    const { orders } = v.ok("AddOrderBatch", { pair: "XBTUSD", orders: [order, { ...order, volume: "1.1" }, order] })
    assert.strictEqual(orders[1].error, "EOrder:Insufficient funds")
    assert.isUndefined(orders[1].txid)
    assert.lengthOf(Object.keys(v.ok("OpenOrders").open), 2)
  })
})
