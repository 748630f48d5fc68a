import { isShort } from "../numbers/numberText.ts"

/**
 * Orders as Kraken's requests spell them. Decimals are strings.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */

/**
 * Order types that a conditional close can have.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const closeTypes = [
  "limit",
  "iceberg",
  "stop-loss",
  "take-profit",
  "stop-loss-limit",
  "take-profit-limit",
  "trailing-stop",
  "trailing-stop-limit"
] as const
export type CloseType = (typeof closeTypes)[number]

export const orderTypes = ["market", ...closeTypes, "settle-position"] as const
export type OrderType = (typeof orderTypes)[number]

/**
 * The terms of one order, placed by itself or in a batch.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export interface Terms {
  readonly type: "buy" | "sell"
  readonly ordertype: OrderType
  /** The volume in base currency, or in quote currency with `viqc`. `0` closes a margin position. */
  readonly volume: string
  /** A price: absolute (`37500`) or relative to the last trade (`+500`, `-5%`, `#10%`). */
  readonly price?: string
  readonly price2?: string
  /** The displayed volume of an iceberg. */
  readonly displayvol?: string
  readonly trigger?: "last" | "index"
  /** The leverage, `2` or `2:1`. Absent for a spot order. */
  readonly leverage?: string
  readonly reduce_only?: boolean
  readonly stptype?: "cancel-newest" | "cancel-oldest" | "cancel-both"
  readonly oflags?: ReadonlyArray<string>
  readonly timeinforce?: "GTC" | "IOC" | "GTD" | "FOK"
  /** The start time: `0` (now), Unix seconds, or `+` seconds from now. */
  readonly starttm?: string
  readonly expiretm?: string
  readonly userref?: number
  readonly cl_ord_id?: string
  readonly close?: Close
}

/** A conditional close: an order that is placed for each fill. */
export interface Close {
  readonly ordertype: CloseType
  readonly price?: string
  readonly price2?: string
}

/** Fields that all orders of one call share. */
interface Shared {
  readonly pair: string
  readonly asset_class?: "currency" | "tokenized_asset"
  /** An RFC 3339 time after which the engine rejects the order. */
  readonly deadline?: string
  readonly validate?: boolean
  readonly broker?: string
}

/**
 * The parameters of `AddOrder`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export interface Order extends Terms, Shared {}

/**
 * The parameters of `AddOrderBatch`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order-batch read 2026-08-17
 */
export interface Batch extends Shared {
  readonly orders: ReadonlyArray<Terms>
}

/**
 * The parameters of `AmendOrder`, which changes an open order in place.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/amend-order read 2026-08-17
 */
export interface Amend {
  readonly txid?: string
  readonly cl_ord_id?: string
  readonly pair?: string
  readonly order_qty?: string
  readonly display_qty?: string
  readonly limit_price?: string
  readonly trigger_price?: string
  readonly post_only?: boolean
  readonly deadline?: string
}

/**
 * The parameters of `EditOrder`, which replaces an open order.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
 */
export interface Edit extends Shared {
  readonly txid: string
  readonly volume?: string
  readonly displayvol?: string
  readonly price?: string
  readonly price2?: string
  readonly oflags?: ReadonlyArray<string>
  readonly userref?: number
  readonly cancel_response?: boolean
}

/** The use that an order type makes of a price field. */
export interface PriceUse {
  readonly what: "limit price" | "trigger price" | "trailing distance" | "limit offset"
  /** Signs of the relative forms that the price must have. Empty if it is allowed to be absolute. */
  readonly signs: "" | "+" | "+-"
}

const limit: PriceUse = { what: "limit price", signs: "" }
const trigger: PriceUse = { what: "trigger price", signs: "" }
const distance: PriceUse = { what: "trailing distance", signs: "+" }
const offset: PriceUse = { what: "limit offset", signs: "+-" }

/**
 * The price fields of each order type. Fields that the type does not accept are absent.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/add-order read 2026-08-17
 */
export const priceUses: Record<OrderType, { readonly price?: PriceUse; readonly price2?: PriceUse }> = {
  market: {},
  limit: { price: limit },
  iceberg: { price: limit },
  "stop-loss": { price: trigger },
  "take-profit": { price: trigger },
  "stop-loss-limit": { price: trigger, price2: limit },
  "take-profit-limit": { price: trigger, price2: limit },
  "trailing-stop": { price: distance },
  "trailing-stop-limit": { price: distance, price2: offset },
  "settle-position": {}
}

/** A price text, split into its parts. */
export interface PriceText {
  readonly sign: "" | "+" | "-" | "#"
  /** The digits without the sign. */
  readonly digits: string
  readonly percent: boolean
}

/**
 * Splits a price text. A price without sign and percent is absolute, any other is relative. Undefined if it is not a
 * price.
 */
export const readPrice = (text: string): PriceText | undefined => {
  if (!isShort(text)) return undefined
  const found = /^([+\-#]?)(\d+(?:\.\d+)?)(%?)$/.exec(text)
  if (found === null) return undefined
  const [, sign, digits, percent] = found as unknown as [string, PriceText["sign"], string, string]
  return { sign, digits, percent: percent === "%" }
}

export const hasFlag = ({ oflags }: Pick<Terms, "oflags">, flag: string): boolean => oflags?.includes(flag) ?? false

export const isAbsolute = ({ percent, sign }: PriceText): boolean => sign === "" && !percent
