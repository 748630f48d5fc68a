import { Predicate } from "effect"
import * as D from "../numbers/decimal.ts"
import { type Row, wholeNumber } from "./messages.ts"
import type { Candle, Fill, Instruments, OpenOrder, Ticker, Trade } from "./values.ts"

/** Reads a decimal of any form as plain digits. Undefined if the field holds none. */
export const decimalOf = (value: unknown): string | undefined => {
  if (typeof value !== "string" || value === "") return undefined
  if (/^-?\d{1,30}(\.\d{1,30})?$/.test(value) && value.length <= 40) return value
  const parsed = D.parse(value)
  return parsed && D.format(parsed)
}

export const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" && value.length <= 100 ? value : undefined

export const timeOf = (value: unknown): number | undefined => {
  const time = typeof value === "string" && value.length <= 40 ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

export const sideOf = (value: unknown): "buy" | "sell" | undefined =>
  value === "buy" || value === "sell" ? value : undefined

/** Returns the object if none of its fields is undefined. */
const whole = <A extends object>(fields: { readonly [K in keyof A]: A[K] | undefined }): A | undefined =>
  isWhole<A>(fields) ? fields : undefined

const isWhole = <A extends object>(fields: object): fields is A =>
  Object.values(fields).every((value) => value !== undefined)

/**
 * Reads a row of the channel `ticker`.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ticker read 2026-11-29
 */
export const readTicker = (row: Row): Ticker | undefined =>
  whole<Ticker>({
    bid: decimalOf(row["bid"]),
    bidQuantity: decimalOf(row["bid_qty"]),
    ask: decimalOf(row["ask"]),
    askQuantity: decimalOf(row["ask_qty"]),
    last: decimalOf(row["last"]),
    volume: decimalOf(row["volume"]),
    volumeWeightedPrice: decimalOf(row["vwap"]),
    low: decimalOf(row["low"]),
    high: decimalOf(row["high"])
  })

/**
 * Reads a row of the channel `trade`.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/trade read 2026-11-29
 */
export const readTrade = (row: Row): Trade | undefined => {
  const trade = whole<Trade>({
    id: textOf(row["trade_id"]),
    side: sideOf(row["side"]),
    price: decimalOf(row["price"]),
    quantity: decimalOf(row["qty"]),
    time: timeOf(row["timestamp"])
  })
  const type = row["ord_type"]
  return trade && (type === "market" || type === "limit") ? { ...trade, type } : trade
}

/**
 * Reads a row of the channel `ohlc`.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/ohlc read 2026-11-29
 */
export const readCandle = (row: Row): Candle | undefined => {
  const begin = timeOf(row["interval_begin"])
  return whole<Candle>({
    time: begin === undefined ? undefined : begin / 1000,
    open: decimalOf(row["open"]),
    high: decimalOf(row["high"]),
    low: decimalOf(row["low"]),
    close: decimalOf(row["close"]),
    volumeWeightedPrice: decimalOf(row["vwap"]),
    volume: decimalOf(row["volume"]),
    trades: wholeNumber(row["trades"])
  })
}

/**
 * Merges a message of the channel `instrument`, which names what has changed. Undefined if it is of another form.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/instrument read 2026-11-29
 */
export const mergeInstruments = (before: Instruments, row: Row): Instruments | undefined => {
  const pairs = statusesIn(before.pairs, row["pairs"], "symbol")
  const assets = statusesIn(before.assets, row["assets"], "id")
  return pairs && assets && { pairs, assets }
}

const statusesIn = (
  before: ReadonlyMap<string, string>,
  rows: unknown,
  nameField: string
): ReadonlyMap<string, string> | undefined => {
  if (rows === undefined) return before
  if (!Array.isArray(rows)) return undefined
  const statuses = new Map(before)
  for (const row of rows) {
    const { [nameField]: name, status } = Predicate.isRecord(row) ? row : {}
    if (typeof name !== "string" || typeof status !== "string") return undefined
    statuses.set(name, status)
  }
  return statuses
}

/**
 * Reads a row of the channel `status`.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/status read 2026-11-29
 */
export const readStatus = (row: Row): string | undefined => textOf(row["system"])

/**
 * Reads the fill in a row of the channel `executions`. Undefined if the row reports none.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/executions read 2026-11-29
 */
export const readFill = (row: Row): Fill | undefined =>
  row["exec_type"] === "trade"
    ? whole<Fill>({
        id: textOf(row["exec_id"]),
        orderId: textOf(row["order_id"]),
        pair: textOf(row["symbol"]),
        side: sideOf(row["side"]),
        price: decimalOf(row["last_price"]),
        quantity: decimalOf(row["last_qty"]),
        time: timeOf(row["timestamp"])
      })
    : undefined

/**
 * Merges a row of the channel `executions` into an order. Rows about a known order leave out fields that did not change.
 * Undefined if the order is unknown and the row does not name its pair and side.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/executions read 2026-11-29
 */
export const mergeOrder = (before: OpenOrder | undefined, row: Row): OpenOrder | undefined => {
  const id = textOf(row["order_id"])
  const pair = textOf(row["symbol"]) ?? before?.pair
  const side = sideOf(row["side"]) ?? before?.side
  const status = statusOf(row["order_status"]) ?? before?.status
  if (id === undefined || pair === undefined || side === undefined || status === undefined) return undefined
  return {
    id,
    pair,
    side,
    status,
    type: textOf(row["order_type"]) ?? before?.type ?? "unknown",
    filled: decimalOf(row["cum_qty"]) ?? before?.filled ?? "0",
    quantity: decimalOf(row["order_qty"]) ?? before?.quantity,
    clientId: textOf(row["cl_ord_id"]) ?? before?.clientId,
    userref: textOf(row["order_userref"]) ?? before?.userref,
    limitPrice: decimalOf(row["limit_price"]) ?? before?.limitPrice
  }
}

/** Names the status of an order as REST does. */
const statusOf = (status: unknown): string | undefined =>
  status === "pending_new" ? "pending" : status === "new" || status === "partially_filled" ? "open" : textOf(status)

/** A balance of one wallet. */
interface WalletBalance {
  readonly wallet: string
  readonly balance: string
}

/**
 * Reads a row of the channel `balances`: an asset with its wallets (snapshot), or one wallet after an entry of its ledger
 * (update).
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/balances read 2026-11-29
 */
export const readBalances = (
  row: Row
): { readonly asset: string; readonly wallets: ReadonlyArray<WalletBalance> } | undefined => {
  const asset = textOf(row["asset"])
  const listed = Array.isArray(row["wallets"]) ? row["wallets"] : undefined
  const wallets = listed
    ? listed.map((wallet) => (Predicate.isRecord(wallet) ? walletOf(wallet["type"], wallet["id"], wallet) : undefined))
    : [walletOf(row["wallet_type"], row["wallet_id"], row)]
  return asset === undefined || !wallets.every((wallet) => wallet !== undefined) ? undefined : { asset, wallets }
}

const walletOf = (type: unknown, id: unknown, row: Row): WalletBalance | undefined => {
  const balance = decimalOf(row["balance"])
  return balance === undefined ? undefined : { wallet: `${textOf(type) ?? "spot"} ${textOf(id) ?? "main"}`, balance }
}
