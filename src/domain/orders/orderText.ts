import type { Params } from "../endpoints/endpoints.ts"

/**
 * Describes an order by the parameters it was sent with, in Kraken's words: `buy 1.25 XBTUSD @ limit 27500`, and its
 * conditional close: `close position @ stop loss 22000 -> limit 21000`.
 */
export const orderTextOf = (params: Params): { readonly order: string; readonly close?: string } => {
  const { close, pair, type, volume } = params
  return {
    order: `${text(type)} ${text(volume)} ${text(pair)} @ ${typeText(params)}`,
    ...(typeof close === "object" && close !== null && { close: `close position @ ${typeText(Object(close))}` })
  }
}

const typeText = ({ ordertype, price, price2 }: Params): string => {
  const type = text(ordertype)
  if (type === "market") return "market"
  const isLimited = type !== "limit" && type.endsWith("-limit")
  const name = (isLimited ? type.slice(0, -"-limit".length) : type).replaceAll("-", " ")
  return isLimited ? `${name} ${text(price)} -> limit ${text(price2)}` : `${name} ${text(price)}`
}

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "")
