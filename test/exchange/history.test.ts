import { assert, describe, it } from "@effect/vitest"
import { opening } from "../doubles/TestMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const second = (seconds: number) => opening / 1000 + seconds

/** Places and cancels sixty orders, one a second, and returns their ids in order. */
const sixty = () => {
  const v = makeTestExchange()
  const ids = Array.from({ length: 60 }, () => {
    v.wait(1)
    const txid = v.order("buy 0.001 limit 49000")
    v.ok("CancelOrder", { txid })
    return txid
  })
  return { v, ids, page: (params: object): ReadonlyArray<string> => Object.keys(v.ok("ClosedOrders", params).closed) }
}

describe("paging", () => {
  it("gives 50 entries a page, newest first, and counts them all", () => {
    const { ids, page, v } = sixty()
    assert.strictEqual(v.ok("ClosedOrders").count, 60)
    assert.deepStrictEqual(page({}), ids.toReversed().slice(0, 50))
    assert.deepStrictEqual(page({ ofs: 50 }), ids.toReversed().slice(50))
    assert.notProperty(v.ok("ClosedOrders", { without_count: true }), "count")
  })

  it("begins after start and ends with end, whether times or ids", () => {
    const { ids, page } = sixty()
    assert.deepStrictEqual(page({ start: second(10), end: second(12) }), ids.slice(10, 12).toReversed())
    assert.deepStrictEqual(page({ start: ids[9], end: ids[11] }), ids.slice(10, 12).toReversed())
  })

  it("applies the range to the opening, the closing, or either", () => {
    const v = makeTestExchange()
    const txid = v.order("buy 0.001 limit 49000")
    v.wait(100)
    v.ok("CancelOrder", { txid })
    const found = (closetime: string) =>
      Object.keys(v.ok("ClosedOrders", { start: second(50), closetime }).closed).length
    assert.deepStrictEqual([found("open"), found("close"), found("both")], [0, 1, 1])
  })

  it("of trades and ledgers accepts their ids as bounds", () => {
    const v = makeTestExchange()
    v.order("buy 1.5 market")
    v.wait(1)
    v.order("sell 0.5 market")
    const trades = v.ok("TradesHistory", { ledgers: true }).trades
    const [last, , first] = Object.keys(trades)
    assert.strictEqual(v.ok("TradesHistory", { start: first }).count, 1)
    assert.deepStrictEqual(Object.keys(v.ok("QueryTrades", { txid: last })), [last])
    const ids = trades[last!].ledgers.join()
    const entries = Object.values<{ refid: string; asset: string }>(v.ok("QueryLedgers", { id: ids }))
    assert.deepStrictEqual(
      entries.map(({ asset, refid }) => [refid, asset]),
      [
        [last, "ZUSD"],
        [last, "XXBT"]
      ]
    )
    assert.strictEqual(v.ok("Ledgers", { type: "trade", asset: "BTC" }).count, 3)
    assert.strictEqual(v.ok("Ledgers", { type: "deposit" }).count, 2)
  })

  it("limits the ids of a query as Kraken does", () => {
    const v = makeTestExchange()
    const ids = (count: number) => Array(count).fill("T").join()
    assert.strictEqual(v.refused("QueryOrders", { txid: ids(51) }), "EGeneral:Invalid arguments:txid")
    assert.strictEqual(v.refused("QueryTrades", { txid: ids(21) }), "EGeneral:Invalid arguments:txid")
    assert.strictEqual(v.refused("QueryLedgers", { id: ids(21) }), "EGeneral:Invalid arguments:id")
  })
})

describe("fees", () => {
  it("fall with the 30-day volume, and rise again when the volume has expired", () => {
    const v = makeTestExchange()
    const fee = () => {
      const { fees, fees_maker, volume } = v.ok("TradeVolume", { pair: "XBTUSD" })
      return [volume, fees.XXBTZUSD.fee, fees_maker.XXBTZUSD.fee]
    }
    assert.deepStrictEqual(fee(), ["0.0000", "0.4000", "0.2500"])
    v.order("sell 1 market")
    assert.deepStrictEqual(fee(), ["49990.0000", "0.3500", "0.2000"])
    v.order("sell 1 market")
    assert.deepStrictEqual(fee(), ["99970.0000", "0.2400", "0.1400"])
    v.wait(30 * 86_400)
    assert.deepStrictEqual(fee(), ["0.0000", "0.4000", "0.2500"])
  })

  it("never exceed the rate with which the hold was computed, even if the account has lost its tier", () => {
    const v = makeTestExchange({
      prices: [
        [0, "50000"],
        [31 * 86_400, "48980"]
      ]
    })
    v.order("sell 2 market")
    const txid = v.order("buy 0.5 limit 49000")
    v.wait(31 * 86_400)
    // 0.24 %, the taker's rate when it was placed; a maker without volume would pay 0.25 %.
    assert.deepInclude(v.see(txid), { status: "closed", fee: "58.80000" })
  })
})
