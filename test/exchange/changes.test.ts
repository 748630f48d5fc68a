import { assert, describe, it } from "@effect/vitest"
import { makeTestExchange } from "../doubles/TestExchange.ts"

describe("amending", () => {
  it("keeps the id; a smaller volume keeps the place in the queue, a larger volume or another price does not", () => {
    const v = makeTestExchange()
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
    const v = makeTestExchange()
    const txid = v.order("buy 0.5 limit 49000")
    assert.strictEqual(v.refused("AmendOrder", { txid, limit_price: "50010", post_only: true }), "EOrder:Invalid price")
    v.ok("AmendOrder", { txid, limit_price: "50010" })
    assert.deepInclude(v.see(txid), { status: "closed", price: "50010.00000" })
  })

  it("below the executed volume cancels the rest of the order", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 1.5 limit 50010")
    v.ok("AmendOrder", { txid, order_qty: "0.9" })
    assert.deepInclude(v.see(txid), { status: "canceled", vol_exec: "1.00000000" })
  })

  it("is kept in OrderAmends, with the order itself as the first entry", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.5 limit 49000")
    const { amend_id } = v.ok("AmendOrder", { txid, limit_price: "49100" })
    const { amends, count } = v.ok("OrderAmends", { order_id: txid })
    assert.strictEqual(count, 2)
    assert.deepInclude(amends[0], { amend_type: "original", limit_price: "49000.0" })
    assert.deepInclude(amends[1], { amend_id, amend_type: "user", limit_price: "49100.0", remaining_qty: "0.50000000" })
    assert.typeOf(amends[1].timestamp, "bigint")
  })

  it("works by client id, but not for orders with a conditional close", () => {
    const v = makeTestExchange()
    v.order("buy 0.5 limit 49000", { cl_ord_id: "mine" })
    v.ok("AmendOrder", { cl_ord_id: "mine", order_qty: "0.6" })
    const txid = v.order("buy 0.5 limit 49000", { close: { ordertype: "limit", price: "51000" } })
    assert.strictEqual(v.refused("AmendOrder", { txid, order_qty: "0.6" }), "EOrder:Invalid order")
    assert.strictEqual(v.refused("AmendOrder", { txid: "OAAAAA-BBBBB-CCCCCC", order_qty: "1" }), "EOrder:Unknown order")
  })
})

describe("editing", () => {
  it("replaces the order: a new id, no userref unless given again", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.5 limit 49000", { userref: 7 })
    const edited = v.ok("EditOrder", { txid, pair: "XBTUSD", price: "49500" })
    assert.deepInclude(edited, { status: "ok", originaltxid: txid, orders_cancelled: 1, volume: "0.50000000" })
    assert.strictEqual(v.see(txid).status, "canceled")
    assert.deepInclude(v.see(edited.txid), { status: "open", userref: null })
  })

  it("counts what has been executed towards the new volume", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 1.5 limit 50010")
    const edited = v.ok("EditOrder", { txid, pair: "XBTUSD", volume: "1.2", price: "49000" })
    assert.deepInclude(v.see(edited.txid), { vol: "0.20000000", vol_exec: "0.00000000" })
    const more = v.order("buy 0.1 limit 49000", { cl_ord_id: "mine" })
    assert.strictEqual(v.refused("EditOrder", { txid: more, pair: "XBTUSD", volume: "1" }), "EOrder:Invalid order")
  })
})

describe("the flags of an edited order", () => {
  it("can be repeated; only post can change, and only for orders that can rest", () => {
    const v = makeTestExchange()
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
  it("by id, by userref (all orders that have it), by client id", () => {
    const v = makeTestExchange()
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

  it("in batches skips orders that are no longer open", () => {
    const v = makeTestExchange()
    const ids = [v.order("buy 0.1 limit 49000"), v.order("buy 0.1 limit 49000"), "OAAAAA-BBBBB-CCCCCC"]
    assert.deepStrictEqual(v.ok("CancelOrderBatch", { orders: ids }), { count: 2 })
    assert.strictEqual(
      v.refused("CancelOrderBatch", { orders: Array(51).fill("x") }),
      "EGeneral:Invalid arguments:orders"
    )
  })

  it("all orders: at once, or when the timer of CancelAllOrdersAfter runs out", () => {
    const v = makeTestExchange()
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

  it("are refused completely if one order is invalid", () => {
    const v = makeTestExchange()
    const orders = [order, { ...order, volume: "0" }]
    assert.strictEqual(v.refused("AddOrderBatch", { pair: "XBTUSD", orders }), "EGeneral:Invalid arguments:volume")
    assert.deepStrictEqual(v.ok("OpenOrders"), { open: {} })
    assert.strictEqual(
      v.refused("AddOrderBatch", { pair: "XBTUSD", orders: [order] }),
      "EGeneral:Invalid arguments:orders"
    )
  })

  it("are accepted or refused by the engine order by order", () => {
    const v = makeTestExchange()
    const { orders } = v.ok("AddOrderBatch", { pair: "XBTUSD", orders: [order, { ...order, volume: "1.1" }, order] })
    assert.strictEqual(orders[1].error, "EOrder:Insufficient funds")
    assert.isUndefined(orders[1].txid)
    assert.lengthOf(Object.keys(v.ok("OpenOrders").open), 2)
  })
})

describe("relative prices of an amendment", () => {
  const amend = (v: ReturnType<typeof makeTestExchange>, txid: string, change: object) =>
    v.ok("AmendOrder", { txid, ...change })

  it("count from the last price for a stop", () => {
    const v = makeTestExchange()
    const stop = v.order("sell 0.1 stop-loss-limit 48000 47900")
    amend(v, stop, { trigger_price: "-600", limit_price: "-2%" })
    assert.deepInclude(v.see(stop).descr, { price: "49400.0", price2: "49000.0" })
    const buy = v.order("buy 0.1 stop-loss 51000")
    amend(v, buy, { trigger_price: "+2%" })
    assert.strictEqual(v.see(buy).descr.price, "51000.0")
    const target = v.order("sell 0.1 take-profit 52000")
    amend(v, target, { trigger_price: "+600" })
    assert.strictEqual(v.see(target).descr.price, "50600.0")
  })

  it("are the new distance of a trailing stop, counted from the market, and the new offset of its limit", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "51000"],
        [120, "50800"]
      ]
    })
    const txid = v.order("sell 0.1 trailing-stop-limit +1000 -50")
    v.wait(120)
    assert.strictEqual(Number(v.see(txid).stopprice), 50000)
    amend(v, txid, { limit_price: "-60" })
    assert.deepInclude(v.see(txid).descr, { price: "+1000.0", price2: "-60.0" })
    assert.strictEqual(Number(v.see(txid).stopprice), 50000)
    amend(v, txid, { trigger_price: "+600" })
    assert.deepInclude(v.see(txid).descr, { price: "+600.0", price2: "-60.0" })
    assert.strictEqual(Number(v.see(txid).stopprice), 50200)
    amend(v, txid, { trigger_price: "+2%" })
    assert.strictEqual(v.see(txid).descr.price, "+2.0000%")
  })

  it("must be relative for a trailing stop, and never choose their direction", () => {
    const v = makeTestExchange()
    const trailing = v.order("sell 0.1 trailing-stop +1000")
    const stop = v.order("sell 0.1 stop-loss 48000")
    const fault = "EGeneral:Invalid arguments:trigger_price"
    for (const trigger_price of ["49000", "-600", "+0"])
      assert.strictEqual(v.refused("AmendOrder", { txid: trailing, trigger_price }), fault)
    assert.strictEqual(v.refused("AmendOrder", { txid: stop, trigger_price: "#5%" }), fault)
    assert.strictEqual(
      v.refused("AmendOrder", { txid: trailing, limit_price: "-60" }),
      "EGeneral:Invalid arguments:limit_price"
    )
  })

  it("must leave a trigger on its side of the market", () => {
    const v = makeTestExchange()
    const stop = v.order("sell 0.1 stop-loss 48000")
    for (const trigger_price of ["+5%", "50000", "52500"])
      assert.strictEqual(v.refused("AmendOrder", { txid: stop, trigger_price }), "EOrder:Invalid price")
    assert.deepInclude(v.see(stop), { status: "open", misc: "" })
    const buy = v.order("buy 0.1 take-profit 48000")
    assert.strictEqual(v.refused("AmendOrder", { txid: buy, trigger_price: "+1" }), "EOrder:Invalid price")
  })

  it("work as before for commands under the first rules", () => {
    const v = makeTestExchange({ settings: { rules: 1 } })
    const trailing = v.order("sell 0.1 trailing-stop +1000")
    assert.strictEqual(
      v.refused("AmendOrder", { txid: trailing, trigger_price: "+600" }),
      "EGeneral:Invalid arguments:trigger_price"
    )
    const stop = v.order("sell 0.1 stop-loss 48000")
    amend(v, stop, { trigger_price: "#5%" })
    assert.strictEqual(v.see(stop).status, "closed")
  })
})

describe("a batch", () => {
  it("is answered with each order's text beside its id, and in its description", () => {
    const v = makeTestExchange()
    const order = { type: "buy", ordertype: "limit", price: "49000", volume: "0.1" }
    const { orders } = v.ok("AddOrderBatch", { pair: "XBTUSD", orders: [order, order] })
    const text = "buy 0.10000000 XBTUSD @ limit 49000.0"
    for (const row of orders) assert.deepInclude(row, { order: text, descr: { order: text } })
  })

  it("is cancelled by ids and by userrefs, as numbers or as text", () => {
    const v = makeTestExchange()
    const limit = "buy 0.1 limit 49000"
    const txid = v.order(limit)
    for (const userref of [5, 5, 6, -7]) v.order(limit, { userref })
    assert.deepStrictEqual(v.ok("CancelOrderBatch", { orders: [txid, 5, "6", -7] }), { count: 5 })
  })
})
