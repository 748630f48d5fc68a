import type { Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import type { History } from "./ledger.ts"
import type { Route } from "./prices.ts"
import { type Profit, profitOf, type Terms } from "./profit.ts"

/** A price that is needed: that of an asset at a moment in Unix seconds. */
export interface Needed {
  readonly asset: string
  readonly time: number
}

/** Finds the prices that an account of profit needs, of assets that can have one. */
export const neededPrices = (history: History, terms: Omit<Terms, "priceAt">, route: Route): ReadonlyArray<Needed> => {
  const needed: Array<Needed> = []
  profitOf(history, {
    ...terms,
    priceAt: (asset, time) => {
      if (route(asset) === undefined) return undefined
      needed.push({ asset, time })
      return one
    }
  })
  return needed
}

const one = D.decimal("1")

/** Finds the pairs that give prices, each with the earliest moment at which it has to. */
export const pairsNeeded = (
  needed: ReadonlyArray<Needed>,
  route: Route
): ReadonlyArray<{ readonly pair: Pair; readonly time: number }> => {
  const earliest = new Map<string, { readonly pair: Pair; readonly time: number }>()
  for (const { asset, time } of needed)
    for (const { pair } of route(asset) ?? []) {
      const known = earliest.get(pair.display)
      if (known === undefined || time < known.time) earliest.set(pair.display, { pair, time })
    }
  return [...earliest.values()]
}

/**
 * Computes the gain of a period: what the value grew by, less what came and plus what went. Undefined if an asset has a
 * value at one time and no price at another, since its whole value would then look like a gain or a loss.
 */
export const gainOf = ({ assets, missing, total }: Profit): D.Decimal | undefined => {
  const unpriced = new Set(missing.flatMap(({ asset, fact }) => (fact === "price" ? [asset] : [])))
  const isCounted = assets.some(
    ({ asset, deposits, end, start, withdrawals }) =>
      unpriced.has(asset) && ![start, end, deposits, withdrawals].every(D.isZero)
  )
  return isCounted
    ? undefined
    : D.subtract(D.sum(D.subtract(total.end, total.start), total.withdrawals), total.deposits)
}
