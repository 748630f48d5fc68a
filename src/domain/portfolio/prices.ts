import type { Directory } from "../assets/model.ts"
import { routeOf, type Step } from "../mandates/conversion.ts"
import * as D from "../numbers/decimal.ts"

/** Decimals to which the inverse of a price is rounded, halves away from zero. */
const inversePlaces = 18

/** Prices of pairs by display name, in quote currency. */
export type PairPrice = (pair: string) => D.Decimal | undefined

/** Finds the pairs through which an asset is priced in a currency, in order. */
export type Route = (asset: string) => ReadonlyArray<Step> | undefined

/** Makes a lookup of routes to a currency that remembers them. */
export const routesTo = (currency: string, directory: Directory): Route => {
  const known = new Map<string, ReadonlyArray<Step> | undefined>()
  return (asset) => {
    if (!known.has(asset)) known.set(asset, routeOf(asset, currency, directory))
    return known.get(asset)
  }
}

/**
 * Multiplies the prices of a route to the price of one unit. Undefined if there is no route, or one of its pairs has no
 * price. Products are exact; the inverse of a price is rounded to 18 decimals.
 */
export const priceThrough = (route: ReadonlyArray<Step> | undefined, priceOf: PairPrice): D.Decimal | undefined => {
  if (route === undefined) return undefined
  let price = one
  for (const { buys, pair } of route) {
    const step = priceOf(pair.display)
    if (step === undefined || !D.isPositive(step)) return undefined
    price = buys === "base" ? D.multiply(price, step) : D.divideHalf(price, step, inversePlaces)
  }
  return price
}

const one = D.decimal("1")

/** A candle: its first second and the prices at its ends. */
export interface Candle {
  readonly time: number
  readonly open: D.Decimal
  readonly close: D.Decimal
}

/** Candles of a pair, oldest first. */
export interface Series {
  readonly minutes: number
  readonly candles: ReadonlyArray<Candle>
}

/**
 * Lengths of candles in minutes.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ohlc-data read 2026-08-17
 */
const lengths = [1, 5, 15, 60, 240, 1440, 10_080] as const

/**
 * The number of candles of each length that Kraken keeps.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ohlc-data read 2026-08-17
 */
export const kept = 720

/** Chooses the shortest candles that reach back by some seconds. Kraken's longest might not reach, either. */
export const candleLength = (seconds: number): number =>
  lengths.find((minutes) => (kept - 2) * minutes * 60 >= seconds) ?? 10_080

/**
 * Finds the price at a moment in Unix seconds: the opening price of the candle that the moment lies in, or the closing
 * price of the last one before if nothing was traded since. Undefined before the first candle.
 */
export const priceAt = ({ candles, minutes }: Series, moment: number): D.Decimal | undefined => {
  let [low, high] = [0, candles.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((candles[middle]?.time ?? Infinity) <= moment) low = middle + 1
    else high = middle
  }
  const candle = candles[low - 1]
  if (candle === undefined) return undefined
  return moment < candle.time + minutes * 60 ? candle.open : candle.close
}
