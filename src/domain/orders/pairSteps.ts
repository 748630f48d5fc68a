import * as D from "../numbers/decimal.ts"
import { amount } from "./fieldRules.ts"
import type { Pair } from "../assets/model.ts"

/**
 * Computes the step of prices: the least multiple of the tick size that has no more decimals than the pair accepts.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export const priceStep = ({ pairDecimals, tickSize }: Pair): D.Decimal => {
  const last = D.make(1n, pairDecimals)
  const tick = amount(tickSize)
  return tick === undefined || D.isZero(tick) ? last : D.commonMultiple(last, tick)
}

/**
 * Computes the step of volumes from the decimals that the pair accepts.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export const volumeStep = ({ lotDecimals }: Pair): D.Decimal => D.make(1n, lotDecimals)

export const nearestPrice = (price: D.Decimal, pair: Pair): D.Decimal => {
  const step = priceStep(pair)
  return D.max(step, D.nearestMultiple(price, step))
}

/** Finds the nearest volume that the pair accepts and that is at least `least`. */
export const nearestVolume = (volume: D.Decimal, pair: Pair, least: D.Decimal): D.Decimal => {
  const step = volumeStep(pair)
  const minimum = D.max(step, D.multiply(D.divideUp(least, step, 0), step))
  return D.max(minimum, D.nearestMultiple(volume, step))
}

/** Computes the least volume that costs at least `costmin` at `price`. */
export const leastCost = (costmin: D.Decimal, price: D.Decimal, { lotDecimals }: Pair): D.Decimal =>
  D.divideUp(costmin, price, lotDecimals)
