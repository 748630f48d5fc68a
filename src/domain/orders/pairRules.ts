import * as D from "../numbers/decimal.ts"
import { type Fault, within } from "./fault.ts"
import { amount, check } from "./fieldRules.ts"
import type { Pair } from "../assets/model.ts"
import { type Amend, type Batch, type Edit, hasFlag, isAbsolute, priceUses, readPrice, type Terms } from "./orders.ts"
import { fifteenth } from "./orderRules.ts"
import { leastCost, nearestPrice, nearestVolume, priceStep, volumeStep } from "./pairSteps.ts"

/**
 * Lists the faults of an order that depend on its pair, calculated exactly. Nothing is rounded for the caller: each
 * fault names the nearest valid value. Kraken decides about relative prices, the cost of market orders and volumes in
 * quote currency.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export const pairFaults = (order: Terms, pair: Pair): ReadonlyArray<Fault> => [
  ...statusFaults(order, pair),
  ...leverageFaults(order, pair),
  ...priceFaults("price", order.price, pair),
  ...priceFaults("price2", order.price2, pair),
  ...within("close", [
    ...priceFaults("price", order.close?.price, pair, "close price"),
    ...priceFaults("price2", order.close?.price2, pair, "close price2")
  ]),
  ...volumeFaults(order, pair),
  ...shownFaults(order, pair)
]

/** Lists the faults of a batch that depend on its pair, with paths such as `orders.0.price`. */
export const batchPairFaults = ({ orders }: Batch, pair: Pair): ReadonlyArray<Fault> =>
  orders.flatMap((terms, i) => within(`orders.${i}`, pairFaults(terms, pair)))

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

const volumeFaults = (order: Terms, pair: Pair): ReadonlyArray<Fault> => {
  const volume = amount(order.volume)
  if (volume === undefined || D.isZero(volume) || hasFlag(order, "viqc")) return []
  const fault = (text: string): ReadonlyArray<Fault> => [{ path: "volume", fault: text }]
  const { cost, least } = leastOf(order, pair)
  const nearest = D.format(nearestVolume(volume, pair, least))
  if (!D.isMultipleOf(volume, volumeStep(pair)))
    return fault(
      `volume ${order.volume} has ${decimals(volume)}; ${pair.display} takes ${pair.lotDecimals}: use ${nearest}`
    )
  if (D.greaterThanOrEqualTo(volume, least)) return []
  if (cost === undefined)
    return fault(`volume ${order.volume} is below the minimum of ${pair.display}, ${pair.ordermin}: use ${nearest}`)
  const worth = D.format(D.multiply(volume, cost.price))
  return fault(
    `volume ${order.volume} at ${cost.given} costs ${worth}, below the minimum of ${pair.display}, ${pair.costmin}: use ${nearest}`
  )
}

/** Computes the least volume that the pair accepts, and the limit price if the minimum cost determines it. */
const leastOf = (order: Terms, pair: Pair) => {
  const ordermin = amount(pair.ordermin) ?? D.zero
  const costmin = amount(pair.costmin)
  const given = limitPrice(order)
  const price = absolute(given)
  // Kraken might accept a closing order below the pair's minima.
  if (order.reduce_only === true || order.ordertype === "settle-position") return { least: D.zero, cost: undefined }
  if (costmin === undefined || price === undefined || D.isZero(price)) return { least: ordermin, cost: undefined }
  const byCost = leastCost(costmin, price, pair)
  return D.greaterThan(byCost, ordermin)
    ? { least: byCost, cost: { price, given } }
    : { least: ordermin, cost: undefined }
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
