import type { OrderType } from "../../domain/orders/orders.ts"
import type { Pair } from "../catalogue/pairs.ts"

export type Side = "buy" | "sell"

/** A requested order, checked and with every price resolved. */
export interface OrderSpec {
  readonly pair: Pair
  readonly side: Side
  readonly type: OrderType
  /** Limit price. A trailing limit order has none until it is triggered. */
  readonly limit: bigint | undefined
  readonly trigger: bigint | undefined
  readonly triggerBy: "last" | "index"
  readonly trail: Trail | undefined
  readonly volume: bigint
  /** Amount of the quote asset to spend instead of a volume, with `viqc`. */
  readonly spend: bigint | undefined
  readonly display: bigint | undefined
  readonly timeInForce: "GTC" | "IOC" | "FOK" | "GTD"
  readonly postOnly: boolean
  readonly feeInBase: boolean
  readonly selfTrade: "cancel-newest" | "cancel-oldest" | "cancel-both"
  readonly start: number
  readonly expire: number
  readonly userref: number | undefined
  readonly clientId: string | undefined
  readonly close: CloseSpec | undefined
  /** The order whose fill placed this one. */
  readonly refid: string | undefined
}

export interface Trail {
  /** In price units, or millionths of the price if a percentage. */
  readonly distance: bigint
  readonly percent: boolean
  /** Distance of the limit from the trigger, applied when the order is triggered. */
  readonly limitOffset: { readonly distance: bigint; readonly percent: boolean } | undefined
}

export interface CloseSpec {
  readonly type: OrderType
  readonly price: string
  readonly price2: string | undefined
}

export interface Order extends OrderSpec {
  readonly txid: string
  readonly account: string
  readonly opened: number
  limit: bigint | undefined
  trigger: bigint | undefined
  trail: Trail | undefined
  volume: bigint
  display: bigint | undefined
  postOnly: boolean
  status: "pending" | "open" | "closed" | "canceled" | "expired"
  /** Position in the queue at its price: lower goes first. */
  priority: number
  /** Visible volume; for an iceberg only a part of the order. */
  visible: bigint
  executed: bigint
  /** Exact sum of price times volume of all fills, with priceDecimals + lotDecimals. */
  notional: bigint
  /** Sums of the costs and fees that its trades print, with the pair's cost decimals. */
  cost: bigint
  fee: bigint
  /** Quote units spent, from which `viqc` computes the rest. */
  spent: bigint
  /** Highest fee rate it can be charged, with which its hold was computed. */
  rate: bigint
  hold: { readonly asset: string; readonly amount: bigint } | undefined
  /** Best price since a trailing stop was placed. */
  peak: bigint | undefined
  triggered: boolean
  /** Time of its creation or last change, on which the cost of the next change depends. */
  touched: number
  closed: number | undefined
  reason: string | undefined
  amends: Array<Amend> | undefined
  readonly trades: Array<string>
}

export interface Amend {
  readonly id: string
  readonly type: "original" | "user" | "restated"
  readonly volume: bigint
  readonly display: bigint | undefined
  readonly remaining: bigint
  readonly limit: bigint | undefined
  readonly trigger: bigint | undefined
  readonly reason: string
  readonly postOnly: boolean
  readonly time: number
}

export interface Trade {
  readonly id: string
  readonly number: number
  readonly order: string
  readonly account: string
  readonly pair: Pair
  readonly time: number
  readonly side: Side
  readonly type: OrderType
  /** Type as which the order was executed: a triggered order becomes a market or limit order. */
  readonly executedAs: "market" | "limit"
  readonly price: bigint
  readonly volume: bigint
  readonly cost: bigint
  readonly fee: bigint
  readonly maker: boolean
  readonly ledgers: readonly [string, string]
}

export const hasLimit = (type: OrderType): boolean => type === "limit" || type === "iceberg" || type.endsWith("-limit")
export const hasTrigger = (type: OrderType): boolean => /^(stop-loss|take-profit|trailing-stop)/.test(type)
export const isTrailing = (type: OrderType): boolean => type.startsWith("trailing")

/** Returns the remaining volume. */
export const left = (order: Pick<Order, "volume" | "executed">): bigint => order.volume - order.executed
