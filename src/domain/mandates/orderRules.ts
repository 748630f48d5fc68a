import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import type { Side } from "../orders/book.ts"
import { hasLimitPrice, type Prices } from "../orders/limitPrices.ts"
import type { OrderType } from "../orders/orders.ts"
import { type Judging, layerOf } from "./facts.ts"
import { isMargin, reducesPosition } from "./marginOrders.ts"
import { type Market, touchesOf } from "./orderMarket.ts"
import { isExcluded, isListed } from "./pairNames.ts"
import * as P from "./prices.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import type { OrderFields } from "./writeFields.ts"

/** Checks that the ids of orders under a mandate are new. */
export const newIds = ({ facts, rules }: Judging, orders: ReadonlyArray<OrderFields>): Judged<void> => {
  if (rules.own === undefined) return Either.void
  const ids = orders.flatMap(({ cl_ord_id }) => cl_ord_id ?? [])
  const used = ids.find((id, i) => facts.usedClientIds.has(id) || ids.indexOf(id) < i)
  return used === undefined ? Either.void : notAllowed("mandate", "cl_ord_id", used, "an id that no order had before")
}

/** Checks the form of an order: nothing in it can mean more than it is judged by. */
export const formOf = ({ rules }: Judging, order: OrderFields): Judged<void> => {
  const { close, leverage, oflags = [], ordertype, reduce_only, type, userref, volume } = order
  const layer = layerOf(rules)
  const capital = rules.own?.terms.capital
  const useless = P.uselessPrice(order) ?? (close && P.uselessPrice(close))
  if (useless !== undefined)
    return notAllowed(layer, "price", `a ${useless} beside an order that has none`, "prices that the order type uses")
  const missing = P.missingPrice(order) ?? (close && P.missingPrice(close))
  if (missing !== undefined) return uncheckable("the price of the order", `${missing} is missing`)
  if (rules.own !== undefined && userref !== undefined)
    return notAllowed(layer, "userref", "a userref", "orders with a cl_ord_id")
  if (oflags.includes("fcib") && oflags.includes("fciq"))
    return uncheckable("the fee", "fcib and fciq exclude each other")
  // Such an order brings less than its volume, which the orders that its fills make would sell.
  if (close !== undefined && type === "buy" && oflags.includes("fcib"))
    return notAllowed(layer, "oflags", "fcib beside a close", "fciq")
  if (capital !== undefined && oflags.includes("fcib")) return notAllowed(layer, "oflags", "fcib", "fciq")
  if (capital !== undefined && isMargin(order))
    return notAllowed(layer, "max-leverage", `leverage ${String(leverage)}`, "no leverage with capital")
  if (!isMargin(order) && (reduce_only === true || ordertype === "settle-position"))
    return notAllowed(layer, "leverage", "a reducing order without leverage", "one with the leverage of its position")
  if (oflags.includes("viqc") && (ordertype !== "market" || type !== "buy" || isMargin(order)))
    return notAllowed(layer, "oflags", "viqc", "viqc for market buys without leverage")
  if (!/[1-9]/.test(volume) && !reducesPosition(order)) return uncheckable("the volume of the order", "it is zero")
  return Either.void
}

/** Checks that the position that an order reduces can be of the caller, and not only of others. */
export const positionRule = ({ facts, rules }: Judging, { pair }: Market): Judged<void> =>
  rules.own?.terms.maxLeverage !== 0 || facts.leveraged?.has(pair.display) === true
    ? Either.void
    : notAllowed("mandate", "max-leverage", "a position that others opened", "own positions")

/** Rules that bind orders which do not only reduce. `asked` is the order type that the caller asked for. */
export const entryRules = (
  { facts, rules }: Judging,
  { pair }: Market,
  order: Pick<OrderFields, "leverage" | "type"> & Prices,
  asked: OrderType
): Judged<void> => {
  const { leverage, ordertype, type } = order
  const layer = layerOf(rules)
  const terms = rules.own?.terms
  if (terms !== undefined) {
    if (terms.pairs !== undefined && !isListed(terms.pairs, pair, facts.directory))
      return notAllowed(layer, "pairs", pair.display, terms.pairs.join(", ") || "no pair")
    if (isExcluded(terms.notPairs, pair, facts.directory))
      return notAllowed(layer, "not-pairs", pair.display, `all but ${terms.notPairs.join(", ")}`)
    if (terms.sides !== undefined && !terms.sides.includes(type))
      return notAllowed(layer, "sides", type, terms.sides.join(", ") || "no side")
    if (terms.types !== undefined && !terms.types.includes(asked))
      return notAllowed(layer, "types", asked, terms.types.join(", ") || "no type")
    if (asked === "market" && terms.slippage === undefined)
      return notAllowed(layer, "slippage", "a market order", "orders with a limit price")
    if (isMargin(order) && Number.parseInt(leverage ?? "", 10) > terms.maxLeverage)
      return notAllowed(layer, "max-leverage", `leverage ${String(leverage)}`, String(terms.maxLeverage))
  }
  if (ordertype !== "market") {
    const isUnbounded = !hasLimitPrice(ordertype) || (type === "buy" && ordertype === "trailing-stop-limit")
    if (isUnbounded) return notAllowed(layer, "types", `a ${type} with ${ordertype}`, "stop-loss-limit")
    const relative = P.relativePrice(order)
    if (relative !== undefined) return notAllowed(layer, "price", relative, "absolute prices")
  }
  return Either.void
}

/** Checks that a limit price does not cross the book further than the collar allows. */
export const collarOf = (
  { rules }: Judging,
  market: Market,
  order: Prices,
  side: Side,
  touch: P.Touch = touchesOf(market)
): Judged<void> => {
  const collar = rules.own?.terms.collar
  if (collar === undefined || !hasLimitPrice(order.ordertype)) return Either.void
  if (market.levels === undefined)
    return uncheckable("the collar", `the order book of ${market.pair.display} could not be read`)
  const found = P.crossing(order, side, touch, D.decimal(collar))
  if (found === undefined) return Either.void
  const bound = side === "buy" ? "or below" : "or above"
  return notAllowed("mandate", "collar", `${side} at ${found.asked}`, `${side} at ${found.allowed} ${bound}`)
}
