import { format } from "../base/fixed.ts"
import type { OrderType } from "../../domain/orders/orders.ts"
import { type CloseSpec, type Order, type OrderSpec, type Trail } from "./order.ts"
import type { Pair } from "../catalogue/pairs.ts"

type Described = Pick<OrderSpec, "pair" | "side" | "type" | "limit" | "trigger" | "trail" | "volume" | "spend">

/** Describes an order: `buy 1.25000000 XBTUSD @ limit 27500.0`. */
export const orderText = (order: Described): string => {
  const { pair } = order
  const volume = order.spend === undefined ? format(order.volume, pair.lotDecimals) : spendText(order)
  const prices = pricesOf(order)
  return `${order.side} ${volume} ${pair.altname} @ ${typeText(order.type, prices.price, prices.price2)}`
}

/** Describes a conditional close: `close position @ stop loss 22000.0 -> limit 21000.0`. */
export const closeText = (pair: Pair, close: CloseSpec | undefined): string => {
  if (close === undefined) return ""
  const price2 = close.price2 === undefined ? "0" : closePrice(pair, close.price2)
  return `close position @ ${typeText(close.type, closePrice(pair, close.price), price2)}`
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
    `${distance < 0n ? "" : "+"}${format(distance, percent ? 4 : pair.priceDecimals)}${percent ? "%" : ""}`
  return { price: print(trail), price2: trail.limitOffset === undefined ? "0" : print(trail.limitOffset) }
}

const closePrice = (pair: Pair, price: string): string => {
  if (!/^\d/.test(price)) return price
  const [whole, fraction = ""] = price.split(".")
  return pair.priceDecimals === 0
    ? whole!
    : `${whole}.${fraction.slice(0, pair.priceDecimals).padEnd(pair.priceDecimals, "0")}`
}
