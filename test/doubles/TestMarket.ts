import { fixed } from "../../src/exchange/base/fixed.ts"
import type { Candle, AwaitedPrices, Market } from "../../src/exchange/state/market.ts"
import type { Pair } from "../../src/exchange/catalogue/pairs.ts"

/** The time at which these tests begin, in Unix milliseconds. */
export const opening = Date.UTC(2026, 8, 21, 9)

/** Mid prices of the book, each from a number of seconds after the opening. */
export type Prices = ReadonlyArray<readonly [second: number, price: string]>

/**
 * Makes a market that is easy to calculate by hand: on each side of the mid price ten levels of volume 1, 10 apart, the
 * first one 10 away. The last trade was at the mid price. It moves as scripted, the same on every pair.
 */
export const scripted = (prices: Prices): Market => {
  const at = (time: number) => prices.findLast(([second]) => opening + second * 1000 <= time) ?? prices[0]!
  const middle = (pair: Pair, time: number) => fixed(at(time)[1], pair.priceDecimals)
  const step = (pair: Pair) => fixed("10", pair.priceDecimals)
  const tick = (time: number) => opening + at(time)[0] * 1000
  const fulfils = (pair: Pair, time: number, awaited: AwaitedPrices) => {
    const last = middle(pair, time)
    const most = (bound: bigint | undefined, price: bigint) => bound !== undefined && price <= bound
    const least = (bound: bigint | undefined, price: bigint) => bound !== undefined && price >= bound
    return (
      most(awaited.askAtMost, last + step(pair)) ||
      least(awaited.bidAtLeast, last - step(pair)) ||
      most(awaited.lastAtMost, last) ||
      least(awaited.lastAtLeast, last) ||
      most(awaited.indexAtMost, last) ||
      least(awaited.indexAtLeast, last)
    )
  }
  const candle = (pair: Pair, time: number): Candle => {
    const price = middle(pair, time)
    const flat = { open: price, high: price, low: price, close: price, vwap: price }
    return { time: time / 1000, ...flat, volume: 1n, count: 1 }
  }
  return {
    name: "scripted market",
    tick: (_, time) => tick(time),
    level: (pair, time, side, place) => {
      if (place >= 10) return undefined
      const away = step(pair) * BigInt(place + 1)
      const price = middle(pair, time) + (side === "ask" ? away : -away)
      return { price, volume: fixed("1", pair.lotDecimals), time: tick(time) / 1000 }
    },
    last: (pair, time) => ({
      id: 1,
      time: tick(time),
      side: "buy",
      market: true,
      price: middle(pair, time),
      volume: fixed("1", pair.lotDecimals)
    }),
    index: (pair, time) => (pair.quote.id === "ZUSD" ? middle(pair, time) : undefined),
    nextTouch: (pair, after, until, awaited) =>
      prices
        .map(([second]) => opening + second * 1000)
        .find((time) => time > after && time <= until && fulfils(pair, time, awaited)),
    trades: () => [],
    candles: (pair, _, time) => [candle(pair, time)],
    spreads: () => [],
    summary: (pair, _, time) => candle(pair, time)
  }
}
