import { Duration } from "effect"
import * as D from "../numbers/decimal.ts"
import type { Progress } from "./claim.ts"
import type { Fill, FilledOrder } from "./filledOrder.ts"
import type { OpenSpend } from "./room.ts"

/** The time from the first to the last fill of an order up to which they count as one at its end, in milliseconds. */
const oneMoment = Duration.toMillis("1 minute")

/** The time after which Kraken makes no more orders of the fills of one that has ended, in milliseconds. */
const lastChild = Duration.toMillis("1 hour")

/** Decimals of a fee in base currency. No asset at Kraken has more. */
const feePlaces = 10

/** An order, and its fills if these were read. */
export interface OrderWithFills {
  readonly order: FilledOrder
  readonly fills?: ReadonlyArray<Fill>
}

/**
 * The amounts that left and came in. A fee in the quote raises the cost of a buy and lowers the proceeds of a sell. A fee
 * in the base lowers what a buy brings and raises what a sell takes. It is rounded up, since Kraken shows it in the quote.
 */
const movedBy = (
  { feeIn, side }: Pick<FilledOrder, "feeIn" | "side">,
  { cost, fee, volume }: Pick<FilledOrder, "cost" | "fee" | "volume">
) => {
  const inQuote = feeIn === "base" ? D.zero : fee
  const inBase = feeIn === "quote" || D.isZero(cost) ? D.zero : D.divideUp(D.multiply(fee, volume), cost, feePlaces)
  return side === "buy"
    ? { paid: D.sum(cost, inQuote), got: atLeastZero(D.subtract(volume, inBase)) }
    : { paid: D.sum(volume, inBase), got: atLeastZero(D.subtract(cost, inQuote)) }
}

const atLeastZero = (amount: D.Decimal): D.Decimal => D.max(D.zero, amount)

/** Tells whether an order takes nothing from a balance: it closes a margin position, which was paid when it was opened. */
const takesNothing = ({ amount }: OpenSpend): boolean => D.isZero(D.decimal(amount))

/**
 * Tells whether the times of an order's fills have to be read: it counts in windows, has ended, and was open for so long
 * that its end says little of them. An order that was filled at once ended with that fill.
 */
export const needsFills = (
  spend: OpenSpend,
  { closedAt, fillIds, isClosed, isComplete, openedAt }: FilledOrder
): boolean =>
  isClosed &&
  !takesNothing(spend) &&
  spend.counts?.length !== 0 &&
  (fillIds.length > 1 || (fillIds.length === 1 && !isComplete)) &&
  openedAt !== undefined &&
  closedAt !== undefined &&
  closedAt - openedAt > oneMoment

/**
 * The amounts that an order took, by time. The time of an amount is never earlier than that of its fill: it might be later,
 * so that the amount counts longer in windows, but it never leaves them too soon. So what no fill shows was taken when the
 * order ended, and what was taken by an order without an end is taken now.
 */
const partsOf = ({ fills = [], order }: OrderWithFills, now: number): Progress["paid"] => {
  const total = movedBy(order, order).paid
  const end = order.closedAt ?? now
  const parts = fills.map((fill) => ({ at: fill.at, amount: movedBy(order, fill).paid }))
  const rest = parts.reduce((left, { amount }) => D.subtract(left, amount), total)
  // Fills that exceed the order are not all its own.
  const all = D.isNegative(rest) ? [{ at: end, amount: total }] : [...parts, { at: end, amount: rest }]
  return all.flatMap(({ amount, at }) => (D.isPositive(amount) ? [{ at, amount: D.format(amount) }] : []))
}

const gotBy = ({ gets }: OpenSpend, orders: ReadonlyArray<OrderWithFills>): string =>
  gets === undefined ? "0" : D.format(orders.reduce((sum, { order }) => D.sum(sum, movedBy(order, order).got), D.zero))

/** Makes the state of a spend from its order. `now` is the present in Unix milliseconds. */
export const progressOf = (spend: OpenSpend, found: OrderWithFills, now: number): Progress => {
  const { isClosed, txid } = found.order
  return {
    intent: spend.seq,
    n: spend.n,
    txid,
    paid: takesNothing(spend) ? [] : partsOf(found, now),
    got: takesNothing(spend) ? "0" : gotBy(spend, [found]),
    open: isClosed ? 0 : 1,
    closed: isClosed
  }
}

/**
 * Makes the state of the spend of all orders that the fills of one order made. It is closed if that one and all of them have
 * ended, and if they are as large as what was filled: another one might not be listed yet.
 *
 * Their sizes never match if one was amended, or if Kraken refused to make one. If they only reduce, and all that Kraken
 * lists were read, an hour without another one is enough. Their coins could otherwise never be sold again.
 */
export const progressOfChildren = (
  spend: OpenSpend,
  parent: FilledOrder,
  children: ReadonlyArray<OrderWithFills>,
  { areAll, now }: { readonly areAll: boolean; readonly now: number }
): Progress => {
  const orders = children.map(({ order }) => order)
  const open = orders.filter(({ isClosed }) => !isClosed).length
  const isWhole = D.equals(sizeOf(orders), parent.volume)
  const isLate = areAll && mayBeLate(spend, parent, now) && orders.every((order) => isLongOver(order, now))
  const closed = parent.isClosed && open === 0 && (isWhole || isLate)
  return {
    intent: spend.seq,
    n: spend.n,
    paid: takesNothing(spend) ? [] : children.flatMap((child) => partsOf(child, now)),
    got: takesNothing(spend) ? "0" : gotBy(spend, children),
    open,
    closed
  }
}

/** Tells whether the orders that a closed one made might be ended by time. */
export const mayBeLate = ({ order }: OpenSpend, parent: FilledOrder, now: number): boolean =>
  order?.reduces === true && isLongOver(parent, now)

const isLongOver = ({ closedAt, isClosed }: FilledOrder, now: number): boolean =>
  isClosed && closedAt !== undefined && now - closedAt >= lastChild

/** The volume that orders were placed with. */
export const sizeOf = (orders: ReadonlyArray<FilledOrder>): D.Decimal =>
  orders.reduce((sum, { ordered }) => D.sum(sum, ordered), D.zero)

/** Tells whether a state says more of a spend than the record has. */
export const isNews = (spend: OpenSpend, { closed, got, open, paid, txid }: Progress): boolean => {
  const total = paid.reduce((sum, { amount }) => D.sum(sum, D.decimal(amount)), D.zero)
  return (
    closed ||
    open !== spend.open ||
    (txid !== undefined && txid !== spend.txid) ||
    !D.equals(total, D.decimal(spend.paid)) ||
    !D.equals(D.decimal(got), D.decimal(spend.got))
  )
}
