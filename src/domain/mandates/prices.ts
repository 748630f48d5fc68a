import * as D from "../numbers/decimal.ts"
import { isAbsolute, type OrderType, priceUses, readPrice } from "../orders/orders.ts"
import { isTrailing, waitsFor } from "../orders/triggerRules.ts"
import { addPercent, readAmount } from "./amounts.ts"
import { type Side, worsened } from "./book.ts"

/** The prices of an order, as requests spell them. */
export interface Prices {
  readonly ordertype: OrderType
  readonly price?: string
  readonly price2?: string
}

/** The best prices that an order finds when it is placed. One that is undefined is not offered. */
export interface Touch {
  readonly ask: D.Decimal | undefined
  readonly bid: D.Decimal | undefined
}

/** Reads an absolute price above zero. Undefined for a relative one. */
export const absolute = (text: string | undefined): D.Decimal | undefined => {
  const price = text === undefined ? undefined : readPrice(text)
  const digits = price !== undefined && isAbsolute(price) ? readAmount(price.digits) : undefined
  return digits !== undefined && D.isPositive(digits) ? digits : undefined
}

/** The field that has the limit price of an order type. Undefined if the order is executed at any price. */
const limitField = (ordertype: OrderType): "price" | "price2" | undefined => {
  const { price, price2 } = priceUses[ordertype]
  if (price?.what === "limit price") return "price"
  return price2 === undefined ? undefined : "price2"
}

/** Checks that an order has a limit price. Without one it can be filled at any price. */
export const hasLimitPrice = (ordertype: OrderType): boolean => limitField(ordertype) !== undefined

/** The limit price of an order, if it has one that is absolute. */
export const limitOf = (order: Prices): D.Decimal | undefined => {
  const field = limitField(order.ordertype)
  return field === undefined ? undefined : absolute(order[field])
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

/**
 * Resolves a price that counts from another one, of which percentages are taken. `#` leaves the direction to Kraken:
 * `unsigned` is the one to expect.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const resolve = (
  text: string | undefined,
  reference: D.Decimal | undefined,
  unsigned: 1 | -1
): D.Decimal | undefined => {
  const price = text === undefined ? undefined : readPrice(text)
  const digits = readAmount(price?.digits)
  if (price === undefined || digits === undefined) return undefined
  if (isAbsolute(price)) return digits
  if (reference === undefined) return undefined
  const sign = price.sign === "#" ? unsigned : price.sign === "-" ? -1 : 1
  if (price.percent) return addPercent(reference, digits, sign)
  return sign === 1 ? D.sum(reference, digits) : D.subtract(reference, digits)
}

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
  const limit = resolve(order[field], field === "price" ? (met ?? touch.ask ?? touch.bid) : (trigger ?? met), worse)
  if (reference === undefined || limit === undefined) return undefined
  const allowed = worsened(reference, side, collar)
  const isWorse = side === "buy" ? D.greaterThan(limit, allowed) : D.lessThan(limit, allowed)
  return isWorse ? { asked: D.format(limit), allowed: D.format(allowed) } : undefined
}

/** The trigger of an order, as far as the book tells it. A trailing one counts from the price now. */
const triggerOf = ({ ordertype, price }: Prices, side: Side, { ask, bid }: Touch): D.Decimal | undefined => {
  const now = side === "buy" ? (ask ?? bid) : (bid ?? ask)
  const waits = waitsFor(side, ordertype) ?? (side === "buy" ? "above" : "below")
  return isTrailing(ordertype) ? now : resolve(price, now, waits === "above" ? 1 : -1)
}

/** Checks that the price can have reached a trigger, which is somewhere between bid and ask. */
const isReached = (ordertype: OrderType, side: Side, trigger: D.Decimal, { ask, bid }: Touch): boolean => {
  const waits = waitsFor(side, ordertype)
  const [highest, lowest] = [ask ?? bid, bid ?? ask]
  if (waits === undefined || highest === undefined || lowest === undefined) return false
  return waits === "above" ? D.lessThanOrEqualTo(trigger, highest) : D.greaterThanOrEqualTo(trigger, lowest)
}
