import type { Claim, Spend, SpentOrder } from "../mandates/claim.ts"
import * as D from "../numbers/decimal.ts"

/**
 * Finds the reason for which a write may not be carried out by the approval of an earlier claim: it would take more, or its
 * price is worse, by more than the tolerance in percent. Undefined if there is none.
 */
export const exceeds = (approved: Claim, now: Claim, tolerance: string): string | undefined => {
  const percent = D.decimal(tolerance)
  const [before, after] = [amountsOf(approved), amountsOf(now)]
  for (const [asset, amount] of after) {
    const most = D.addPercent(before.get(asset) ?? D.zero, percent)
    if (D.greaterThan(amount, most))
      return `it would now take ${D.format(amount)} ${asset}, and ${D.format(most)} was approved at most`
  }
  const [valuesBefore, values] = [valuesOf(approved), valuesOf(now)]
  for (const [limit, value] of values) {
    const known = valuesBefore.get(limit)
    // A limit that was set meanwhile is checked by itself.
    if (known !== undefined && D.greaterThan(value, D.addPercent(known, percent)))
      return `its value has grown to ${D.format(value)}, and ${D.format(D.addPercent(known, percent))} was approved at most`
  }
  return worsePrice(approved, now, percent)
}

/** The amounts that a claim takes, by asset. */
export const amountsOf = ({ spends }: Claim): ReadonlyMap<string, D.Decimal> =>
  spends.reduce(
    (sums, { amount, asset }) => sums.set(asset, D.sum(sums.get(asset) ?? D.zero, D.decimal(amount))),
    new Map<string, D.Decimal>()
  )

/** The values of a claim, by the scope and the name of the limit that they count against. */
const valuesOf = ({ spends }: Claim): ReadonlyMap<string, D.Decimal> => {
  const sums = new Map<string, D.Decimal>()
  for (const { amount, counts } of spends)
    for (const { bucket, rate, scope } of counts) {
      const limit = `${scope} ${bucket}`
      sums.set(limit, D.sum(sums.get(limit) ?? D.zero, D.multiply(D.decimal(amount), D.decimal(rate))))
    }
  return sums
}

/** The value of a claim that counts against one limit. */
export const valueOf = (claim: Claim, scope: string, bucket: string): D.Decimal | undefined =>
  valuesOf(claim).get(`${scope} ${bucket}`)

/** The orders of a claim by their rows. Orders that fills of others make are not among them. */
const ordersOf = ({ spends }: Claim): ReadonlyMap<number, SpentOrder> =>
  new Map(
    spends.flatMap(({ order, parent }: Spend) =>
      order === undefined || parent !== undefined ? [] : [[order.index, order] as const]
    )
  )

const worsePrice = (approved: Claim, now: Claim, percent: D.Decimal): string | undefined => {
  const before = ordersOf(approved)
  for (const [index, { pair, price, type }] of ordersOf(now)) {
    const known = before.get(index)?.price
    if (price === undefined || known === undefined) continue
    const bound = D.addPercent(D.decimal(known), percent, type === "buy" ? 1 : -1)
    const isWorse = type === "buy" ? D.greaterThan(D.decimal(price), bound) : D.lessThan(D.decimal(price), bound)
    if (isWorse) return `the price of ${pair} has moved to ${price}, and ${D.format(bound)} was approved at worst`
  }
  return undefined
}
