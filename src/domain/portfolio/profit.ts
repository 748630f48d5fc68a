import * as D from "../numbers/decimal.ts"
import { type BookTerms, makeBooks, type Missing, type Sum, type TaxRow } from "./bookkeeping.ts"
import type { History } from "./ledger.ts"

/** The conditions of an account of profit. */
export interface Terms extends BookTerms {
  /** Unix seconds. The period begins with what was held at this moment, or where the history begins if that is later. */
  readonly since: number | undefined
  /** Unix seconds. The last moment of the period. */
  readonly until: number
}

/**
 * Sums of a period in the currency.
 *
 * If every price and cost is known, `end` = `start` + `deposits` - `withdrawals` + `rewards` + `realised` + `unrealised`,
 * to the last digit.
 */
export interface Sums {
  readonly start: D.Decimal
  /** Value of deposits and of transfers from other wallets when they came. */
  readonly deposits: D.Decimal
  readonly withdrawals: D.Decimal
  /** Value of rewards when they came, after fees. */
  readonly rewards: D.Decimal
  /** Proceeds of sales after their fees, less the cost of what was sold, which includes the fees of buying it. */
  readonly realised: D.Decimal
  /** Change of value less cost of what is held, and of what was withdrawn until then. */
  readonly unrealised: D.Decimal
  /** Value of all fees. They are already deducted from the rest. */
  readonly fees: D.Decimal
  readonly end: D.Decimal
}

/** The sums of one asset. Those of an exchange of two assets belong to the one that was given. */
export interface AssetSums extends Sums {
  readonly asset: string
  readonly startAmount: D.Decimal
  readonly endAmount: D.Decimal
  /** Cost of what is held at the end, as far as it is known. */
  readonly cost: D.Decimal
  /** Amount at the end whose cost is not known. */
  readonly withoutCost: D.Decimal
}

/** The account of a period. */
export interface Profit {
  /** Unix seconds at which the period begins. */
  readonly since: number
  readonly total: Sums
  /** Assets that were held or moved in the period, the largest value at the end first. */
  readonly assets: ReadonlyArray<AssetSums>
  readonly rows: ReadonlyArray<TaxRow>
  readonly missing: ReadonlyArray<Missing>
}

/** Accounts for a period: values what was held at both ends and what came and went, and matches sales with lots. */
export const profitOf = (history: History, terms: Terms): Profit => {
  const { until } = terms
  const first = history.events[0]?.time ?? until
  const since = Math.max(terms.since ?? -Infinity, history.from ?? first - 1)
  const books = makeBooks(history.opening, terms)
  const before = history.events.findIndex(({ time }) => time > since)
  const split = before === -1 ? history.events.length : before
  for (const event of history.events.slice(0, split)) books.apply(event)
  const start = books.standing(since)
  books.beginPeriod()
  for (const event of history.events.slice(split)) if (event.time <= until) books.apply(event)
  const end = books.standing(until)

  const assets = [...end].map(([asset, { amount, gain, held, worth }]): AssetSums => {
    const begun = start.get(asset)
    const sum = (name: Sum) => books.sum(asset, name)
    const gained = D.subtract(gain ?? D.zero, begun?.gain ?? D.zero)
    return {
      asset,
      startAmount: begun?.amount ?? D.zero,
      start: begun?.worth ?? D.zero,
      deposits: sum("deposits"),
      withdrawals: sum("withdrawals"),
      rewards: sum("rewards"),
      realised: sum("realised"),
      unrealised: D.sum(sum("unrealised"), gained),
      fees: sum("fees"),
      endAmount: amount,
      end: worth ?? D.zero,
      cost: held.cost,
      withoutCost: held.unknown
    }
  })
  const isUsed = ({ asset, endAmount, startAmount }: AssetSums) =>
    !D.isZero(endAmount) || !D.isZero(startAmount) || books.isCounted(asset)
  return {
    since,
    total: totalOf(assets),
    assets: assets.filter(isUsed).toSorted((a, b) => D.order(b.end, a.end)),
    rows: books.rows,
    missing: books.missing
  }
}

const totalOf = (assets: ReadonlyArray<AssetSums>): Sums => {
  const sum = (name: keyof Sums) => D.total(assets.map((asset) => asset[name]))
  return {
    start: sum("start"),
    deposits: sum("deposits"),
    withdrawals: sum("withdrawals"),
    rewards: sum("rewards"),
    realised: sum("realised"),
    unrealised: sum("unrealised"),
    fees: sum("fees"),
    end: sum("end")
  }
}
