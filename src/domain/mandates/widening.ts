import * as D from "../numbers/decimal.ts"
import { orderTypes } from "../orders/orders.ts"
import type { Ask, Mandate, Money, SpendingLimits } from "./mandate.ts"
import { windows } from "./mandateWords.ts"
import { covers } from "./pairPatterns.ts"

/** A pair of values of one limit. */
type Change<A> = readonly [before: A, after: A]

/**
 * Names the limits that allow more after a change than before it. Changes that cannot be compared count as wider, such as
 * those of a currency. `new` stands for a mandate that is new, `mandate` for one that is removed.
 */
export const widens = (before: Mandate | undefined, after: Mandate | undefined): ReadonlyArray<string> => {
  if (after === undefined) return before === undefined ? [] : ["mandate"]
  if (before === undefined) return ["new"]
  const all: ReadonlyArray<readonly [limit: string, isWider: boolean]> = [
    ["access", levels.indexOf(after.access) > levels.indexOf(before.access)],
    ...spending([before.spending, after.spending]),
    ["capital", isCapitalWider([before, after])],
    ...assets([before.grants, after.grants]).map(
      (asset) =>
        [
          `grant ${asset}`,
          exceeds(amountOf(after.grants, asset) ?? "0", amountOf(before.grants, asset) ?? "0")
        ] as const
    ),
    ...assets([before.keep, after.keep]).map(
      (asset) =>
        [`keep ${asset}`, exceeds(amountOf(before.keep, asset) ?? "0", amountOf(after.keep, asset) ?? "0")] as const
    ),
    ["pairs", isListWider([before.pairs, after.pairs], covers)],
    ["not-pairs", !isCovered([after.notPairs, before.notPairs], covers)],
    ["sides", isListWider([before.sides, after.sides ?? sides])],
    ["types", isListWider([before.types, after.types ?? orderTypes])],
    ["collar", isAmountWider([before.collar, after.collar])],
    // Without a slippage, market orders are refused.
    ["slippage", exceeds(after.slippage ?? "-1", before.slippage ?? "-1")],
    ["max-open", isCountWider([before.maxOpen, after.maxOpen])],
    ["rate", isCountWider([before.rate, after.rate])],
    ...(["min", "hour", "day"] as const).map(
      (unit) => [`calls/${unit}`, isCountWider([before.calls[unit], after.calls[unit]])] as const
    ),
    ["max-leverage", after.maxLeverage > before.maxLeverage],
    ["cancel", after.cancel === "any" && before.cancel === "own"],
    ...withdrawals([before.withdraw, after.withdraw]),
    ...asks([before.ask, after.ask]),
    ["toolsets", isListWider([before.toolsets, after.toolsets])]
  ]
  return all.flatMap(([limit, isWider]) => (isWider ? [limit] : []))
}

const levels: ReadonlyArray<Mandate["access"]> = ["read", "trade", "full"]
const sides: ReadonlyArray<string> = ["buy", "sell"]

const exceeds = (left: string, right: string): boolean => D.greaterThan(D.decimal(left), D.decimal(right))

const amountOf = (amounts: Mandate["grants"], asset: string): string | undefined =>
  Object.hasOwn(amounts, asset) ? amounts[asset] : undefined

const assets = ([before, after]: Change<object>): ReadonlyArray<string> => [
  ...new Set([...Object.keys(before), ...Object.keys(after)])
]

/** Compares limits by windows, of which an absent one is unlimited. */
const spending = ([before, after]: Change<SpendingLimits>) =>
  windows.map((window) => {
    const limits: Change<string | undefined> = [limitOf(before, window), limitOf(after, window)]
    const isOther = before.currency !== after.currency && limits[0] !== undefined
    return [`max/${window}`, isOther || isAmountWider(limits)] as const
  })

const limitOf = ({ max }: SpendingLimits, window: (typeof windows)[number]): string | undefined =>
  max[window] === "none" ? undefined : max[window]

/** Compares amounts, of which an absent one is unlimited. */
const isAmountWider = ([before, after]: Change<string | undefined>): boolean =>
  before !== undefined && (after === undefined || exceeds(after, before))

/** Compares counts, of which an absent one is unlimited. */
const isCountWider = ([before, after]: Change<number | undefined>): boolean =>
  before !== undefined && (after === undefined || after > before)

/** Compares amounts in currencies, of which an absent one is unlimited. */
const isMoneyWider = ([before, after]: Change<Money | undefined>): boolean =>
  before !== undefined && (after?.asset !== before.asset || exceeds(after.amount, before.amount))

/**
 * Compares capital. Sales of owned coins count against no limit of spending, so that new capital cannot be compared with
 * such limits.
 */
const isCapitalWider = ([before, after]: Change<Mandate>): boolean =>
  isMoneyWider([before.capital, after.capital]) ||
  (before.capital === undefined && after.capital !== undefined && before.spending.currency !== undefined)

const isSame = (one: string, other: string): boolean => one === other

/** Checks that each member of the second list is covered by one of the first. */
const isCovered = (
  [by, members]: Change<ReadonlyArray<string>>,
  covering: (by: string, member: string) => boolean = isSame
): boolean => members.every((member) => by.some((other) => covering(other, member)))

/** Compares lists of the allowed, of which an absent one allows all. */
const isListWider = (
  [before, after]: Change<ReadonlyArray<string> | undefined>,
  covering?: (by: string, member: string) => boolean
): boolean => before !== undefined && (after === undefined || !isCovered([before, after], covering))

/** Compares limits by address. If there are no limits, every address is allowed; otherwise only those that have one. */
const withdrawals = ([before, after]: Change<Mandate["withdraw"]>): ReadonlyArray<readonly [string, boolean]> => {
  if (before === undefined) return []
  if (after === undefined) return [["withdraw", true]]
  return Object.entries(after).map(([key, limit]) => {
    const earlier = Object.hasOwn(before, key) ? before[key] : undefined
    return [`withdraw ${key}`, earlier?.per !== limit.per || isMoneyWider([earlier, limit])] as const
  })
}

const asks = ([before, after]: Change<Ask>): ReadonlyArray<readonly [string, boolean]> => [
  ["ask above", isMoneyWider([before.above, after.above])],
  ...before.kinds.map((kind) => [`ask ${kind}`, !after.kinds.includes(kind)] as const)
]
