import { isRecord } from "effect/Predicate"
import * as D from "../numbers/decimal.ts"
import { decimalOf } from "./readRows.ts"
import type { Book, Candle, Fill, Level, OpenOrder, Ticker, Trade } from "./values.ts"

/**
 * Readers of REST's answers, whose values have the form of live ones. They take the answer as it is, and return undefined
 * for one of an unknown form.
 */

const text = (value: unknown): string | undefined =>
  typeof value === "number" || typeof value === "string" ? decimalOf(String(value)) : undefined

const cell = (row: unknown, index: number): string | undefined => (Array.isArray(row) ? text(row[index]) : undefined)

const name = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** Returns the only value of an answer about one pair, beside the cursor `last`. */
const onlyPair = (answer: unknown): unknown =>
  isRecord(answer) ? Object.entries(answer).find(([key]) => key !== "last")?.[1] : undefined

const millisOf = (seconds: unknown): number | undefined => {
  const number = Number(text(seconds))
  return Number.isFinite(number) ? Math.round(number * 1000) : undefined
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-ticker-information read 2026-08-17 */
export const readTickerAnswer = (answer: unknown): Ticker | undefined => {
  const row = onlyPair(answer)
  if (!isRecord(row)) return undefined
  const [bid, bidQuantity, ask, askQuantity] = [
    cell(row["b"], 0),
    cell(row["b"], 2),
    cell(row["a"], 0),
    cell(row["a"], 2)
  ]
  const [last, volume, price] = [cell(row["c"], 0), cell(row["v"], 1), cell(row["p"], 1)]
  const [low, high] = [cell(row["l"], 1), cell(row["h"], 1)]
  if (bid === undefined || bidQuantity === undefined || ask === undefined || askQuantity === undefined) return undefined
  if (last === undefined || volume === undefined || price === undefined) return undefined
  if (low === undefined || high === undefined) return undefined
  return { bid, bidQuantity, ask, askQuantity, last, volume, volumeWeightedPrice: price, low, high }
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-order-book read 2026-08-17 */
export const readBookAnswer = (answer: unknown): Book | undefined => {
  const book = onlyPair(answer)
  if (!isRecord(book)) return undefined
  const [bids, asks] = [levelsOf(book["bids"]), levelsOf(book["asks"])]
  return bids && asks && { bids, asks }
}

const levelsOf = (rows: unknown): ReadonlyArray<Level> | undefined => {
  if (!Array.isArray(rows)) return undefined
  const levels = rows.map((row) => ({ price: cell(row, 0), quantity: cell(row, 1) }))
  return allOf(levels, (level): level is Level => level.price !== undefined && level.quantity !== undefined)
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-recent-trades read 2026-08-17 */
export const readTradesAnswer = (answer: unknown): ReadonlyArray<Trade> | undefined => {
  const rows = onlyPair(answer)
  if (!Array.isArray(rows)) return undefined
  const trades = rows.map((row: unknown) => ({
    price: cell(row, 0),
    quantity: cell(row, 1),
    time: Array.isArray(row) ? millisOf(row[2]) : undefined,
    side: Array.isArray(row) ? (row[3] === "b" ? "buy" : "sell") : undefined,
    id: (Array.isArray(row) ? name(row[6]) : undefined) ?? ""
  }))
  return allOf(
    trades,
    (trade): trade is Trade => trade.price !== undefined && trade.quantity !== undefined && trade.time !== undefined
  )
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-ohlc-data read 2026-08-17 */
export const readCandlesAnswer = (answer: unknown): ReadonlyArray<Candle> | undefined => {
  const rows = onlyPair(answer)
  if (!Array.isArray(rows)) return undefined
  const candles = rows.map((row: unknown): Candle | undefined => {
    const [time, open, high, low] = [cell(row, 0), cell(row, 1), cell(row, 2), cell(row, 3)]
    const [close, volumeWeightedPrice, volume, trades] = [cell(row, 4), cell(row, 5), cell(row, 6), cell(row, 7)]
    if (time === undefined || open === undefined || high === undefined || low === undefined) return undefined
    if (close === undefined || volumeWeightedPrice === undefined || volume === undefined) return undefined
    if (trades === undefined) return undefined
    return { time: Number(time), open, high, low, close, volumeWeightedPrice, volume, trades: Number(trades) }
  })
  return allOf(candles, (candle) => candle !== undefined)
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-system-status read 2026-08-17 */
export const readStatusAnswer = (answer: unknown): string | undefined =>
  isRecord(answer) ? name(answer["status"]) : undefined

/**
 * Reads balances, and adds up those of one asset, such as `XXBT` and `XBT.F`. `assetOf` returns the display name of the asset.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-account-balance read 2026-08-17
 */
export const readBalancesAnswer = (
  answer: unknown,
  assetOf: (balance: string) => string
): ReadonlyMap<string, string> | undefined => {
  if (!isRecord(answer)) return undefined
  const balances = new Map<string, D.Decimal>()
  for (const [name, value] of Object.entries(answer)) {
    const amount = text(value)
    const balance = amount === undefined ? undefined : D.parse(amount)
    if (balance === undefined) return undefined
    const asset = assetOf(name)
    balances.set(asset, D.sum(balances.get(asset) ?? D.zero, balance))
  }
  return new Map(Array.from(balances, ([asset, balance]) => [asset, D.format(balance)]))
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17 */
export const readOpenOrdersAnswer = (
  answer: unknown,
  display: (pair: string) => string
): ReadonlyArray<OpenOrder> | undefined => {
  const open = isRecord(answer) ? answer["open"] : undefined
  if (Array.isArray(open) && open.length === 0) return []
  if (!isRecord(open)) return undefined
  const orders = Object.entries(open).map(([id, row]) => orderOf(id, row, display))
  return allOf(orders, (order) => order !== undefined)
}

const orderOf = (id: string, row: unknown, display: (pair: string) => string): OpenOrder | undefined => {
  const descr = isRecord(row) ? row["descr"] : undefined
  if (!isRecord(row) || !isRecord(descr)) return undefined
  const [pair, side, status] = [name(descr["pair"]), descr["type"], name(row["status"])]
  if (pair === undefined || status === undefined || (side !== "buy" && side !== "sell")) return undefined
  const price = text(descr["price"])
  const type = name(descr["ordertype"]) ?? "unknown"
  return {
    id,
    pair: display(pair),
    side,
    status,
    type,
    filled: text(row["vol_exec"]) ?? "0",
    quantity: text(row["vol"]),
    clientId: name(row["cl_ord_id"]),
    userref: name(row["userref"]),
    limitPrice: type === "limit" ? price : undefined
  }
}

/** @see https://docs.kraken.com/api/docs/rest-api/get-trade-history read 2026-08-17 */
export const readFillsAnswer = (
  answer: unknown,
  display: (pair: string) => string
): ReadonlyArray<Fill> | undefined => {
  const trades = isRecord(answer) ? answer["trades"] : undefined
  if (Array.isArray(trades) && trades.length === 0) return []
  if (!isRecord(trades)) return undefined
  const fills = Object.entries(trades).map(([id, row]): Fill | undefined => {
    if (!isRecord(row)) return undefined
    const [orderId, pair, side] = [name(row["ordertxid"]), name(row["pair"]), row["type"]]
    const [price, quantity, time] = [text(row["price"]), text(row["vol"]), millisOf(row["time"])]
    if (orderId === undefined || pair === undefined || (side !== "buy" && side !== "sell")) return undefined
    if (price === undefined || quantity === undefined || time === undefined) return undefined
    return { id, orderId, pair: display(pair), side, price, quantity, time }
  })
  return allOf(fills, (fill) => fill !== undefined)
}

const allOf = <A, B extends A>(items: ReadonlyArray<A>, is: (item: A) => item is B): ReadonlyArray<B> | undefined => {
  const known = items.filter(is)
  return known.length === items.length ? known : undefined
}
