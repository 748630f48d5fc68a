import { assert, describe, it } from "@effect/vitest"
import { requiredMarketData } from "../../src/exchange/endpoints/requiredMarketData.ts"
import { mustJournal } from "../../src/exchange/commands/handle.ts"
import { snapshotDelta } from "../../src/exchange/commands/marketSnapshot/snapshotDelta.ts"
import { recordedMarket } from "../../src/exchange/markets/recorded/recordedMarket.ts"
import { opening } from "../doubles/TestMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const seconds = opening / 1000

/** A book with bids at 49990 and 49980, asks at 50010 and 50020, each of volume 1, and a last trade at 50000. */
const quiet = {
  pair: "XBTUSD",
  seen: opening,
  bids: [
    ["49990.0", "1", seconds],
    ["49980.0", "1", seconds]
  ],
  asks: [
    ["50010.0", "1", seconds],
    ["50020.0", "1", seconds]
  ],
  trades: [["50000.0", "0.1", opening, "b", "m", 1]]
}

const fresh = () => makeTestExchange({ market: recordedMarket("observed market") })

/** Makes an exchange that has observed the quiet book, one second after its opening. */
const observing = () => {
  const v = fresh()
  v.ok("control/Observe", quiet)
  return v
}

const trade = (id: number, price: string, volume: string, at = 1) => [price, volume, opening + at * 1000, "s", "m", id]

describe("a recorded market", () => {
  it("refuses orders before the first snapshot, and cancels no unknown order", () => {
    const v = fresh()
    const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "49000", volume: "1" }
    assert.strictEqual(v.refused("AddOrder", order), "EService:Market in cancel_only mode")
    assert.strictEqual(v.refused("AddOrder", { ...order, ordertype: "market" }), "EService:Market in cancel_only mode")
    assert.deepStrictEqual(v.ok("CancelAll"), { count: 0 })
    assert.deepStrictEqual(v.ok("public/Ticker"), {})
    assert.deepStrictEqual(v.ok("public/Depth", { pair: "XBTUSD" }), { XXBTZUSD: { asks: [], bids: [] } })
    assert.strictEqual(v.ok("TradeBalance").eb, "100000.0000")
  })

  it("executes against the book of the snapshot, level by level", () => {
    const v = observing()
    const order = v.see(v.order("buy 1.5 market"))
    assert.deepInclude(order, { status: "closed", cost: "75020.00000", price: "50013.33333" })
    assert.deepStrictEqual(v.ok("public/Depth", { pair: "XBTUSD" }).XXBTZUSD.asks, [
      ["50020.00000", "0.50000000", seconds]
    ])
    assert.deepInclude(v.ok("public/Ticker", { pair: "XBTUSD" }).XXBTZUSD, { c: ["50020.00000", "0.10000000"] })
    assert.deepStrictEqual(v.ok("TradeVolume").volume, "75020.0000")
  })

  it("keeps volume taken from a level until the level changes", () => {
    const v = observing()
    v.order("sell 1.5 market")
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 1000 })
    assert.deepInclude(v.see(v.order("sell 2 market")), { vol_exec: "0.50000000", reason: "Insufficient liquidity" })
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 2000, bids: [["49990.0", "0.2", seconds + 2]] })
    assert.strictEqual(v.see(v.order("sell 0.2 market")).price, "49990.00000")
  })

  it("fills a resting order that the book reaches, at the order's price, up to the volume of the book", () => {
    const v = observing()
    const txid = v.order("buy 1.5 limit 49995")
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 1000, bids: [], asks: [["49992.0", "1", seconds + 1]] })
    assert.deepInclude(v.see(txid), { status: "open", vol_exec: "1.00000000", price: "49995.00000" })
    assert.strictEqual(v.ok("QueryTrades", { txid: v.see(txid).trades[0] })[v.see(txid).trades[0]].maker, true)
  })

  it("fills a resting order if trades passed its price, not if they only reached it", () => {
    const v = observing()
    const [behind, ahead] = [v.order("buy 0.5 limit 49994"), v.order("buy 0.5 limit 49995")]
    v.wait(1)
    const trades = [trade(2, "49994.0", "0.3"), trade(3, "49993.9", "0.4")]
    v.ok("control/Observe", { ...quiet, seen: opening + 1000, trades })
    assert.strictEqual(v.see(ahead).vol_exec, "0.50000000")
    assert.strictEqual(v.see(behind).vol_exec, "0.20000000")
    // The same trades again change nothing and are not journalled.
    const again = v.ask("control/Observe", { ...quiet, seen: opening + 1500, trades })
    assert.strictEqual(v.see(behind).vol_exec, "0.20000000")
    const stale = v.ask("control/Observe", { ...quiet, seen: opening + 900, trades })
    const command = { endpoint: "control/Observe" }
    assert.deepStrictEqual([mustJournal(command, again), mustJournal(command, stale)], [true, false])
  })

  it("fills no order by trades that are older than the order", () => {
    const v = observing()
    v.wait(1)
    const [bid, stop] = [v.order("buy 0.5 limit 49995"), v.order("sell 0.5 stop-loss 49994")]
    const early = trade(2, "49990.0", "3", 0.5)
    v.ok("control/Observe", { ...quiet, seen: opening + 1000, trades: [early, trade(3, "50000.0", "0.1")] })
    assert.deepStrictEqual([v.see(bid).status, v.see(stop).status], ["open", "open"])
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 2000, trades: [trade(4, "49990.0", "3", 2)] })
    assert.deepStrictEqual([v.see(bid).status, v.see(stop).status], ["closed", "closed"])
  })

  it("triggers a stop by a price between two snapshots; the stop executes against the new book", () => {
    const v = observing()
    const txid = v.order("sell 0.5 stop-loss 49900")
    const trailing = v.order("sell 0.5 trailing-stop +50")
    v.wait(1)
    const trades = [trade(2, "50100.0", "1"), trade(3, "49890.0", "1"), trade(4, "50000.0", "1")]
    v.ok("control/Observe", { ...quiet, seen: opening + 1000, trades })
    assert.deepInclude(v.see(txid), { status: "closed", price: "49990.00000" })
    assert.deepInclude(v.see(trailing), { status: "closed", stopprice: "50050.00000" })
  })

  it("keeps our own trade as the last one until a newer public trade is reported", () => {
    const v = observing()
    v.order("sell 0.5 market")
    const trailing = v.order("sell 0.1 trailing-stop +50")
    assert.deepInclude(v.see(trailing), { status: "open", stopprice: "49940.00000" })
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 1000 })
    assert.deepInclude(v.see(trailing), { status: "open", stopprice: "49940.00000" })
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 2000, trades: [trade(2, "49945.0", "1", 2)] })
    assert.deepInclude(v.see(trailing), { status: "open", stopprice: "49940.00000" })
    v.wait(1)
    v.ok("control/Observe", { ...quiet, seen: opening + 3000, trades: [trade(3, "49940.0", "1", 3)] })
    assert.strictEqual(v.see(trailing).status, "closed")
  })

  it("keeps a bounded number of trades and spreads", () => {
    const { x } = observing()
    const market = recordedMarket("observed market")
    const [pair] = requiredMarketData(x, { endpoint: "private/AddOrder", params: { pair: "XBTUSD" } })
    const none = { tick: 0, bid: { place: 0, volume: 0n }, ask: { place: 0, volume: 0n } }
    for (let i = 1; i <= 5000; i++) {
      const level = (price: bigint) => [{ price, volume: 1n, time: i }]
      market.recorder!.setBook({ pair: pair!, seen: i, bids: level(1n), asks: level(2n), trades: [] }, i, none)
      market.recorder!.addTrade(pair!, { id: i, time: i, side: "buy", market: true, price: 1n, volume: 1n })
    }
    const range = { after: 0, until: 5000, count: 5000 }
    assert.lengthOf(market.trades(pair!, range), 1000)
    assert.strictEqual(market.trades(pair!, { ...range, count: 2, oldest: true })[0]!.id, 4001)
    assert.lengthOf(market.spreads(pair!, 5000, 1000), 200)
  })

  it("makes candles of the trades in its snapshots", () => {
    const v = observing()
    v.wait(60)
    const trades = [trade(2, "50200.0", "1", 59), trade(3, "49900.0", "3", 60), trade(4, "49950.0", "1", 60)]
    v.ok("control/Observe", { ...quiet, seen: opening + 60_000, trades })
    const rows = v.ok("public/OHLC", { pair: "XBTUSD" }).XXBTZUSD
    const first = ["50000.0", "50200.0", "50000.0", "50200.0", "50181.8", "1.10000000", 2]
    const second = ["49900.0", "49950.0", "49900.0", "49950.0", "49912.5", "4.00000000", 2]
    assert.deepStrictEqual(rows, [
      [seconds, ...first],
      [seconds + 60, ...second]
    ])
    assert.deepInclude(v.ok("public/Ticker", { pair: "XBTUSD" }).XXBTZUSD, { t: [4, 4], o: "50000.00000" })
    assert.lengthOf(v.ok("public/Trades", { pair: "XBTUSD", since: 0 }).XXBTZUSD, 4)
    assert.lengthOf(v.ok("public/Spread", { pair: "XBTUSD" }).XXBTZUSD, 2)
  })

  const nonsense: ReadonlyArray<readonly [change: object, error: string]> = [
    [{ pair: "XBTZZZ" }, "EQuery:Unknown asset pair"],
    [{ seen: "now" }, "EGeneral:Invalid arguments:seen"],
    [{ bids: "none" }, "EGeneral:Invalid arguments:bids"],
    [{ bids: [["49990.0", 1, seconds]] }, "EGeneral:Invalid arguments:bids"],
    [{ bids: [["49990.01", "1", seconds]] }, "EGeneral:Invalid arguments:bids"],
    [{ bids: [["50010.0", "1", seconds]] }, "EGeneral:Invalid arguments:bids"],
    [{ bids: quiet.bids.toReversed() }, "EGeneral:Invalid arguments:bids"],
    [{ asks: quiet.asks.toReversed() }, "EGeneral:Invalid arguments:asks"],
    [{ asks: [["50010.0", "0", seconds]] }, "EGeneral:Invalid arguments:asks"],
    [{ trades: [trade(2, "1", "1"), trade(2, "1", "1")] }, "EGeneral:Invalid arguments:trades"],
    [{ trades: [["1", "1", 1, "buy", "m", 3]] }, "EGeneral:Invalid arguments:trades"]
  ]
  it.each(nonsense)("refuses the snapshot %j", (change, error) => {
    assert.strictEqual(fresh().refused("control/Observe", { ...quiet, ...change }), error)
  })

  it("accepts no snapshot if the market is synthetic", () => {
    assert.strictEqual(makeTestExchange().refused("control/Observe", quiet), "EGeneral:Unknown method")
    assert.isUndefined(snapshotDelta(makeTestExchange().x, quiet, opening))
  })
})

describe("the market data that a request requires", () => {
  const ids = (v: ReturnType<typeof makeTestExchange>, endpoint: string, params = {}) =>
    requiredMarketData(v.x, { endpoint: `private/${endpoint}`, params, account: "ann" }).map(({ id }) => id)

  it("is that of an order's pair, and of the pairs that value it in dollars", () => {
    assert.deepStrictEqual(ids(fresh(), "AddOrder", { pair: "XBTUSD" }), ["XXBTZUSD"])
    assert.deepStrictEqual(ids(fresh(), "AddOrder", { pair: "BTC/EUR" }), ["XXBTZEUR", "XXBTZUSD"])
    assert.deepStrictEqual(ids(fresh(), "AddOrder", { pair: "nonsense" }), [])
    assert.deepStrictEqual(ids(fresh(), "Level3", { pair: "BTC/EUR" }), ["XXBTZEUR"])
  })

  it("is that of the pairs of open orders that are changed or cancelled, and of no other", () => {
    const v = observing()
    assert.deepStrictEqual(ids(v, "CancelAll"), [])
    v.order("buy 0.5 limit 49995")
    assert.deepStrictEqual(ids(v, "CancelAll"), ["XXBTZUSD"])
    assert.deepStrictEqual(ids(v, "AmendOrder", { txid: "any" }), ["XXBTZUSD"])
    assert.deepStrictEqual(ids(v, "DepositMethods", { asset: "XBT" }), [])
  })

  it("is that of a withdrawn asset, since the limit is in dollars", () => {
    for (const endpoint of ["Withdraw", "WithdrawInfo"]) {
      assert.deepStrictEqual(ids(fresh(), endpoint, { asset: "XBT" }), ["XXBTZUSD"])
      assert.deepStrictEqual(ids(fresh(), endpoint, { asset: "USD" }), [])
    }
    assert.deepStrictEqual(ids(fresh(), "WithdrawMethods", { asset: "XBT" }), [])
  })

  it("is that of all assets of an account that is valued", () => {
    assert.deepStrictEqual(ids(fresh(), "TradeBalance", { asset: "EUR" }), ["XXBTZUSD", "XXBTZEUR"])
  })
})
