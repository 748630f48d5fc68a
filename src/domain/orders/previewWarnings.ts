import type { Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { worsened } from "./book.ts"
import type { Terms } from "./orders.ts"
import type { Preview, PreviewFacts } from "./preview.ts"

/** The judgement of which warnings tell. */
interface Judged extends Omit<Preview, "warnings"> {
  /** The best price that the order meets. */
  readonly touch: D.Decimal | undefined
  /** True if the book shown fills the whole order. */
  readonly isComplete: boolean
}

/** Percent from the best price from which a limit is far from the market. */
const far = D.decimal("5")

/** Percent of slippage from which the book is named as thin. */
const large = D.decimal("1")

/** Lists what a person would want to know before the order is placed, most important first. */
export const previewWarnings = (order: Terms, judged: Judged, facts: PreviewFacts): ReadonlyArray<string> => [
  ...cancelWarnings(order, judged),
  ...fundsWarnings(order, judged, facts),
  ...ownWarnings(order, judged, facts),
  ...depthWarnings(order, judged, facts),
  ...priceWarnings(order, judged, facts.pair),
  ...timeWarnings(order),
  ...missingWarnings(order, facts)
]

const cancelWarnings = ({ oflags, timeinforce, type }: Terms, { happens, touch }: Judged): ReadonlyArray<string> => {
  if (happens !== "cancel") return []
  const best = touch === undefined ? "nobody offers a price" : `the best price is ${D.format(touch)}`
  if (oflags?.includes("post") === true)
    return [`Kraken would cancel it: it is post-only, and would ${type} at once, since ${best}.`]
  if (timeinforce === "FOK") return ["Kraken would cancel it: the book does not fill the whole order (FOK)."]
  return [`Nothing would be filled: ${best}.`]
}

const fundsWarnings = ({ type }: Terms, { freeAfter }: Judged, { free, pair }: PreviewFacts): ReadonlyArray<string> => {
  if (free === undefined || freeAfter === undefined) return []
  const side = type === "buy" ? "quote" : "base"
  if (!D.isNegative(freeAfter[side])) return []
  const missing = D.format(D.negate(freeAfter[side]))
  return [`Not enough funds: ${D.format(free[side])} ${assetOf(pair, side)} is free, ${missing} less than it needs.`]
}

/** Finds own orders of the other side that the order would reach. */
const ownWarnings = (order: Terms, { happens, limit }: Judged, { own = [] }: PreviewFacts): ReadonlyArray<string> => {
  if (happens === "trigger") return []
  const isReached = (price: D.Decimal) =>
    limit === undefined ||
    (order.type === "buy" ? D.lessThanOrEqualTo(price, limit) : D.greaterThanOrEqualTo(price, limit))
  const met = own.filter(({ price, type }) => type !== order.type && isReached(price))
  if (met.length === 0) return []
  const names = met.slice(0, 3).map(({ price, txid }) => `${txid} at ${D.format(price)}`)
  const more = met.length > 3 ? ` and ${met.length - 3} more` : ""
  const ended = { "cancel-newest": "this order", "cancel-oldest": "the older one", "cancel-both": "both" }
  return [
    `It crosses your own order ${names.join(", ")}${more}: if they meet, Kraken cancels ${ended[order.stptype ?? "cancel-newest"]}.`
  ]
}

const depthWarnings = (
  order: Terms,
  { filled, happens, isComplete, limit }: Judged,
  { levels, pair, shownLevels }: PreviewFacts
): ReadonlyArray<string> => {
  if (happens === "trigger" || happens === "rest" || isComplete) return []
  const side = order.type === "buy" ? levels.asks : levels.bids
  const last = side.at(-1)?.price
  const isWhole = side.length < shownLevels
  const worst = limit ?? last
  const isBeyond =
    last !== undefined &&
    worst !== undefined &&
    (order.type === "buy" ? D.lessThanOrEqualTo(last, worst) : D.greaterThanOrEqualTo(last, worst))
  if (!isBeyond || happens === "cancel") return []
  const amount = `${D.format(filled)} ${assetOf(pair, "base")}`
  return isWhole
    ? limit === undefined
      ? [`The whole book offers only ${amount}: the rest would be canceled.`]
      : []
    : [
        `The book shown, ${shownLevels} levels, is too thin: it offers ${amount}, and what the rest would meet is unknown.`
      ]
}

const priceWarnings = (
  order: Terms,
  { happens, limit, slippage, touch }: Judged,
  pair: Pair
): ReadonlyArray<string> => {
  const steep =
    slippage !== undefined && D.greaterThanOrEqualTo(D.decimal(slippage), large)
      ? [`The average price is ${slippage} % worse than the best one: the book is thin for this size.`]
      : []
  if (limit === undefined || touch === undefined || happens === "trigger") return steep
  const other = order.type === "buy" ? "sell" : "buy"
  const away = D.percent(D.abs(D.subtract(limit, touch)), touch)
  const isWorse =
    order.type === "buy"
      ? D.greaterThan(limit, worsened(touch, "buy", far))
      : D.lessThan(limit, worsened(touch, "sell", far))
  const isBetter =
    order.type === "buy"
      ? D.lessThan(limit, worsened(touch, other, far))
      : D.greaterThan(limit, worsened(touch, other, far))
  if (!isWorse && !isBetter) return steep
  return [
    ...steep,
    `The limit is ${away} % ${isWorse ? "worse" : "better"} than the best price of ${pair.display}, ${D.format(touch)}${isBetter ? ": it might never be filled" : ""}.`
  ]
}

const timeWarnings = ({ starttm }: Terms): ReadonlyArray<string> =>
  starttm === undefined ? [] : ["It starts later, and is judged by the prices of now."]

const missingWarnings = (order: Terms, { free, own, rates }: PreviewFacts): ReadonlyArray<string> => [
  ...(rates === undefined ? ["Fees could not be read."] : []),
  ...(free === undefined ? ["What is free could not be read."] : []),
  ...(own === undefined ? ["Own open orders could not be read."] : []),
  ...(order.leverage !== undefined && order.leverage !== "none"
    ? ["It uses leverage: margin and what is free after it are not judged."]
    : [])
]

const assetOf = ({ display }: Pair, side: "base" | "quote") => display.split("/")[side === "base" ? 0 : 1] ?? display
