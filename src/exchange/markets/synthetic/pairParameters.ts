import { fixed, max } from "../../base/fixed.ts"
import { hash, seedOf } from "../../base/ids.ts"
import type { PublicTrade } from "../../state/market.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import { type Path, valueAt } from "./path.ts"

/** Length of a tick: the market changes once a second. */
export const tickMillis = 1000

/** The first tick of every pair, in the autumn of 2013: a market has a beginning, before which there are no trades. */
export const firstTick = Date.UTC(2013, 9, 6, 21, 34, 15) / tickMillis

/** Starting price, half spread as a share of it, and a usual volume, by pair. */
const startingValues: Record<string, readonly [price: string, halfSpread: number, volume: string]> = {
  XXBTZUSD: ["112350.1", 0.000002, "0.4"],
  XETHZUSD: ["4120.55", 0.000005, "4"],
  SOLUSD: ["205.31", 0.00003, "60"],
  XETHXXBT: ["0.036676", 0.00003, "3"],
  XDGUSD: ["0.2145678", 0.00005, "30000"],
  USDTZUSD: ["1.00012", 0.000005, "20000"],
  ADAUSD: ["0.812345", 0.00005, "6000"],
  XXRPZUSD: ["2.87654", 0.00002, "3000"],
  DOTUSD: ["4.1234", 0.0001, "900"],
  XXBTZEUR: ["95890.4", 0.000005, "0.2"],
  ACAEUR: ["0.03512", 0.001, "40000"],
  AAPLxUSD: ["254.43", 0.0001, "15"]
}

/** Size of an asset's price movement in dollars per second, as a share of the price. Dollars don't move. */
const steps: Record<string, number> = {
  XXBT: 0.00005,
  XETH: 0.00007,
  SOL: 0.00009,
  XXDG: 0.00009,
  USDT: 0.0000004,
  ADA: 0.00009,
  XXRP: 0.00009,
  DOT: 0.00009,
  ZEUR: 0.00001,
  ACA: 0.0001,
  AAPLx: 0.00003
}

/** Parameters of the synthetic market for a pair. */
export interface PairParameters {
  readonly pair: Pair
  readonly seed: number
  readonly path: Path
  readonly price: number
  readonly halfSpread: number
  readonly volume: number
  /** Moves of the price by an operator, oldest first: from a tick on, all prices are multiplied by the factor. */
  readonly moves: Array<{ readonly tick: number; readonly factor: number }>
}

export const parametersOf = (pair: Pair, seed: number): PairParameters => {
  const [price, spread, volume] = startingValues[pair.id]!
  const walk = (asset: string, direction: number) => {
    const step = steps[asset]
    return step === undefined ? [] : [{ seed: hash(seed, seedOf(asset)), step: step * direction }]
  }
  return {
    pair,
    seed: hash(seed, seedOf(pair.id)),
    path: [...walk(pair.base.id, 1), ...walk(pair.quote.id, -1)],
    price: Number(fixed(price, pair.priceDecimals)),
    halfSpread: spread,
    volume: Number(fixed(volume, pair.lotDecimals)),
    moves: []
  }
}

/** Returns the price around which the market moves at a tick, as a float in the pair's units. */
export const basePrice = (of: PairParameters, tick: number): number =>
  of.moves.length === 0 ? of.price : of.price * (of.moves.findLast((move) => move.tick <= tick)?.factor ?? 1)

/** Moves the middle of the book to a price from a tick on. Earlier ticks keep their prices. */
export const movePrice = (of: PairParameters, tick: number, price: bigint): void => {
  const factor = Number(price) / (of.price * Math.exp(valueAt(of.path, tick)))
  if (of.moves.at(-1)?.tick === tick) of.moves.pop()
  of.moves.push({ tick, factor })
}

/** Returns the middle of the book, as a whole number of ticks of the pair. */
export const middle = (of: PairParameters, tick: number): bigint => {
  const price = BigInt(Math.round(basePrice(of, tick) * Math.exp(valueAt(of.path, tick))))
  return max(of.pair.tick * 2n, price - (price % of.pair.tick))
}

/** Returns half the spread, which varies from second to second and is at least one tick. */
export const halfSpread = (of: PairParameters, tick: number, price: bigint): bigint => {
  const wide = 0.5 + (hash(of.seed, 1, tick) % 1000) / 500
  return max(of.pair.tick, wholeTicks(of, BigInt(Math.round(Number(price) * of.halfSpread * wide))))
}

/**
 * Returns the trade of a second, at either side of the book. It happened within the second before the tick at which the
 * market shows it.
 */
export const tradeAt = (of: PairParameters, tick: number): PublicTrade => {
  const h = hash(of.seed, 2, tick)
  const side = h % 2 === 0 ? "buy" : "sell"
  const price = middle(of, tick)
  const spread = halfSpread(of, tick, price)
  return {
    id: tick,
    time: tick * tickMillis - 1 - ((h >>> 9) % (tickMillis - 1)),
    side,
    market: h % 3 !== 0,
    price: side === "buy" ? price + spread : max(of.pair.tick, price - spread),
    volume: sizeAt(of, h, 0.3)
  }
}

/** Rounds a price down to whole ticks of the pair. */
export const wholeTicks = (of: PairParameters, price: bigint) => price - (price % of.pair.tick)

/** Derives a volume from a random number: mostly small, sometimes large. */
export const sizeAt = (of: PairParameters, h: number, scale: number): bigint => {
  const share = (h >>> 8) / 2 ** 24
  return BigInt(Math.max(1, Math.round(of.volume * scale * (0.05 + share * share * 3))))
}
