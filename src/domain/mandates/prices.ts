import * as D from "../numbers/decimal.ts"
import { type Side, worsened } from "../orders/book.ts"
import { absolute, limitField, type Prices, resolvePrice } from "../orders/limitPrices.ts"
import { type OrderType, priceUses } from "../orders/orders.ts"
import { isTrailing, waitsFor } from "../orders/triggerRules.ts"

/** The best prices that an order finds when it is placed. One that is undefined is not offered. */
export interface Touch {
  readonly ask: D.Decimal | undefined
  readonly bid: D.Decimal | undefined
}

/** Finds a price of an order whose type uses no such price. */
export const uselessPrice = (order: Prices): "price" | "price2" | undefined =>
  (["price", "price2"] as const).find(
    (field) => order[field] !== undefined && priceUses[order.ordertype][field] === undefined
  )

/** Finds a price that an order type needs and that is missing. */
export const missingPrice = (order: Prices): "price" | "price2" | undefined =>
  (["price", "price2"] as const).find(
    (field) => order[field] === undefined && priceUses[order.ordertype][field] !== undefined
  )

/** Finds a limit or trigger price that is not absolute. Distances of trailing orders are always relative. */
export const relativePrice = (order: Prices): string | undefined =>
  (["price", "price2"] as const)
    .filter((field) => /^(limit|trigger) price$/.test(priceUses[order.ordertype][field]?.what ?? ""))
    .map((field) => order[field])
    .find((text) => text !== undefined && absolute(text) === undefined)

/** A limit price that crosses the book further than a collar allows. */
export interface Crossing {
  readonly asked: string
  readonly allowed: string
}

/**
 * Finds a limit price that is worse than the best price of the book by more than a percentage. The limit of a triggered
 * order is compared with its trigger, and with the book once that is reached. Where nobody offers a price, nothing is
 * crossed.
 */
export const crossing = (order: Prices, side: Side, touch: Touch, collar: D.Decimal): Crossing | undefined => {
  const field = limitField(order.ordertype)
  if (field === undefined) return undefined
  const met = side === "buy" ? touch.ask : touch.bid
  const worse = side === "buy" ? 1 : -1
  const trigger = field === "price" ? undefined : triggerOf(order, side, touch)
  const isWaiting = trigger !== undefined && !isReached(order.ordertype, side, trigger, touch)
  const reference = isWaiting ? trigger : met
  const limit = resolvePrice(
    order[field],
    field === "price" ? (met ?? touch.ask ?? touch.bid) : (trigger ?? met),
    worse
  )
  if (reference === undefined || limit === undefined) return undefined
  const allowed = worsened(reference, side, collar)
  const isWorse = side === "buy" ? D.greaterThan(limit, allowed) : D.lessThan(limit, allowed)
  return isWorse ? { asked: D.format(limit), allowed: D.format(allowed) } : undefined
}

/** The trigger of an order, as far as the book tells it. A trailing one counts from the price now. */
const triggerOf = ({ ordertype, price }: Prices, side: Side, { ask, bid }: Touch): D.Decimal | undefined => {
  const now = side === "buy" ? (ask ?? bid) : (bid ?? ask)
  const waits = waitsFor(side, ordertype) ?? (side === "buy" ? "above" : "below")
  return isTrailing(ordertype) ? now : resolvePrice(price, now, waits === "above" ? 1 : -1)
}

/** Checks that the price can have reached a trigger, which is somewhere between bid and ask. */
const isReached = (ordertype: OrderType, side: Side, trigger: D.Decimal, { ask, bid }: Touch): boolean => {
  const waits = waitsFor(side, ordertype)
  const [highest, lowest] = [ask ?? bid, bid ?? ask]
  if (waits === undefined || highest === undefined || lowest === undefined) return false
  return waits === "above" ? D.lessThanOrEqualTo(trigger, highest) : D.greaterThanOrEqualTo(trigger, lowest)
}
