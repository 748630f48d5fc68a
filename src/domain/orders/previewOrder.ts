import type { Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { type Level, totalOf, touchOf, walkAmount, walkVolume } from "./book.ts"
import { limitField, resolvePrice } from "./limitPrices.ts"
import { hasFlag, isAbsolute, readPrice, type Terms } from "./orders.ts"
import { nearestPrice, volumeStep } from "./pairSteps.ts"
import type { Happening, Preview, PreviewFacts } from "./preview.ts"
import { previewWarnings } from "./previewWarnings.ts"
import { hasTrigger, isTrailing, waitsFor } from "./triggerRules.ts"

const zero = D.zero

/**
 * Previews an order against the order book as it is now. Costs and fees are rounded to the pair's cost decimals for each
 * level, as Kraken prints them for each fill. Hidden volume of icebergs is not in the book.
 */
export const previewOrder = (order: Terms, facts: PreviewFacts): Preview => {
  const { pair, rates } = facts
  const { ordertype, type: side } = order
  const { limit, trigger } = pricesOf(order, facts)
  const walked = hasTrigger(ordertype) ? nothing : walkOrder(order, limit, facts)
  const happens = hasTrigger(ordertype) ? "trigger" : happeningOf(order, walked, limit)
  const fills = happens === "cancel" ? [] : walked.fills
  const { cost: exact, volume: filled } = totalOf(fills)
  const given = D.decimal(order.volume)
  const isAsked = !hasFlag(order, "viqc")
  const waits = happens === "rest" || happens === "take_and_rest" || happens === "trigger"
  const waiting = waits && isAsked ? D.max(zero, D.subtract(given, filled)) : zero
  const cost = D.total(fills.map((fill) => costOf(fill, pair)))
  const price = limit ?? trigger
  const restValue = D.isZero(waiting) ? zero : price && D.roundHalf(D.multiply(waiting, price), pair.costDecimals)
  const value = restValue && D.sum(cost, restValue)
  const feeOf = (amount: D.Decimal, rate: D.Decimal) =>
    D.roundHalf(D.multiply(amount, D.multiply(rate, hundredth)), pair.costDecimals)
  // A triggered order without limit takes.
  const restRate = rates && (limit === undefined ? rates.taker : rates.maker)
  const feesOf = (rate: D.Decimal) => D.total(fills.map((fill) => feeOf(costOf(fill, pair), rate)))
  const takerFee = rates && feesOf(rates.taker)
  const fee =
    value === undefined || restValue === undefined || rates === undefined || restRate === undefined || !takerFee
      ? undefined
      : {
          expected: D.sum(takerFee, feeOf(restValue, restRate)),
          asTaker: D.sum(takerFee, feeOf(restValue, rates.taker)),
          asMaker: D.sum(feesOf(rates.maker), feeOf(restValue, rates.maker))
        }
  const touch = touchOf(facts.levels, side)
  const averagePrice = D.isZero(filled) ? undefined : D.divideHalf(exact, filled, averagePlaces(pair))
  const slippage =
    averagePrice &&
    touch &&
    D.percent(side === "buy" ? D.subtract(averagePrice, touch) : D.subtract(touch, averagePrice), touch)
  const spent = { filled, cost, waiting, restValue, takerFee, rates }
  const freeAfter = happens === "cancel" ? facts.free : balancesAfter(order, spent, facts)
  const preview = { happens, limit, trigger, filled, waiting, averagePrice, slippage, value, fee, freeAfter }
  const isShort = freeAfter !== undefined && (D.isNegative(freeAfter.base) || D.isNegative(freeAfter.quote))
  return {
    ...preview,
    freeAfter: isShort ? undefined : freeAfter,
    warnings: previewWarnings(order, { ...preview, touch, isComplete: walked.isComplete }, facts)
  }
}

/** Decimals of an average price: as many as Kraken prints. */
const averagePlaces = ({ costDecimals, pairDecimals }: Pair) => Math.max(costDecimals, pairDecimals)

const nothing = { fills: [], isComplete: false }

const hundredth = D.decimal("0.01")

const costOf = ({ price, volume }: Level, { costDecimals }: Pair) =>
  D.roundHalf(D.multiply(price, volume), costDecimals)

/** Walks the book that an order meets. */
const walkOrder = (order: Terms, limit: D.Decimal | undefined, { levels, pair }: PreviewFacts) => {
  const size = D.decimal(order.volume)
  return hasFlag(order, "viqc")
    ? walkAmount(levels, order.type, size, pair.lotDecimals, limit)
    : walkVolume(levels, order.type, size, limit)
}

const happeningOf = (
  order: Terms,
  { fills, isComplete }: { readonly fills: ReadonlyArray<Level>; readonly isComplete: boolean },
  limit: D.Decimal | undefined
): Happening => {
  const takes = fills.length > 0
  const ends = limit === undefined || order.timeinforce === "IOC" || order.timeinforce === "FOK"
  if (hasFlag(order, "post")) return takes ? "cancel" : "rest"
  if (order.timeinforce === "FOK" && !isComplete) return "cancel"
  if (isComplete) return "take"
  if (ends) return takes ? "take_part" : "cancel"
  return takes ? "take_and_rest" : "rest"
}

/** Resolves the limit and the trigger of an order, from the last price if they are relative. */
const pricesOf = (order: Terms, { last, pair }: PreviewFacts) => {
  const { ordertype, price, price2, type: side } = order
  const unsigned = side === "buy" ? -1 : 1
  const rounded = (text: string | undefined, value: D.Decimal | undefined) => {
    const read = text === undefined ? undefined : readPrice(text)
    return value === undefined || (read !== undefined && isAbsolute(read)) ? value : nearestPrice(value, pair)
  }
  const isTrail = isTrailing(ordertype)
  const waits = waitsFor(side, ordertype) ?? (side === "buy" ? "above" : "below")
  const away = waits === "above" ? 1 : -1
  // A trailing distance is written with a plus, whatever side of the price it counts on.
  const distance = isTrail ? price?.replace("+", away === 1 ? "+" : "-") : price
  const trigger = hasTrigger(ordertype) ? rounded(distance, resolvePrice(distance, last, away)) : undefined
  const field = limitField(ordertype)
  const limit =
    field === undefined
      ? undefined
      : rounded(
          order[field],
          resolvePrice(field === "price" ? price : price2, field === "price" ? last : trigger, unsigned)
        )
  return { limit, trigger }
}

interface Spent {
  readonly filled: D.Decimal
  readonly cost: D.Decimal
  readonly waiting: D.Decimal
  readonly restValue: D.Decimal | undefined
  readonly takerFee: D.Decimal | undefined
  readonly rates: PreviewFacts["rates"]
}

/** Computes what is free after an order without leverage. A waiting buy holds its value and the fee of a taker. */
const balancesAfter = (
  order: Terms,
  { cost, filled, rates, restValue, takerFee, waiting }: Spent,
  { decimals, free }: PreviewFacts
) => {
  const isSpot = order.leverage === undefined || order.leverage === "none"
  if (free === undefined || rates === undefined || takerFee === undefined || restValue === undefined || !isSpot)
    return undefined
  const feeInBase = hasFlag(order, "fcib")
  const taker = D.multiply(rates.taker, hundredth)
  const baseFee = feeInBase ? D.multiply(filled, taker) : zero
  const quoteFee = feeInBase ? zero : takerFee
  const [base, quote] =
    order.type === "buy"
      ? [
          D.subtract(filled, baseFee),
          D.negate(D.sum(D.sum(cost, quoteFee), D.sum(restValue, feeInBase ? zero : D.multiply(restValue, taker))))
        ]
      : [
          D.negate(D.sum(D.sum(filled, baseFee), D.sum(waiting, feeInBase ? D.multiply(waiting, taker) : zero))),
          D.subtract(cost, quoteFee)
        ]
  return {
    base: D.roundDown(D.sum(free.base, base), decimals.base),
    quote: D.roundDown(D.sum(free.quote, quote), decimals.quote)
  }
}

/** The rules of a pair that bind the size and the price of an order. */
export const minimaOf = (pair: Pair): { readonly [name: string]: string } => ({
  ...(pair.ordermin !== undefined && { volume: pair.ordermin }),
  ...(pair.costmin !== undefined && { cost: pair.costmin }),
  ...(pair.tickSize !== undefined && { tick: pair.tickSize }),
  lot: D.format(volumeStep(pair))
})
