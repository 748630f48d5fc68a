import * as D from "../numbers/decimal.ts"
import { type Fault, within } from "./fault.ts"
import { amount, check } from "./fieldRules.ts"
import type { Pair } from "../assets/model.ts"
import { type Amend, type Batch, type Edit, hasFlag, isAbsolute, priceUses, readPrice, type Terms } from "./orders.ts"
import { fifteenth } from "./orderRules.ts"
import { leastCost, nearestPrice, nearestVolume, priceStep, volumeStep } from "./pairSteps.ts"

/**
 * Lists the faults of an order that depend on its pair, calculated exactly. Nothing is rounded for the caller: each
 * fault names the nearest valid value, or for a volume below the minimum the smallest order and its value. `last` is the
 * last price. Without it, Kraken decides about volumes in quote currency. Kraken decides about relative prices and the
 * cost of market orders.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export const pairFaults = (order: Terms, pair: Pair, last?: D.Decimal): ReadonlyArray<Fault> => [
  ...statusFaults(order, pair),
  ...leverageFaults(order, pair),
  ...priceFaults("price", order.price, pair),
  ...priceFaults("price2", order.price2, pair),
  ...within("close", [
    ...priceFaults("price", order.close?.price, pair, "close price"),
    ...priceFaults("price2", order.close?.price2, pair, "close price2")
  ]),
  ...volumeFaults(order, pair, last),
  ...shownFaults(order, pair)
]

/** Lists the faults of a batch that depend on its pair, with paths such as `orders.0.price`. */
export const batchPairFaults = ({ orders }: Batch, pair: Pair, last?: D.Decimal): ReadonlyArray<Fault> =>
  orders.flatMap((terms, i) => within(`orders.${i}`, pairFaults(terms, pair, last)))

/**
 * Lists the faults of an amendment that depend on its pair. The filled part is unknown, so Kraken checks the minima.
 */
export const amendPairFaults = (amend: Amend, pair: Pair): ReadonlyArray<Fault> => [
  ...closedFaults(pair),
  ...priceFaults("limit_price", amend.limit_price, pair),
  ...priceFaults("trigger_price", amend.trigger_price, pair),
  ...decimalsFaults("order_qty", amend.order_qty, pair),
  ...decimalsFaults("display_qty", amend.display_qty, pair)
]

/** Lists the faults of an edit that depend on its pair. */
export const editPairFaults = (edit: Edit, pair: Pair): ReadonlyArray<Fault> => [
  ...closedFaults(pair),
  ...priceFaults("price", edit.price, pair),
  ...priceFaults("price2", edit.price2, pair),
  ...decimalsFaults("volume", edit.volume, pair),
  ...decimalsFaults("displayvol", edit.displayvol, pair)
]

/**
 * Lists the faults of an order in the present status of its pair.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
const statusFaults = (order: Terms, pair: Pair): ReadonlyArray<Fault> => {
  const { ordertype, reduce_only } = order
  const says = `${pair.display} is in ${pair.status} mode now`
  switch (pair.status) {
    case "cancel_only":
      return closedFaults(pair)
    case "post_only":
      return check(
        ordertype !== "limit" || !hasFlag(order, "post"),
        "oflags",
        `${says} and takes no ${ordertype} order without oflags post: use ordertype limit with oflags post`
      )
    case "limit_only":
      return check(
        ordertype === "market",
        "ordertype",
        `${says} and takes no ${ordertype} order: use limit with a price`
      )
    case "reduce_only":
      return check(
        reduce_only !== true && ordertype !== "settle-position",
        "reduce_only",
        `${says} and takes only orders that reduce a margin position: use reduce_only true`
      )
    default:
      return []
  }
}

const closedFaults = ({ display, status }: Pair): ReadonlyArray<Fault> =>
  check(
    status === "cancel_only",
    "pair",
    `${display} is in cancel_only mode now and takes nothing but cancels: wait, or choose another pair`
  )

/**
 * Checks that the pair offers the order's leverage.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
const leverageFaults = ({ leverage = "none", type }: Terms, pair: Pair): ReadonlyArray<Fault> => {
  const given = Number(leverage.replace(/:1$/, ""))
  const allowed = type === "buy" ? pair.leverageBuy : pair.leverageSell
  if (leverage === "none" || allowed.includes(given)) return []
  const nearest = allowed.toSorted((a, b) => Math.abs(a - given) - Math.abs(b - given))[0]
  return [
    {
      path: "leverage",
      fault:
        nearest === undefined
          ? `leverage ${leverage} is not possible: ${pair.display} has no margin on ${type} orders: leave it out`
          : `leverage ${leverage} is not one that ${pair.display} takes to ${type} (${allowed.join(", ")}): use ${nearest}`
    }
  ]
}

const priceFaults = (field: string, given: string | undefined, pair: Pair, name = field): ReadonlyArray<Fault> => {
  const price = absolute(given)
  if (price === undefined || D.isZero(price) || D.isMultipleOf(price, priceStep(pair))) return []
  const nearest = D.format(nearestPrice(price, pair))
  const fault = tooManyDecimals(price, pair.pairDecimals)
    ? `${name} ${given} has ${decimals(price)}; ${pair.display} takes ${pair.pairDecimals}: use ${nearest}`
    : `${name} ${given} is not a multiple of the tick size of ${pair.display}, ${pair.tickSize}: use ${nearest}`
  return [{ path: field, fault }]
}

/** Lists the faults of a volume that depend on the pair: its lot and its minima. */
export const volumeFaults = (order: Terms, pair: Pair, last: D.Decimal | undefined): ReadonlyArray<Fault> => {
  const volume = amount(order.volume)
  if (volume === undefined || D.isZero(volume)) return []
  if (hasFlag(order, "viqc")) return quoteVolumeFaults(order, pair, volume, last)
  const fault = (text: string): ReadonlyArray<Fault> => [{ path: "volume", fault: text }]
  const { cost, least } = leastOf(order, pair)
  const nearest = nearestVolume(volume, pair, D.zero)
  if (D.lessThan(nearest, least) || D.lessThan(volume, least)) {
    const smallest = smallestOrder(least, pair, cost ?? absolute(limitPrice(order)) ?? last)
    if (cost === undefined) return fault(`volume ${order.volume} is below the minimum of ${pair.display}: ${smallest}`)
    const worth = D.format(D.multiply(volume, cost))
    return fault(
      `volume ${order.volume} at ${limitPrice(order)} costs ${worth}, below the minimum of ${pair.display}, ${pair.costmin}: ${smallest}`
    )
  }
  return D.isMultipleOf(volume, volumeStep(pair))
    ? []
    : fault(
        `volume ${order.volume} has ${decimals(volume)}; ${pair.display} takes ${pair.lotDecimals}: use ${D.format(nearest)}`
      )
}

/** Checks a volume in quote currency against both minima of the pair, at the last price. */
const quoteVolumeFaults = (
  { volume: given }: Terms,
  pair: Pair,
  volume: D.Decimal,
  last: D.Decimal | undefined
): ReadonlyArray<Fault> => {
  if (last === undefined || !D.isPositive(last)) return []
  const [ordermin, costmin] = [amount(pair.ordermin) ?? D.zero, amount(pair.costmin) ?? D.zero]
  if (D.greaterThanOrEqualTo(volume, D.max(costmin, D.multiply(ordermin, last)))) return []
  const smallest = smallestOrder(D.max(ordermin, leastCost(costmin, last, pair)), pair, last)
  return [
    {
      path: "volume",
      fault: `volume ${given} with viqc is in ${quote(pair)}, and below the minimum of ${pair.display}: ${smallest}`
    }
  ]
}

/** Checks that the value of the smallest order, or the minimum itself, depends on the last price. */
export const needsLastPriceForVolume = (order: Terms, pair: Pair): "to check" | "to explain" | undefined => {
  if (hasFlag(order, "viqc")) return "to check"
  const volume = amount(order.volume)
  const isSmall = volume !== undefined && !D.isZero(volume) && D.lessThan(volume, leastOf(order, pair).least)
  return isSmall && absolute(limitPrice(order)) === undefined ? "to explain" : undefined
}

/**
 * Describes the smallest order. It is named as a fact for the user and not as the value to use: it can be many times what
 * the user wanted.
 */
const smallestOrder = (least: D.Decimal, pair: Pair, price: D.Decimal | undefined): string => {
  const volume = D.format(nearestVolume(least, pair, least))
  const worth =
    price === undefined
      ? ""
      : `, worth ${D.format(D.roundUp(D.multiply(D.decimal(volume), price), pair.costDecimals))} ${quote(pair)}`
  return `the smallest order is ${volume} ${base(pair)}${worth}. Ask the user before you order more than they asked for`
}

const base = ({ display }: Pair) => display.split("/")[0] ?? display
const quote = ({ display }: Pair) => display.split("/")[1] ?? display

/** Computes the least volume that the pair accepts, and as `cost` the limit price if the minimum cost determines it. */
const leastOf = (order: Terms, pair: Pair) => {
  const ordermin = amount(pair.ordermin) ?? D.zero
  const costmin = amount(pair.costmin)
  const price = absolute(limitPrice(order))
  // Kraken might accept a closing order below the pair's minima.
  if (order.reduce_only === true || order.ordertype === "settle-position") return { least: D.zero, cost: undefined }
  if (costmin === undefined || price === undefined || D.isZero(price)) return { least: ordermin, cost: undefined }
  const byCost = leastCost(costmin, price, pair)
  return D.greaterThan(byCost, ordermin) ? { least: byCost, cost: price } : { least: ordermin, cost: undefined }
}

const limitPrice = ({ ordertype, price, price2 }: Terms): string | undefined =>
  priceUses[ordertype].price?.what === "limit price"
    ? price
    : priceUses[ordertype].price2?.what === "limit price"
      ? price2
      : undefined

const shownFaults = (order: Terms, pair: Pair): ReadonlyArray<Fault> => {
  const volume = amount(order.volume)
  if (volume === undefined) return []
  const whole = nearestVolume(volume, pair, leastOf(order, pair).least)
  return decimalsFaults("displayvol", order.displayvol, pair, fifteenth(whole, pair.lotDecimals), whole)
}

const decimalsFaults = (
  field: string,
  given: string | undefined,
  pair: Pair,
  least: D.Decimal = D.zero,
  most?: D.Decimal
): ReadonlyArray<Fault> => {
  const value = amount(given)
  if (value === undefined || D.isZero(value) || D.isMultipleOf(value, volumeStep(pair))) return []
  const nearest = nearestVolume(value, pair, least)
  const use = D.format(D.min(nearest, most ?? nearest))
  return [
    {
      path: field,
      fault: `${field} ${given} has ${decimals(value)}; ${pair.display} takes ${pair.lotDecimals}: use ${use}`
    }
  ]
}

const absolute = (given: string | undefined): D.Decimal | undefined => {
  const price = given === undefined ? undefined : readPrice(given)
  return price !== undefined && isAbsolute(price) ? amount(price.digits) : undefined
}

const tooManyDecimals = (value: D.Decimal, most: number): boolean => D.places(value) > most

const decimals = (value: D.Decimal): string => (D.places(value) === 1 ? "1 decimal" : `${D.places(value)} decimals`)
