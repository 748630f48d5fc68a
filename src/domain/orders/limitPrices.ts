import * as D from "../numbers/decimal.ts"
import { amount } from "./fieldRules.ts"
import { isAbsolute, type OrderType, priceUses, readPrice } from "./orders.ts"

/** The prices of an order, as requests spell them. */
export interface Prices {
  readonly ordertype: OrderType
  readonly price?: string
  readonly price2?: string
}

/** Reads an absolute price above zero. Undefined for a relative one. */
export const absolute = (text: string | undefined): D.Decimal | undefined => {
  const price = text === undefined ? undefined : readPrice(text)
  const digits = price !== undefined && isAbsolute(price) ? amount(price.digits) : undefined
  return digits !== undefined && D.isPositive(digits) ? digits : undefined
}

/** The field that has the limit price of an order type. Undefined if the order is executed at any price. */
export const limitField = (ordertype: OrderType): "price" | "price2" | undefined => {
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

/**
 * Resolves a price that counts from another one, of which percentages are taken. `#` leaves the direction to Kraken:
 * `unsigned` is the one to expect.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const resolvePrice = (
  text: string | undefined,
  reference: D.Decimal | undefined,
  unsigned: 1 | -1
): D.Decimal | undefined => {
  const price = text === undefined ? undefined : readPrice(text)
  const digits = amount(price?.digits)
  if (price === undefined || digits === undefined) return undefined
  if (isAbsolute(price)) return digits
  if (reference === undefined) return undefined
  const sign = price.sign === "#" ? unsigned : price.sign === "-" ? -1 : 1
  if (price.percent) return D.addPercent(reference, digits, sign)
  return sign === 1 ? D.sum(reference, digits) : D.subtract(reference, digits)
}
