import { max, min } from "../../base/fixed.ts"
import type { Candle, PublicTrade } from "../../state/market.ts"

/** Builds candles from the known trades; intervals without trades have none. */
export const candlesOf = (
  trades: ReadonlyArray<PublicTrade>,
  minutes: number,
  until: number,
  count: number
): ReadonlyArray<Candle> => {
  const length = minutes * 60_000
  const spans = new Map<number, Array<PublicTrade>>()
  for (const trade of trades) {
    if (trade.time > until) continue
    const span = Math.floor(trade.time / length)
    const known = spans.get(span)
    if (known === undefined) spans.set(span, [trade])
    else known.push(trade)
  }
  return [...spans].slice(-count).map(([span, those]) => candle(those, (span * length) / 1000))
}

/** Builds one candle over a span. Without trades it is flat at the previous price. */
export const summaryOf = (trades: ReadonlyArray<PublicTrade>, from: number, until: number): Candle => {
  const known = trades.filter(({ time }) => time <= until)
  const those = known.filter(({ time }) => time >= from)
  if (those.length > 0) return candle(those, Math.floor(from / 1000))
  const price = known.at(-1)?.price ?? 0n
  const flat = { open: price, high: price, low: price, close: price, vwap: price }
  return { time: Math.floor(from / 1000), ...flat, volume: 0n, count: 0 }
}

const candle = (trades: ReadonlyArray<PublicTrade>, time: number): Candle => {
  const prices = trades.map(({ price }) => price)
  const volume = trades.reduce((sum, trade) => sum + trade.volume, 0n)
  const value = trades.reduce((sum, trade) => sum + trade.price * trade.volume, 0n)
  return {
    time,
    open: prices[0]!,
    high: prices.reduce(max),
    low: prices.reduce(min),
    close: prices.at(-1)!,
    vwap: value / volume,
    volume,
    count: trades.length
  }
}
