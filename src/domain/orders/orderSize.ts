import { Either, Schema } from "effect"
import type { Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { isDecimal } from "../numbers/numberText.ts"
import { type Levels, totalOf, walkAmount } from "./book.ts"
import type { Fault } from "./fault.ts"
import { amount, check } from "./fieldRules.ts"
import { absolute, limitField, limitOf } from "./limitPrices.ts"
import { orderTypes, priceUses } from "./orders.ts"
import { isTrailing } from "./triggerRules.ts"

const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

/**
 * The terms by which the size of an order becomes a volume. The size is a `volume`, or a `cost` in quote currency without
 * the fee. A volume can be a share of what is free: `50%`, `all`.
 */
export const OrderOfSize = Schema.Struct({
  type: Schema.Literal("buy", "sell"),
  ordertype: Schema.Literal(...orderTypes),
  volume: optional(Schema.String),
  cost: optional(Schema.String),
  price: optional(Schema.String),
  price2: optional(Schema.String),
  leverage: optional(Schema.String),
  oflags: optional(
    Schema.transform(Schema.Union(Schema.String, Schema.Array(Schema.String)), Schema.Array(Schema.String), {
      strict: true,
      decode: (flags) => (typeof flags === "string" ? flags.split(",") : flags),
      encode: (flags) => flags
    })
  )
})
export type OrderOfSize = typeof OrderOfSize.Type

/** Reads a share of what is free, in percent. Undefined if the text is no share. */
const shareOf = (volume: string | undefined): D.Decimal | undefined => {
  if (volume === "all") return hundred
  const percent = volume?.endsWith("%") === true ? amount(volume.slice(0, -1)) : undefined
  return percent !== undefined && D.isPositive(percent) && D.lessThanOrEqualTo(percent, hundred) ? percent : undefined
}

/** Checks that the size of an order is a volume in base currency, or in quote currency with `viqc`. */
export const isPlainSize = ({ cost, volume }: Pick<OrderOfSize, "cost" | "volume">): boolean =>
  cost === undefined && volume !== undefined && isDecimal(volume)

/** The price at which the size of an order is converted: its limit, else its trigger. Undefined for one at the market. */
const priceOf = (order: OrderOfSize): D.Decimal | undefined =>
  limitOf(order) ?? (priceUses[order.ordertype].price?.what === "trigger price" ? absolute(order.price) : undefined)

/** Lists the faults in the size of an order that is no plain volume. */
export const sizeFaults = (order: OrderOfSize): ReadonlyArray<Fault> => {
  const { cost, leverage = "none", oflags = [], ordertype, type, volume } = order
  if (isPlainSize(order)) return []
  if (cost === undefined && volume === undefined)
    return [{ path: "volume", fault: "volume is missing: give it, or a cost in quote currency" }]
  if (cost !== undefined && volume !== undefined)
    return [{ path: "cost", fault: "cost can't be given with volume: leave one of them out" }]
  const [path, given] = cost === undefined ? ["volume", volume] : ["cost", cost]
  const fault = (wrong: boolean, text: string) => check(wrong, path, `${path} ${given} ${text}`)
  if (cost === undefined && shareOf(volume) === undefined)
    return fault(true, "is not an amount: write digits like 0.5, or for a part of what is free 50% or all")
  const needsPrice = ordertype !== "market" && (cost !== undefined || type === "buy")
  return [
    ...fault(cost !== undefined && !isPositiveAmount(cost), "is not an amount above zero: write digits like 100"),
    ...fault(
      ordertype === "iceberg" || ordertype === "settle-position",
      `is not taken by a ${ordertype} order: give its volume in digits`
    ),
    ...fault(oflags.includes("viqc"), "can't be given with oflags viqc: leave viqc out"),
    ...fault(
      cost === undefined && leverage !== "none",
      "is a part of what is free, which does not bound an order with leverage: give its volume in digits"
    ),
    ...fault(
      needsPrice && (isTrailing(ordertype) || (priceOf(order) === undefined && hasPrice(order))),
      `can't be converted at the price of this ${ordertype} order: give an absolute price, or the volume in digits`
    )
  ]
}

const isPositiveAmount = (text: string) => isDecimal(text) && !text.startsWith("-") && /[1-9]/.test(text)

/** Checks that the price is given at which a size is converted. A missing one is a fault of the price itself. */
const hasPrice = (order: OrderOfSize): boolean => order[limitField(order.ordertype) ?? "price"] !== undefined

/** The facts that are needed to convert a size. */
export interface SizeFactsNeeded {
  /** The side of the pair whose free amount is shared. */
  readonly free?: "base" | "quote"
  readonly book: boolean
  readonly fee: boolean
}

/** Lists the facts that the size of an order needs, which has no faults. */
export const sizeFactsNeeded = (order: OrderOfSize): SizeFactsNeeded => {
  const { cost, oflags = [], ordertype, type } = order
  if (isPlainSize(order)) return { book: false, fee: false }
  if (cost !== undefined) return { book: ordertype === "market" && !buysForAmount(order), fee: false }
  const feeInBase = oflags.includes("fcib")
  return {
    free: type === "sell" ? "base" : "quote",
    book: false,
    fee: feeInBase === (type === "sell")
  }
}

/** Checks that Kraken itself converts the amount of a market order. */
const buysForAmount = ({ leverage = "none", type }: OrderOfSize): boolean => type === "buy" && leverage === "none"

/** The facts by which a size is converted. Those that it does not need are absent. */
export interface SizeFacts {
  readonly pair: Pair
  /** Decimals with which the quote asset is booked. */
  readonly quoteDecimals: number
  readonly free?: D.Decimal
  readonly levels?: Levels | undefined
  /** The fee of a taker, in percent. */
  readonly fee?: D.Decimal
}

/** A size in the terms of a request. */
export interface Converted {
  readonly volume: string
  /** True if the volume is in quote currency, with `viqc`. */
  readonly inQuote: boolean
  /** The price at which it was converted. Absent for a share that is sold, and for an amount that Kraken converts. */
  readonly price?: string
}

/**
 * Converts the size of an order to a volume, rounded down to the lot. A share of the quote leaves room for the fee of a
 * taker, as Kraken holds it. Fails with the reason, in words that follow the size.
 */
export const convertSize = (order: OrderOfSize, facts: SizeFacts): Either.Either<Converted, string> => {
  const { cost, ordertype, type, volume } = order
  const { fee = D.zero, free, levels, pair } = facts
  const price = ordertype === "market" ? undefined : priceOf(order)
  const converted = (value: D.Decimal, more: Pick<Converted, "price"> & { readonly inQuote?: boolean } = {}) =>
    D.isPositive(value)
      ? Either.right({ volume: D.format(value), inQuote: false, ...more })
      : Either.left(`is less than the smallest step of ${pair.display}`)
  if (cost !== undefined) {
    const all = D.decimal(cost)
    if (price !== undefined) return converted(D.divideDown(all, price, pair.lotDecimals), { price: D.format(price) })
    if (buysForAmount(order)) return Either.right({ volume: cost, inQuote: true })
    const found = levels && walkAmount(levels, type, all, pair.lotDecimals)
    if (found === undefined)
      return Either.left(`can't be converted: the order book of ${pair.display} could not be read`)
    if (!found.isComplete) return Either.left(`is more than the order book of ${pair.display} offers`)
    const { cost: paid, volume: whole } = totalOf(found.fills)
    return converted(whole, D.isZero(whole) ? {} : { price: D.format(D.divideDown(paid, whole, pair.pairDecimals)) })
  }
  const share = shareOf(volume)
  if (share === undefined || free === undefined) return Either.left("can't be converted: what is free is unknown")
  const part = D.multiply(D.max(D.zero, free), D.multiply(share, D.make(1n, 2)))
  const withFee = D.addPercent(one, fee)
  if (type === "sell") return converted(D.divideDown(part, withFee, pair.lotDecimals))
  const places = facts.quoteDecimals
  const fits = (paid: D.Decimal) => {
    const cost = D.roundUp(paid, places)
    return D.lessThanOrEqualTo(D.sum(cost, D.roundUp(D.multiply(cost, D.subtract(withFee, one)), places)), part)
  }
  // Kraken rounds the cost and the fee up: three units are more than that adds.
  const reduced = D.max(D.zero, D.subtract(part, D.make(3n, places)))
  const largest = (unit: D.Decimal, decimals: number) => {
    const rate = D.multiply(unit, withFee)
    const most = D.divideDown(part, rate, decimals)
    return fits(D.multiply(most, unit)) ? most : D.divideDown(reduced, rate, decimals)
  }
  return price === undefined
    ? converted(largest(one, Math.min(pair.costDecimals, places)), { inQuote: true })
    : converted(largest(price, pair.lotDecimals), { price: D.format(price) })
}

const one = D.decimal("1")
const hundred = D.decimal("100")
