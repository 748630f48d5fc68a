import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { builtIn } from "../../src/exchange/catalogue/builtIn.ts"
import type { AwaitedPrices, Market } from "../../src/exchange/state/market.ts"
import type { Pair } from "../../src/exchange/catalogue/pairs.ts"
import { syntheticMarket } from "../../src/exchange/markets/synthetic/syntheticMarket.ts"
import { runs } from "../Property.ts"
import { opening } from "../doubles/TestMarket.ts"
import { makeTestExchange } from "../doubles/TestExchange.ts"

const pairs = [...builtIn.pairs.values()]
const times = fc.integer({ min: opening - 10 ** 9, max: opening + 10 ** 9 })
const anyPair = fc.constantFrom(...pairs)

describe("the synthetic market", () => {
  it("is a function of seed and time", () => {
    fc.assert(
      fc.property(fc.nat(9), anyPair, times, (seed, pair, time) => {
        const [one, other] = [syntheticMarket(seed), syntheticMarket(seed)]
        other.level(pair, time + 5000, "bid", 30)
        assert.deepStrictEqual(one.last(pair, time), other.last(pair, time))
        for (const side of ["bid", "ask"] as const) {
          assert.deepStrictEqual(one.level(pair, time, side, 20), other.level(pair, time, side, 20))
        }
      }),
      { numRuns: runs(100) }
    )
  })

  it("has a sorted book with a spread, in whole ticks", () => {
    const market = syntheticMarket(1)
    fc.assert(
      fc.property(anyPair, times, (pair, time) => {
        const prices = (side: "bid" | "ask") =>
          Array.from({ length: 40 }, (_, place) => market.level(pair, time, side, place)!.price)
        const book = [...prices("bid").toReversed(), ...prices("ask")]
        for (const [i, price] of book.entries()) {
          assert.strictEqual(price % pair.tick, 0n)
          if (i > 0) assert.isTrue(price > book[i - 1]!)
        }
        const { price } = market.last(pair, time)!
        assert.isTrue(price === book[39] || price === book[40])
      }),
      { numRuns: runs(200) }
    )
  })

  it("finds the same first moment for a price as a check of every second", () => {
    const market = syntheticMarket(2)
    fc.assert(
      fc.property(anyPair, times, fc.integer({ min: -40, max: 40 }), fc.nat(2000), (pair, time, move, span) => {
        const now = market.last(pair, time)!.price
        const price = now + (now * BigInt(move)) / 20_000n
        const awaited: AwaitedPrices = move < 0 ? { askAtMost: price, lastAtMost: price } : { bidAtLeast: price }
        const until = time + span * 1000
        assert.strictEqual(market.nextTouch(pair, time, until, awaited), slowly(market, pair, time, until, awaited))
      }),
      { numRuns: runs(100) }
    )
  })

  it("agrees with itself across pairs: ETH/BTC is ETH/USD over BTC/USD", () => {
    const market = syntheticMarket(3)
    const price = (id: string, time: number) => {
      const pair = pairs.find((each) => each.id === id)!
      return Number(market.last(pair, time)!.price) / 10 ** pair.priceDecimals
    }
    for (const day of [0, 10, 100, 1000]) {
      const time = opening + day * 86_400_000
      const ratio = price("XETHZUSD", time) / price("XXBTZUSD", time) / price("XETHXXBT", time)
      assert.approximately(ratio, 1, 0.001)
    }
  })

  it("advances over long spans without processing every tick", () => {
    const v = makeTestExchange({ market: syntheticMarket(1) })
    const txid = v.order("sell 0.05 limit +2%")
    v.wait(365 * 86_400)
    assert.strictEqual(v.see(txid).status, "closed")
  })
})

describe("public data", () => {
  const v = makeTestExchange({ market: syntheticMarket(1) })

  it("lists a pair under the style of name in the request", () => {
    assert.hasAllKeys(v.ok("public/Ticker", { pair: "XBTUSD,BTC/USD,ethusd" }), ["XXBTZUSD", "BTC/USD", "XETHZUSD"])
    assert.hasAllKeys(v.ok("public/AssetPairs", { pair: "XBTUSD", assetVersion: 1 }), ["BTC/USD"])
    assert.hasAllKeys(v.ok("public/Assets", { asset: "BTC,usd" }), ["XXBT", "ZUSD"])
    assert.strictEqual(v.refused("public/Assets", { asset: "XBT,ZZZ" }), "EQuery:Unknown asset")
    assert.hasAllKeys(v.ok("public/Ticker", { pair: "AAPLx/USD", asset_class: "tokenized_asset" }), ["AAPLx/USD"])
  })

  it("has 720 candles with consistent numbers", () => {
    const answer = v.ok("public/OHLC", { pair: "XBTUSD", interval: 60 })
    const rows: ReadonlyArray<ReadonlyArray<string>> = answer.XXBTZUSD
    assert.lengthOf(rows, 720)
    for (const [, open, high, low, close, vwap] of rows) {
      for (const price of [open, close, vwap]) {
        assert.isAtMost(Number(low), Number(price))
        assert.isAtLeast(Number(high), Number(price))
      }
    }
    assert.strictEqual(answer.last, rows.at(-2)![0])
    assert.isBelow(v.ok("public/OHLC", { pair: "XBTUSD", interval: 60, since: answer.last }).XXBTZUSD.length, 3)
  })

  it("pages trades by the `last` of the previous page", () => {
    const first = v.ok("public/Trades", { pair: "XBTUSD", count: 5, since: opening / 1000 - 100 })
    const second = v.ok("public/Trades", { pair: "XBTUSD", count: 5, since: first.last })
    const ids = [...first.XXBTZUSD, ...second.XXBTZUSD].map((row: ReadonlyArray<number>) => row[6]!)
    assert.deepStrictEqual(
      ids,
      ids.map((_, i) => ids[0]! + i)
    )
  })

  it("shows our orders in the book, level by level and one by one", () => {
    const bid = v.ok("public/Depth", { pair: "XBTUSD", count: 1 }).XXBTZUSD.bids[0][0]
    const txid = v.order(`buy 0.25 limit ${(Number(bid) + 0.1).toFixed(1)}`, { oflags: "post" })
    const [level] = v.ok("public/Depth", { pair: "XBTUSD", count: 1 }).XXBTZUSD.bids
    assert.strictEqual(level[1], "0.25000000")
    const [order] = v.ok("Level3", { pair: "BTC/USD", depth: 10 }).bids
    assert.deepInclude(order, { order_id: txid, qty: "0.25000000" })
    assert.strictEqual(v.ok("public/PreTrade", { symbol: "BTC/USD" }).bids[0].qty, "0.25000000")
    const { bids } = v.ok("public/GroupedBook", { pair: "BTC/USD", grouping: 1000 })
    assert.isTrue(bids.every(({ price }: { price: string }) => Number(price) % 100 === 0))
  })
})

describe("public data that clients of Kraken rely on", () => {
  const v = makeTestExchange({ market: syntheticMarket(1) })
  const market = syntheticMarket(1)
  const began = Date.UTC(2013, 9, 6)

  it("includes the running candle for any `since`", () => {
    for (const interval of [1, 60, 1440]) {
      const all = v.ok("public/OHLC", { pair: "XBTUSD", interval }).XXBTZUSD
      for (const since of [all.at(-1)[0], opening / 1000, opening / 1000 + 86_400])
        assert.deepStrictEqual(v.ok("public/OHLC", { pair: "XBTUSD", interval, since }).XXBTZUSD, [all.at(-1)])
    }
  })

  it("is a volume of today that only grows, and never exceeds that of 24 hours", () => {
    const midnight = Math.floor(opening / 86_400_000) * 86_400_000
    fc.assert(
      fc.property(anyPair, fc.integer({ min: 1, max: 86_300 }), fc.integer({ min: 1, max: 99 }), (pair, at, step) => {
        const now = midnight + at * 1000
        const later = now + step * 1000
        const [before, after] = [now, later].map((time) => market.summary(pair, midnight, time))
        assert.isTrue(after!.volume >= before!.volume)
        const day = market.summary(pair, later - 86_400_000, later)
        assert.isTrue(day.volume >= after!.volume && day.high >= after!.high && day.low <= after!.low)
        assert.isTrue(day.count >= after!.count)
      }),
      { numRuns: runs(300) }
    )
  })

  it("is the volume of a running candle that only grows", () => {
    fc.assert(
      fc.property(anyPair, times, fc.constantFrom(1, 5, 60, 1440, 21_600), (pair, time, minutes) => {
        const [before] = market.candles(pair, minutes, time, 1)
        const [after] = market.candles(pair, minutes, time + 1000, 1)
        assert.isTrue(after!.time > before!.time || after!.volume >= before!.volume)
      }),
      { numRuns: runs(300) }
    )
  })

  it("is a beginning: no trade and no candle is older than the market", () => {
    const [first] = v.ok("public/Trades", { pair: "XBTUSD", since: 0, count: 1 }).XXBTZUSD
    assert.isAtLeast(first[2] * 1000, began)
    for (const [interval, pair] of [
      [10_080, "XBTUSD"],
      [21_600, "ETHUSD"]
    ] as const) {
      const [rows] = Object.values<ReadonlyArray<ReadonlyArray<number>>>(v.ok("public/OHLC", { pair, interval }))
      assert.isBelow(rows!.length, 720)
      assert.isAtLeast(rows![0]![0]! * 1000, began - interval * 60_000)
    }
  })

  it("is a time of each trade with fractions of a second, in order", () => {
    const rows: ReadonlyArray<ReadonlyArray<number>> = v.ok("public/Trades", { pair: "XBTUSD" }).XXBTZUSD
    const moments = rows.map((row) => row[2]!)
    assert.isTrue(moments.every((moment) => !Number.isInteger(moment) && moment * 1000 <= opening))
    assert.deepStrictEqual(
      moments,
      moments.toSorted((one, other) => one - other)
    )
    v.order("buy 0.1 market")
    const [trade] = Object.values<{ time: number }>(v.ok("TradesHistory").trades)
    assert.isFalse(Number.isInteger(trade!.time))
  })
})

const slowly = (market: Market, pair: Pair, after: number, until: number, awaited: AwaitedPrices) => {
  for (let time = (Math.floor(after / 1000) + 1) * 1000; time <= until; time += 1000) {
    const ask = market.level(pair, time, "ask", 0)!.price
    const bid = market.level(pair, time, "bid", 0)!.price
    const last = market.last(pair, time)!.price
    const { askAtMost, bidAtLeast, lastAtMost } = awaited
    if (askAtMost !== undefined && ask <= askAtMost) return time
    if (bidAtLeast !== undefined && bid >= bidAtLeast) return time
    if (lastAtMost !== undefined && last <= lastAtMost) return time
  }
  return undefined
}
