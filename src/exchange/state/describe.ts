import { format, rescale } from "../base/fixed.ts"
import type { OrderType } from "../../domain/orders/orders.ts"
import { type CloseSpec, hasTrigger, type Order, type OrderSpec, type Trail } from "./order.ts"
import { type PriceText, readPrice } from "./prices.ts"
import type { Pair } from "../catalogue/pairs.ts"

type Described = Pick<OrderSpec, "pair" | "side" | "type" | "limit" | "trigger" | "trail" | "volume" | "spend">

/** Describes an order: `buy 1.25000000 XBTUSD @ limit 27500.0`. An amount to spend has the decimals of a volume. */
export const orderText = (order: Described, prices = pricesOf(order)): string => {
  const { pair, spend } = order
  const volume = spend === undefined ? order.volume : rescale(spend, pair.quote.decimals, pair.lotDecimals, "half")
  const type = typeText(order.type, prices.price, prices.price2)
  return `${order.side} ${format(volume, pair.lotDecimals)} ${pair.altname} @ ${type}`
}

/**
 * Describes an order as the answer to its placing does: relative prices stay relative, as in `limit +1000.0` and
 * `stop loss -2.0000%`.
 */
export const requestText = (
  order: Described,
  asked: { readonly price: string | undefined; readonly price2: string | undefined }
): string => {
  const { price, price2 } = pricesOf(order)
  const said = (text: string | undefined, resolved: string) =>
    text === undefined || resolved === "0" ? resolved : priceText(order.pair, text)
  const limited = hasTrigger(order.type) && order.type.endsWith("-limit")
  return orderText(order, { price: said(asked.price, price), price2: limited ? said(asked.price2, price2) : price2 })
}

/** Describes a conditional close: `close position @ stop loss 22000.0 -> limit 21000.0`. */
export const closeText = (pair: Pair, close: CloseSpec | undefined): string => {
  if (close === undefined) return ""
  const price2 = close.price2 === undefined ? "0" : priceText(pair, close.price2)
  return `close position @ ${typeText(close.type, priceText(pair, close.price), price2)}`
}

/** Returns the two prices as an order's `descr` prints them; "0" for a missing price. */
export const pricesOf = (order: Described): { readonly price: string; readonly price2: string } => {
  const print = (price: bigint | undefined) => (price === undefined ? "0" : format(price, order.pair.priceDecimals))
  if (order.trail !== undefined) return trailText(order.trail, order.pair)
  if (order.trigger !== undefined) return { price: print(order.trigger), price2: print(order.limit) }
  return { price: print(order.limit), price2: "0" }
}

/** Prints the volume of an order with `viqc`, in the quote asset. */
export const spendText = (order: Pick<Order, "pair" | "spend">): string =>
  format(order.spend ?? 0n, order.pair.quote.decimals)

const typeText = (type: OrderType, price: string, price2: string): string => {
  if (type === "market") return "market"
  const limited = type !== "limit" && type.endsWith("-limit")
  const name = (limited ? type.slice(0, -6) : type).replaceAll("-", " ")
  return limited ? `${name} ${price} -> limit ${price2}` : `${name} ${price}`
}

const trailText = (trail: Trail, pair: Pair) => {
  const print = ({ distance, percent }: { readonly distance: bigint; readonly percent: boolean }) =>
    distance < 0n
      ? printPrice(pair, { sign: "-", value: -distance, percent })
      : printPrice(pair, { sign: "+", value: distance, percent })
  return { price: print(trail), price2: trail.limitOffset === undefined ? "0" : print(trail.limitOffset) }
}

/** Prints a price that was asked for, absolute or relative. */
const priceText = (pair: Pair, text: string): string => printPrice(pair, readPrice(text, pair, "price"))

const printPrice = (pair: Pair, { percent, sign, value }: PriceText): string =>
  `${sign}${format(value, percent ? 4 : pair.priceDecimals)}${percent ? "%" : ""}`
