import * as D from "../numbers/decimal.ts"
import { type Fault, within } from "./fault.ts"
import { amount, check } from "./fieldRules.ts"
import { isAbsolute, type OrderType, priceUses, readPrice, type Terms } from "./orders.ts"

/** The market against which triggers are checked. */
export interface LastPrice {
  /** The display name of the pair. */
  readonly pair: string
  /** Undefined if no trigger needs it. */
  readonly last: D.Decimal | undefined
}

type Side = Terms["type"]
type Triggered = Pick<Terms, "type" | "ordertype" | "price">

/**
 * The side of the last price on which a trigger waits. Undefined for an order type without a trigger, or with one that
 * follows the price.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const waitsFor = (side: Side, ordertype: OrderType): "above" | "below" | undefined => {
  if (priceUses[ordertype].price?.what !== "trigger price") return undefined
  return (side === "buy") === ordertype.startsWith("stop-loss") ? "above" : "below"
}

/** Checks that the trigger of an order type follows the price. */
export const isTrailing = (ordertype: OrderType): boolean => priceUses[ordertype].price?.what === "trailing distance"

/** Checks that an order type has a trigger, fixed or trailing. */
export const hasTrigger = (ordertype: string | undefined): boolean =>
  ordertype !== undefined && /^(stop-loss|take-profit|trailing-stop)/.test(ordertype)

/**
 * Checks that an order has a trigger, or a close with one, that is compared with the last price now. A percentage has its
 * side whatever the price.
 */
export const needsLastPrice = ({ close, ordertype, price, starttm }: Terms): boolean =>
  !isScheduled(starttm) &&
  ((hasTrigger(ordertype) && !isPercentage(price)) || (hasTrigger(close?.ordertype) && !isPercentage(close?.price)))

const isPercentage = (price: string | undefined): boolean => price !== undefined && readPrice(price)?.percent === true

/** Checks that an order starts later, at a price that is unknown now. */
const isScheduled = (starttm: string | undefined): boolean => starttm !== undefined && !/^\+?0+(\.0*)?$/.test(starttm)

/**
 * Lists the faults of triggers that the last price has reached already. Kraken accepts such an order, gives it a `txid`
 * and cancels it at once ("Order would trigger immediately"). A trigger on the index price is compared with the last
 * price too, since Kraken does not publish the index price.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-closed-orders read 2026-08-17
 */
export const triggerFaults = (order: Terms, market: LastPrice): ReadonlyArray<Fault> => {
  if (isScheduled(order.starttm)) return []
  const { close } = order
  const entry = entryPrice(order, market.last)
  const side = order.type === "buy" ? "sell" : "buy"
  return [
    ...ownFaults(order, market),
    ...(close === undefined
      ? []
      : within(
          "close",
          sideFaults("price", { ...close, type: side }, entry, "the price of the first order", "close price")
        ))
  ]
}

/**
 * Lists the faults of the new trigger of an open order. An amendment does not say in which direction `#` counts.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/amend-order read 2026-08-17
 */
export const newTriggerFaults = (
  field: "trigger_price" | "price",
  order: Triggered,
  market: LastPrice
): ReadonlyArray<Fault> => [
  ...check(
    field === "trigger_price" && order.price?.startsWith("#") === true,
    field,
    `${field} ${order.price} leaves its direction open: begin it with + or -`
  ),
  ...ownFaults(order, market, field)
]

const ownFaults = (order: Triggered, { last, pair }: LastPrice, field = "price"): ReadonlyArray<Fault> =>
  sideFaults(field, order, last, `the last price of ${pair}`)

/** Compares a trigger with a reference price, both of which the fault names. */
const sideFaults = (
  field: string,
  { ordertype, price, type }: Triggered,
  reference: D.Decimal | undefined,
  what: string,
  name = field
): ReadonlyArray<Fault> => {
  const basis = reference ?? (isPercentage(price) ? one : undefined)
  const trigger = resolved(price, basis)
  const at = reference === undefined ? what : `${what}, ${D.format(reference)}`
  if (isTrailing(ordertype)) {
    const distance = resolved(price, D.zero, basis)
    const tooFar = type === "sell" && basis !== undefined && distance !== undefined
    return check(
      tooFar && D.greaterThanOrEqualTo(distance, basis),
      field,
      `${name} ${price} is not less than ${at}: the trigger would be at zero or below and never be reached`
    )
  }
  const waits = waitsFor(type, ordertype)
  if (waits === undefined || price === undefined) return []
  if (trigger === undefined || basis === undefined) {
    // Without a reference, the sign of a relative price shows the side.
    const sign = readPrice(price)?.sign
    const wrong = sign === (waits === "above" ? "-" : "+")
    return check(
      wrong,
      field,
      `${name} ${price} must be ${waits} ${at}, since it is the trigger of a ${type} ${ordertype}`
    )
  }
  const passes = waits === "above" ? D.greaterThan(trigger, basis) : D.lessThan(trigger, basis)
  const written = readPrice(price)
  const isWhole = reference === undefined || (written !== undefined && isAbsolute(written))
  const given = isWhole ? price : `${price} (${D.format(trigger)})`
  if (passes)
    return check(!D.isPositive(trigger), field, `${name} ${given} is not above zero and would never be reached`)
  return check(
    true,
    field,
    `${name} ${given} must be ${waits} ${at}, since it is the trigger of a ${type} ${ordertype}: Kraken would cancel the order at once. ${otherKind(type, ordertype)}`
  )
}

/** Names the order type whose trigger waits on the other side. */
const otherKind = (type: Side, ordertype: OrderType): string => {
  const other = ordertype.startsWith("stop-loss")
    ? ordertype.replace("stop-loss", "take-profit")
    : ordertype.replace("take-profit", "stop-loss")
  return `A ${type} on that side is a ${other}; one at the present price is a market or limit order`
}

/**
 * Computes the price at which an order is expected to be filled, from which its close starts. Undefined if only the
 * future tells.
 */
const entryPrice = ({ ordertype, price, type }: Terms, last: D.Decimal | undefined): D.Decimal | undefined => {
  const first = resolved(price, last)
  switch (priceUses[ordertype].price?.what) {
    case undefined:
      return last
    case "limit price":
      // An order that takes is filled at the market's price, one that waits at its own.
      return first === undefined || last === undefined
        ? undefined
        : type === "buy"
          ? D.min(first, last)
          : D.max(first, last)
    case "trigger price":
      return first
    default:
      return undefined
  }
}

/**
 * Resolves a price text: an absolute price, or one relative to `reference`. Percentages are of `whole`. Undefined if it
 * is `#`, whose direction Kraken chooses, or no price.
 */
const resolved = (
  text: string | undefined,
  reference: D.Decimal | undefined,
  whole = reference
): D.Decimal | undefined => {
  const price = text === undefined ? undefined : readPrice(text)
  const digits = amount(price?.digits)
  if (price === undefined || digits === undefined) return undefined
  if (isAbsolute(price)) return digits
  if (price.sign === "#" || price.sign === "" || reference === undefined || whole === undefined) return undefined
  const distance = price.percent ? D.multiply(D.multiply(whole, digits), hundredth) : digits
  return price.sign === "+" ? D.sum(reference, distance) : D.subtract(reference, distance)
}

const one = D.decimal("1")
const hundredth = D.decimal("0.01")
