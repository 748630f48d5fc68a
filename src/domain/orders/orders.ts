import { isShort } from "../numbers/numberText.ts"

/** Orders as requests of Kraken spell them. Decimals are strings. */

/** What a conditional close may be. */
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

/** What one order says, alone or in a batch. */
export interface Terms {
  readonly type: "buy" | "sell"
  readonly ordertype: OrderType
  /** In base currency; in quote currency with `viqc`; `0` closes a margin position. */
  readonly volume: string
  /** Absolute (`37500`) or relative to the last trade (`+500`, `-5%`, `#10%`). */
  readonly price?: string
  readonly price2?: string
  /** What an iceberg shows. */
  readonly displayvol?: string
  readonly trigger?: "last" | "index"
  /** `2` or `2:1`; absent for spot. */
  readonly leverage?: string
  readonly reduce_only?: boolean
  readonly stptype?: "cancel-newest" | "cancel-oldest" | "cancel-both"
  readonly oflags?: ReadonlyArray<string>
  readonly timeinforce?: "GTC" | "IOC" | "GTD" | "FOK"
  /** `0` (none), Unix seconds, or `+` seconds from now. */
  readonly starttm?: string
  readonly expiretm?: string
  readonly userref?: number
  readonly cl_ord_id?: string
  readonly close?: Close
}

/** An order that is placed for each fill. */
export interface Close {
  readonly ordertype: CloseType
  readonly price?: string
  readonly price2?: string
}

/** What orders of one call have in common. */
interface Shared {
  readonly pair: string
  readonly asset_class?: "currency" | "tokenized_asset"
  /** RFC 3339; the engine takes the order no later. */
  readonly deadline?: string
  readonly validate?: boolean
  readonly broker?: string
}

/** `AddOrder`. */
export interface Order extends Terms, Shared {}

/** `AddOrderBatch`. */
export interface Batch extends Shared {
  readonly orders: ReadonlyArray<Terms>
}

/** `AmendOrder`: changes an open order in place. */
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

/** `EditOrder`: replaces an open order. */
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

/** What an order type does with a price field. */
export interface PriceUse {
  readonly what: "limit price" | "trigger price" | "trailing distance" | "limit offset"
  /** Which relative forms it must have, if any. */
  readonly signs: "" | "+" | "+-"
}

const limit: PriceUse = { what: "limit price", signs: "" }
const trigger: PriceUse = { what: "trigger price", signs: "" }
const distance: PriceUse = { what: "trailing distance", signs: "+" }
const offset: PriceUse = { what: "limit offset", signs: "+-" }

/** The price fields of each order type; those that it does not take are absent. */
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

/** A price as it is written. */
export interface PriceText {
  readonly sign: "" | "+" | "-" | "#"
  /** Digits without the sign. */
  readonly digits: string
  readonly percent: boolean
}

/** Absolute without sign and percent; relative otherwise. None if it is not a price. */
export const readPrice = (text: string): PriceText | undefined => {
  if (!isShort(text)) return undefined
  const found = /^([+\-#]?)(\d+(?:\.\d+)?)(%?)$/.exec(text)
  if (found === null) return undefined
  const [, sign, digits, percent] = found as unknown as [string, PriceText["sign"], string, string]
  return { sign, digits, percent: percent === "%" }
}

export const hasFlag = ({ oflags }: Pick<Terms, "oflags">, flag: string): boolean => oflags?.includes(flag) ?? false

export const isAbsolute = ({ percent, sign }: PriceText): boolean => sign === "" && !percent
