import type { Candle, Spread } from "../../state/Market.ts"
import { max } from "../../base/fixed.ts"
import { type Character, halfSpread, middle, tickMillis, tradeAt } from "./character.ts"

const samples = 60

export const candles = (of: Character, minutes: number, time: number, count: number): ReadonlyArray<Candle> => {
  const length = (minutes * 60_000) / tickMillis
  const last = Math.floor(time / tickMillis)
  const newest = Math.floor(last / length)
  return Array.from({ length: count }, (_, i) => {
    const index = newest - count + 1 + i
    return candle(of, index * length, Math.min(last, (index + 1) * length - 1))
  })
}

export const summary = (of: Character, from: number, time: number): Candle =>
  candle(of, Math.floor(from / tickMillis), Math.floor(time / tickMillis))

export const spreads = (of: Character, time: number, count: number): ReadonlyArray<Spread> => {
  const last = Math.floor(time / tickMillis)
  return Array.from({ length: count }, (_, i) => {
    const tick = last - count + 1 + i
    const mid = middle(of, tick)
    const spread = halfSpread(of, tick, mid)
    return { time: tick, bid: max(of.pair.tick, mid - spread), ask: mid + spread }
  })
}

/**
 * Builds a candle over the ticks from first to last. Up to a minute it reads every trade. A longer candle reads sixty
 * trades spread over its span, so a month costs no more than a minute.
 */
const candle = (of: Character, first: number, last: number): Candle => {
  const ticks = last - first + 1
  const seen = Math.min(samples, ticks)
  const open = tradeAt(of, first)
  let { price: high, price: low, price: close } = open
  let volume = 0n
  let value = 0n
  for (let i = 0; i < seen; i++) {
    const trade = tradeAt(of, seen === 1 ? first : first + Math.floor((i * (ticks - 1)) / (seen - 1)))
    if (trade.price > high) high = trade.price
    if (trade.price < low) low = trade.price
    close = trade.price
    volume += trade.volume
    value += trade.volume * trade.price
  }
  return {
    time: Math.floor((first * tickMillis) / 1000),
    open: open.price,
    high,
    low,
    close,
    vwap: value / volume,
    volume: (volume * BigInt(ticks)) / BigInt(seen),
    count: ticks
  }
}
