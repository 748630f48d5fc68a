import { builtIn } from "../../catalogue/builtIn.ts"
import type { AwaitedPrices, Level, Market } from "../../state/market.ts"
import { max } from "../../base/fixed.ts"
import { hash } from "../../base/ids.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import {
  basePrice,
  type PairParameters,
  parametersOf,
  firstTick,
  halfSpread,
  middle,
  movePrice,
  sizeAt,
  tickMillis,
  tradeAt,
  wholeTicks
} from "./pairParameters.ts"
import { candles, spreads, summary } from "./history.ts"
import { firstWhere } from "./path.ts"

const depth = 500

/**
 * A market that needs no network. Prices, depth and trades are pure functions of a seed and the time, so any moment,
 * past or future, costs the same. Floats only shape it; every price and volume it returns is a whole number of units.
 */
export const syntheticMarket = (seed = 1): Market => {
  const known = new Map(Array.from(builtIn.pairs.values(), (pair) => [pair.id, parametersOf(pair, seed)]))
  const of = (pair: Pair): PairParameters => known.get(pair.id)!
  const cached = new Map<string, { tick: number; bid: Array<Level>; ask: Array<Level> }>()

  const levels = (pair: Pair, tick: number) => {
    let book = cached.get(pair.id)
    if (book?.tick !== tick) cached.set(pair.id, (book = { tick, bid: [], ask: [] }))
    return book
  }

  return {
    name: `synthetic market (seed ${seed})`,
    tick: (_, time) => Math.floor(time / tickMillis) * tickMillis,
    level: (pair, time, side, place) => {
      if (place >= depth) return undefined
      const tick = Math.floor(time / tickMillis)
      const known = levels(pair, tick)[side]
      while (known.length <= place) known.push(nextLevel(of(pair), tick, side, known))
      return known[place]!.price > 0n ? known[place] : undefined
    },
    last: (pair, time) => tradeAt(of(pair), Math.floor(time / tickMillis)),
    index: (pair, time) => (pair.quote.id === "ZUSD" ? middle(of(pair), Math.floor(time / tickMillis)) : undefined),
    nextTouch: (pair, after, until, awaited) => {
      const from = Math.floor(after / tickMillis) + 1
      const to = Math.floor(until / tickMillis)
      const tick = from > to ? undefined : firstTouch(of(pair), from, to, awaited)
      return tick === undefined ? undefined : tick * tickMillis
    },
    trades: (pair, { after, until, count, oldest }) => {
      const last = Math.floor(until / tickMillis)
      const first = Math.max(firstTick, Math.floor(after / tickMillis) + 1)
      const from = oldest === true ? first : Math.max(first, last - count + 1)
      // The first trade might be not later than `after`.
      const to = oldest === true ? Math.min(last, first + count) : last
      const all = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => tradeAt(of(pair), from + i))
      return all.filter(({ time }) => time > after).slice(0, count)
    },
    candles: (pair, minutes, time, count) => candles(of(pair), minutes, time, count),
    spreads: (pair, time, count) => spreads(of(pair), time, count),
    summary: (pair, from, time) => summary(of(pair), from, time),
    move: (pair, time, price) => {
      movePrice(of(pair), Math.floor(time / tickMillis), price)
      cached.delete(pair.id)
    }
  }
}

/**
 * Returns the next level of a side. Its size is constant for ten seconds at a price, and grows with the distance from
 * the middle.
 */
const nextLevel = (of: PairParameters, tick: number, side: "bid" | "ask", before: ReadonlyArray<Level>): Level => {
  const place = before.length
  const away = side === "ask" ? 1n : -1n
  const previous = before[place - 1]?.price
  let price: bigint
  if (previous === undefined) {
    const mid = middle(of, tick)
    price = max(of.pair.tick, mid + away * halfSpread(of, tick, mid))
  } else {
    const width = 1 + (hash(of.seed, 3, place, Math.floor(tick / 10)) % 5)
    const gap = wholeTicks(of, BigInt(Math.round((Number(previous) * of.halfSpread * width * (1 + place / 25)) / 2)))
    price = previous + away * max(of.pair.tick, gap)
  }
  const h = hash(of.seed, 4, Number(BigInt.asUintN(32, price)), Math.floor(tick / 10))
  return { price, volume: sizeAt(of, h, 0.4 + place / 20), time: Math.floor(tick / 10) * 10 }
}

const firstTouch = (of: PairParameters, from: number, to: number, awaited: AwaitedPrices): number | undefined => {
  const { askAtMost, bidAtLeast, lastAtMost, lastAtLeast, indexAtMost, indexAtLeast } = awaited
  const least = Math.max(
    ...[askAtMost, lastAtMost, indexAtMost].map((price) => (price === undefined ? 0 : Number(price)))
  )
  const most = Math.min(
    ...[bidAtLeast, lastAtLeast, indexAtLeast].map((price) => (price === undefined ? Infinity : Number(price)))
  )
  // The widest possible spread, plus what rounding to ticks can add.
  const reach = 2.5 * of.halfSpread
  const slack = 3 * Number(of.pair.tick)
  // Prices are moved only from the present on, so the whole search has one base.
  const base = basePrice(of, from)
  return firstWhere(
    of.path,
    from,
    to,
    (low, high) =>
      base * Math.exp(low) * (1 - reach) - slack <= least || base * Math.exp(high) * (1 + reach) + slack >= most,
    (tick) => {
      const mid = middle(of, tick)
      const spread = halfSpread(of, tick, mid)
      const bid = max(of.pair.tick, mid - spread)
      const last = tradeAt(of, tick).price
      return (
        (askAtMost !== undefined && mid + spread <= askAtMost) ||
        (bidAtLeast !== undefined && bid >= bidAtLeast) ||
        (lastAtMost !== undefined && last <= lastAtMost) ||
        (lastAtLeast !== undefined && last >= lastAtLeast) ||
        (indexAtMost !== undefined && mid <= indexAtMost) ||
        (indexAtLeast !== undefined && mid >= indexAtLeast)
      )
    }
  )
}
