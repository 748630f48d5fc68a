import { Effect, Option } from "effect"
import type { Directory, Pair } from "../../domain/assets/model.ts"
import * as D from "../../domain/numbers/decimal.ts"
import type { PriceAt } from "../../domain/portfolio/bookkeeping.ts"
import {
  candleLength,
  priceAt,
  priceThrough,
  type Route,
  routesTo,
  type Series
} from "../../domain/portfolio/prices.ts"
import { type Needed, pairsNeeded } from "../../domain/portfolio/needed.ts"
import type { Quote } from "../../domain/portfolio/rebalance.ts"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { readAs } from "./reads.ts"

/** Most pairs whose past prices are read, each with one call. */
const mostSeries = 20

const calls = { concurrency: 4 }

/** Names a pair as Kraken takes it, with its asset class if it is not the usual one. */
export const ofClass = ({ altname, assetClass }: Pair): Params => ({
  pair: altname,
  ...(assetClass === "tokenized_asset" && { asset_class: "tokenized_asset" })
})

/** The prices of a pair now. */
interface Prices extends Partial<Quote> {
  readonly last?: D.Decimal
}

/** Reads the prices of pairs now, by display name: one call for each asset class. */
export const readPrices = Effect.fnUntraced(function* (pairs: Iterable<Pair>, directory: Directory) {
  const wanted = [...new Map([...pairs].map((pair) => [pair.display, pair])).values()]
  const prices = new Map<string, Prices>()
  for (const assetClass of ["currency", "tokenized_asset"] as const) {
    const those = wanted.filter((pair) => pair.assetClass === assetClass)
    if (those.length === 0) continue
    const pair = those.map(({ altname }) => altname).join(",")
    const rows = yield* readAs("public/Ticker", {
      pair,
      ...(assetClass === "tokenized_asset" && { asset_class: assetClass })
    })
    for (const [id, { a, b, c }] of Object.entries(rows)) {
      const [ask, bid, last] = [a, b, c].map((cells) => positive(cells?.[0]))
      prices.set(directory.pairDisplay(id), { ...(ask && { ask }), ...(bid && { bid }), ...(last && { last }) })
    }
  }
  return prices
})

const positive = (value: string | number | null | undefined): D.Decimal | undefined => {
  const price = value === null || value === undefined ? undefined : D.parse(String(value))
  return price && D.isPositive(price) ? price : undefined
}

/** The pairs through which assets are priced. */
export const pairsOf = (assets: Iterable<string>, route: Route): ReadonlyArray<Pair> =>
  [...assets].flatMap((asset) => (route(asset) ?? []).map(({ pair }) => pair))

/** Reads the prices of assets now, in a currency: those of the last trades. */
export const pricesNow = Effect.fnUntraced(function* (
  assets: Iterable<string>,
  currency: string,
  directory: Directory
) {
  const route = routesTo(currency, directory)
  const prices = yield* readPrices(pairsOf(assets, route), directory)
  return (asset: string) => priceThrough(route(asset), (pair) => prices.get(pair)?.last)
})

/**
 * Reads the past prices that are needed: for each pair one series of candles that reaches back to the earliest moment. A
 * series that cannot be read gives no prices.
 */
export const pricesThen = Effect.fnUntraced(function* (
  needed: ReadonlyArray<Needed>,
  currency: string,
  directory: Directory,
  now: number
) {
  const route = routesTo(currency, directory)
  const series = new Map<string, Series>()
  yield* Effect.forEach(
    pairsNeeded(needed, route).slice(0, mostSeries),
    Effect.fnUntraced(function* ({ pair, time }) {
      const minutes = candleLength(now - time)
      const read = readAs("public/OHLC", { ...ofClass(pair), interval: minutes })
      const answer = yield* Effect.option(read)
      if (Option.isNone(answer)) return
      const candles = answer.value.rows.flatMap(([time, open, , , close]) => {
        const [first, last] = [positive(open), positive(close)]
        return first && last ? [{ time: Number(time), open: first, close: last }] : []
      })
      series.set(pair.display, { minutes, candles })
    }),
    calls
  )
  const longest = Math.max(0, ...Array.from(series.values(), ({ minutes }) => minutes))
  const past: PriceAt = (asset, time) =>
    priceThrough(route(asset), (pair) => {
      const known = series.get(pair)
      return known && priceAt(known, time)
    })
  return { past, minutes: longest }
})
