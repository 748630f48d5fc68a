import { assert, describe, it } from "@effect/vitest"
import { makeTestExchange } from "../doubles/TestExchange.ts"

describe("order types", () => {
  it("a market order executes level by level, with slippage", () => {
    const v = makeTestExchange()
    const order = v.see(v.order("buy 1.5 market"))
    assert.strictEqual(order.status, "closed")
    // 1 at 50010 and 0.5 at 50020.
    assert.strictEqual(order.cost, "75020.00000")
    assert.strictEqual(order.fee, "300.08000")
    assert.strictEqual(order.price, "50013.33333")
    assert.lengthOf(order.trades, 2)
    assert.deepStrictEqual(v.ok("Balance"), { ZUSD: "24679.9200", XXBT: "11.5000000000" })
  })

  it("volume taken from the market stays taken until the market moves", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "50000"]
      ]
    })
    assert.strictEqual(v.see(v.order("sell 1 market")).price, "49990.00000")
    assert.strictEqual(v.see(v.order("sell 1 market")).price, "49980.00000")
    assert.strictEqual(v.ok("public/Depth", { pair: "XBTUSD" }).XXBTZUSD.bids[0][0], "49970.00000")
    v.wait(60)
    assert.strictEqual(v.see(v.order("sell 1 market")).price, "49990.00000")
  })

  it("a market order that empties the book ends partly executed", () => {
    const v = makeTestExchange()
    v.open("whale", { XBT: "50" })
    const order = v.see(v.order("sell 11 market", {}, "whale"), "whale")
    assert.deepInclude(order, { status: "canceled", reason: "Insufficient liquidity", vol_exec: "10.00000000" })
    assert.strictEqual(order.misc, "partial")
  })

  it("a limit order rests, holds its funds, and fills as a maker when the market reaches it", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "48990"]
      ]
    })
    const txid = v.order("buy 0.5 limit 49000")
    assert.deepInclude(v.see(txid), { status: "open", vol_exec: "0.00000000", price: "0.00000" })
    assert.strictEqual(v.ok("BalanceEx").ZUSD.hold_trade, "24598.0000")
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "closed", price: "49000.00000", fee: "61.25000" })
    assert.strictEqual(v.ok("BalanceEx").ZUSD.hold_trade, "0.0000")
    const [trade] = Object.values<{ maker: boolean }>(v.ok("TradesHistory").trades)
    assert.isTrue(trade!.maker)
  })

  it("a limit order that crosses executes up to its limit and rests with the remaining volume", () => {
    const v = makeTestExchange()
    const txid = v.order("sell 2.5 limit 49980")
    assert.deepInclude(v.see(txid), { status: "open", vol_exec: "2.00000000", price: "49985.00000" })
    assert.strictEqual(
      v.ok("public/Depth", { pair: "XBTUSD" }).XXBTZUSD.asks[0].slice(0, 2).join(),
      "49980.00000,0.50000000"
    )
  })

  it("a stop-loss becomes a market order", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "49000"],
        [120, "48000"]
      ]
    })
    const txid = v.order("sell 1 stop-loss 48500")
    v.wait(60)
    assert.strictEqual(v.see(txid).status, "open")
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "closed", price: "47990.00000", misc: "stopped" })
  })

  it("a stop-loss-limit rests at its limit once triggered", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "48000"],
        [120, "48500"]
      ]
    })
    const txid = v.order("sell 1 stop-loss-limit 48500 48400")
    assert.strictEqual(v.see(txid).descr.order, "sell 1.00000000 XBTUSD @ stop loss 48500.0 -> limit 48400.0")
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "open", limitprice: "48400.00000" })
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "closed", price: "48400.00000" })
  })

  it("take-profit and take-profit-limit trigger in the opposite direction", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "51000"]
      ]
    })
    const market = v.order("sell 1 take-profit 50500")
    const limit = v.order("sell 1 take-profit-limit 50500 50400")
    v.wait(60)
    assert.deepInclude(v.see(market), { status: "closed", price: "50990.00000", misc: "touched" })
    assert.deepInclude(v.see(limit), { status: "closed", price: "50980.00000" })
  })

  it("a stop whose trigger is already reached is cancelled at once", () => {
    const v = makeTestExchange()
    const order = v.see(v.order("sell 1 stop-loss 50500"))
    assert.deepInclude(order, { status: "canceled", reason: "Order would trigger immediately" })
  })

  it("a trailing stop follows the best price and sells when the price falls back by its distance", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "51000"],
        [120, "50600"],
        [180, "50400"]
      ]
    })
    const txid = v.order("sell 1 trailing-stop +1%")
    assert.strictEqual(v.see(txid).stopprice, "49500.00000")
    v.wait(120)
    assert.deepInclude(v.see(txid), { status: "open", stopprice: "50490.00000" })
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "closed", price: "50390.00000" })
    assert.strictEqual(v.see(txid).descr.order, "sell 1.00000000 XBTUSD @ trailing stop +1.0000%")
  })

  it("a trailing-stop-limit places its limit at an offset from the trigger", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [60, "49000"]
      ]
    })
    const txid = v.order("sell 1 trailing-stop-limit +500 -100")
    v.wait(60)
    assert.deepInclude(v.see(txid), { status: "open", stopprice: "49500.00000", limitprice: "49400.00000" })
  })

  it("an iceberg shows one part at a time, and each new part goes to the end of the queue", () => {
    const v = makeTestExchange()
    v.open("bob", { USD: "100000", XBT: "1" })
    const big = v.order("sell 3 iceberg 50005", { displayvol: "1" })
    const small = v.order("sell 1 limit 50005", {}, "bob")
    assert.strictEqual(v.ok("public/Depth", { pair: "XBTUSD" }).XXBTZUSD.asks[0][1], "2.00000000")
    v.open("eve", { USD: "200000" })
    v.order("buy 1.5 limit 50005", {}, "eve")
    // One of the iceberg, then half of bob's order, which is older than the iceberg's next part.
    assert.strictEqual(v.see(big).vol_exec, "1.00000000")
    assert.strictEqual(v.see(small, "bob").vol_exec, "0.50000000")
  })

  it("margin is refused with an explanation", () => {
    const v = makeTestExchange()
    const limit = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "1" }
    for (const change of [{ leverage: "2" }, { reduce_only: true }, { ordertype: "settle-position" }])
      assert.match(v.refused("AddOrder", { ...limit, ...change }), /^E\w+:.*\bmargin\b/)
  })
})
