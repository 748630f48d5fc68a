import type { Candle, Spread } from "../../state/market.ts"
import { max, min } from "../../base/fixed.ts"
import { type PairParameters, firstTick, halfSpread, middle, tickMillis, tradeAt } from "./pairParameters.ts"

const samples = 60

export const candles = (of: PairParameters, minutes: number, time: number, count: number): ReadonlyArray<Candle> => {
  const length = (minutes * 60_000) / tickMillis
  const last = Math.floor(time / tickMillis)
  const newest = Math.floor(last / length)
  const oldest = Math.max(newest - count + 1, Math.floor(firstTick / length))
  return Array.from({ length: Math.max(0, newest - oldest + 1) }, (_, i) => {
    const start = (oldest + i) * length
    const shape = candle(of, Math.max(start, firstTick), Math.min(last, start + length - 1), length)
    return { ...shape, time: (start * tickMillis) / 1000 }
  })
}

/** Builds a candle of at most a day. Two that begin at midnight and 24 hours ago agree on what they share. */
export const summary = (of: PairParameters, from: number, time: number): Candle =>
  candle(of, Math.floor(from / tickMillis), Math.floor(time / tickMillis), 86_400_000 / tickMillis)

export const spreads = (of: PairParameters, time: number, count: number): ReadonlyArray<Spread> => {
  const last = Math.floor(time / tickMillis)
  return Array.from({ length: count }, (_, i) => {
    const tick = last - count + 1 + i
    const mid = middle(of, tick)
    const spread = halfSpread(of, tick, mid)
    return { time: tick, bid: max(of.pair.tick, mid - spread), ask: mid + spread }
  })
}

/**
 * Builds a candle over the ticks from first to last, which span at most `length`. Up to a minute it reads every trade. A
 * longer candle reads one trade of each sixtieth of its length, which stands for all trades of that block so far: a month
 * costs no more than a minute, and volume only grows until the candle ends.
 */
const candle = (of: PairParameters, first: number, last: number, length: number): Candle => {
  const block = Math.max(1, Math.floor(length / samples))
  const open = tradeAt(of, first)
  const close = tradeAt(of, last).price
  let high = max(open.price, close)
  let low = min(open.price, close)
  let volume = 0n
  let value = 0n
  for (let start = first - (first % block); start <= last; start += block) {
    const from = Math.max(first, start)
    const trade = tradeAt(of, from)
    high = max(high, trade.price)
    low = min(low, trade.price)
    const traded = trade.volume * BigInt(Math.min(last, start + block - 1) - from + 1)
    volume += traded
    value += traded * trade.price
  }
  return {
    time: Math.floor((first * tickMillis) / 1000),
    open: open.price,
    high,
    low,
    close,
    vwap: value / volume,
    volume,
    count: last - first + 1
  }
}
