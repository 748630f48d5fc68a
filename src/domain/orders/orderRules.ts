import * as D from "../numbers/decimal.ts"
import { type Fault, within } from "./fault.ts"
import {
  amount,
  amountFaults,
  check,
  clientIdFaults,
  isZero,
  priceFaults,
  shownFaults,
  userrefFaults
} from "./fieldRules.ts"
import { isDecimal, isShort, tooLong } from "../numbers/numberText.ts"
import { type Batch, type Close, hasFlag, type Order, priceUses, type Terms } from "./orders.ts"
import { deadlineFaults, lifeFaults, type Now } from "./orderTimes.ts"

/**
 * Lists the faults of an order that do not depend on its pair. `now` is the time on Kraken's clock.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const orderFaults = (order: Order, now?: Now): ReadonlyArray<Fault> => [
  ...termsFaults(order, now),
  ...deadlineFaults(order.deadline, now)
]

/**
 * Lists the faults of a batch, with paths such as `orders.0.price`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order-batch read 2026-08-17
 */
export const batchFaults = ({ deadline, orders }: Batch, now?: Now): ReadonlyArray<Fault> => {
  const ids = orders.map(({ cl_ord_id }) => cl_ord_id)
  return [
    ...check(
      orders.length < 2,
      "orders",
      `orders holds ${orders.length}; a batch has 2 to 15: place a single one with add_order`
    ),
    ...check(orders.length > 15, "orders", `orders holds ${orders.length}; a batch has 2 to 15: split it`),
    ...orders.flatMap((terms, i) =>
      within(`orders.${i}`, [
        ...termsFaults(terms, now),
        ...check(
          terms.cl_ord_id !== undefined && ids.indexOf(terms.cl_ord_id) < i,
          "cl_ord_id",
          `cl_ord_id ${terms.cl_ord_id} is that of another order of the batch: give each its own`
        )
      ])
    ),
    ...deadlineFaults(deadline, now)
  ]
}

/** Lists the faults in the times of an order without other faults, at `now` on Kraken's clock. */
export const orderTimeFaults = (order: Order, now: Now): ReadonlyArray<Fault> => [
  ...lifeFaults(order, now),
  ...deadlineFaults(order.deadline, now)
]

/** The same for a batch. */
export const batchTimeFaults = ({ deadline, orders }: Batch, now: Now): ReadonlyArray<Fault> => [
  ...orders.flatMap((terms, i) => within(`orders.${i}`, lifeFaults(terms, now))),
  ...deadlineFaults(deadline, now)
]

const termsFaults = (terms: Terms, now: Now): ReadonlyArray<Fault> => [
  ...usedPriceFaults(terms),
  ...volumeFaults(terms),
  ...icebergFaults(terms),
  ...flagFaults(terms),
  ...marginFaults(terms),
  ...idFaults(terms),
  ...lifeFaults(terms, now),
  ...(terms.close === undefined ? [] : within("close", usedPriceFaults(terms.close, "close ")))
]

/**
 * Lists the faults of prices: a price that the order type requires is missing, one is not accepted, or has a wrong
 * form.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const usedPriceFaults = (order: Pick<Terms, "ordertype" | "price" | "price2"> | Close, prefix = "") =>
  (["price", "price2"] as const).flatMap((field) => {
    const given = order[field]
    const use = priceUses[order.ordertype][field]
    const name = `${prefix}${field}`
    if (use !== undefined && given !== undefined) return priceFaults(field, given, use, name)
    const what = `a ${order.ordertype} order`
    if (use !== undefined) return [{ path: field, fault: `${name} is missing: ${what} needs its ${use.what}` }]
    return check(given !== undefined, field, `${name} ${given} is not taken by ${what}: leave it out`)
  })

const volumeFaults = ({ leverage, ordertype, volume }: Terms): ReadonlyArray<Fault> => {
  if (!isShort(volume)) return [{ path: "volume", fault: `volume ${tooLong(volume)}` }]
  if (!isDecimal(volume) || volume.startsWith("-"))
    return [{ path: "volume", fault: `volume ${volume} is not an amount: write digits like 0.5` }]
  return check(
    isZero(volume) && ordertype !== "settle-position" && isSpot(leverage),
    "volume",
    `volume ${volume} must be above zero: only a margin position is closed with 0, and that needs leverage`
  )
}

const icebergFaults = ({ displayvol, ordertype, volume }: Terms): ReadonlyArray<Fault> => {
  if (ordertype !== "iceberg")
    return check(
      displayvol !== undefined,
      "displayvol",
      `displayvol ${displayvol} is not taken by a ${ordertype} order: leave it out, or make it an iceberg`
    )
  if (displayvol === undefined)
    return [{ path: "displayvol", fault: "displayvol is missing: an iceberg shows at least 1/15 of its volume" }]
  const [shown, whole] = [amount(displayvol), amount(volume)]
  const tooLittle = shown !== undefined && whole !== undefined && D.lessThan(D.multiply(shown, fifteen), whole)
  const least = whole && D.format(fifteenth(whole, Math.max(5, D.places(whole))))
  return [
    ...amountFaults("displayvol", displayvol),
    ...shownFaults("displayvol", displayvol, "volume", volume),
    ...check(tooLittle, "displayvol", `displayvol ${displayvol} is less than 1/15 of volume ${volume}: use ${least}`)
  ]
}

const fifteen = D.decimal("15")

/**
 * Computes the least displayed volume of an iceberg, 1/15 of its volume, rounded up to `places` decimals.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const fifteenth = (volume: D.Decimal, places: number): D.Decimal =>
  D.min(volume, D.divideUp(volume, fifteen, places))

/**
 * Lists the faults in the combination of `oflags` with the other terms.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const flagFaults = (terms: Terms): ReadonlyArray<Fault> => {
  const { leverage, ordertype, timeinforce, type } = terms
  const has = (flag: string) => hasFlag(terms, flag)
  const fault = (wrong: boolean, text: string) => check(wrong, "oflags", text)
  const rests = timeinforce !== "IOC" && timeinforce !== "FOK"
  return [
    ...fault(has("post") && ordertype !== "limit", `oflags post is for limit orders, not ${ordertype}: leave it out`),
    ...fault(has("post") && !rests, `oflags post waits in the book, ${timeinforce} never does: leave one of them out`),
    ...fault(has("fcib") && has("fciq"), "oflags fcib and fciq exclude each other: choose one currency for the fee"),
    ...fault(
      has("viqc") && (ordertype !== "market" || type !== "buy" || !isSpot(leverage)),
      "oflags viqc is for market buys without leverage: leave it out and give the volume in base currency"
    )
  ]
}

/**
 * Lists the faults of leverage and of terms that need a margin position.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const marginFaults = ({ leverage, ordertype, reduce_only }: Terms): ReadonlyArray<Fault> => {
  const needs = (what: string): ReadonlyArray<Fault> => [
    { path: "leverage", fault: `leverage is missing: ${what} is about a margin position; give its leverage, e.g. 2` }
  ]
  if (isSpot(leverage)) {
    if (ordertype === "settle-position") return needs("settle-position")
    return reduce_only === true ? needs("reduce_only") : []
  }
  return check(
    !/^([2-9]|[1-9]\d{1,3})(:1)?$/.test(leverage),
    "leverage",
    `leverage ${leverage} is not a whole number from 2 on: use 2 or 2:1, or leave it out for spot`
  )
}

const isSpot = (leverage: string | undefined): leverage is "none" | undefined =>
  leverage === undefined || leverage === "none"

/**
 * Checks that an order has at most one of `cl_ord_id` and `userref`, in a valid form.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
const idFaults = ({ cl_ord_id, userref }: Terms): ReadonlyArray<Fault> => [
  ...check(
    userref !== undefined && cl_ord_id !== undefined,
    "userref",
    "userref can't be given with cl_ord_id: leave one of them out"
  ),
  ...userrefFaults(userref),
  ...clientIdFaults(cl_ord_id)
]
