import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import { boundOf, readAmount } from "./amounts.ts"
import type { Draft } from "./claims.ts"
import { assetName } from "./conversion.ts"
import type { Judging } from "./facts.ts"
import { isMargin } from "./marginOrders.ts"
import type { Market } from "./orderMarket.ts"
import { type Judged, uncheckable } from "./refusal.ts"
import type { OrderFields } from "./writeFields.ts"

/**
 * The amount of the base of a pair that the caller can sell without spending: coins that it bought or was granted. The
 * currency of its capital is none of them, since selling it is how it is spent.
 */
export const ownedOf = ({ facts, rules }: Judging, { base }: Market): D.Decimal => {
  const capital = rules.own?.terms.capital
  if (capital !== undefined && assetName(facts.directory, capital.asset) === base) return D.zero
  return readAmount(facts.owned.get(base)) ?? D.zero
}

/** The most that a taker fee can be, in percent. */
const highestFee = D.decimal("100")

/** Reads the fee of a taker, in percent. A maker pays no more. */
export const feeOf = ({ facts }: Judging, { pair }: Market): Judged<D.Decimal> => {
  const fee = readAmount(facts.takerFee(pair.display))
  return fee === undefined || D.greaterThan(fee, highestFee)
    ? uncheckable("the cost of the order", `the fee of ${pair.display} is not known`)
    : Either.right(fee)
}

interface Bounds {
  readonly fee: D.Decimal
  readonly feeInBase: boolean
  readonly isPositionOnly: boolean
  readonly limit: D.Decimal | undefined
  readonly reduces: boolean
}

/** Computes the most that an order can take. */
export const draftOf = (
  { base, quote }: Market,
  { leverage, type, volume: given }: Pick<OrderFields, "leverage" | "type" | "volume">,
  { fee, feeInBase, isPositionOnly, limit, reduces }: Bounds
): Judged<Draft> => {
  const volume = D.decimal(given)
  const gets = isMargin({ leverage }) ? {} : { gets: type === "buy" ? base : quote }
  const common = { kind: "order", ...gets, isCounted: !reduces } as const
  const asset = type === "buy" ? quote : base
  // A position is paid for when it is opened. Closing it takes nothing from the balance.
  if (isPositionOnly) return Either.right({ ...common, asset, amount: D.zero })
  if (type === "buy" && limit === undefined) return uncheckable("the cost of the order", "it has no limit price")
  const cost = type === "buy" && limit !== undefined ? D.multiply(limit, volume) : volume
  const amount = boundOf(type === "buy" || feeInBase ? D.addPercent(cost, fee) : cost)
  if (amount === undefined) return uncheckable("the cost of the order", "it is too large")
  const floor = type === "sell" && limit !== undefined ? { floor: { asset: quote, price: limit } } : {}
  return Either.right({ ...common, asset, amount, ...floor })
}
