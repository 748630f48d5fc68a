import { isRecord } from "effect/Predicate"
import type { Directory, Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { isSameOrder } from "./orderLedger.ts"
import { readOpenOrdersAnswer } from "./restAnswers.ts"
import type { Book, Level, OpenOrders, Ticker, Wallets } from "./values.ts"

/**
 * Answers in the form of REST's, made of live data. A cell that live data does not have is null or zero: only callers that do not
 * show it may use these answers.
 */

/** The price of a pair at 00:00 UTC of a day, which only REST tells. */
export interface Open {
  readonly price: string | number
  /** The day, as in `2026-11-29`. */
  readonly day: string
}

/** Makes a row of `Ticker`. */
export const tickerRowOf = (ticker: Ticker, open: Open) => ({
  a: [ticker.ask, null, ticker.askQuantity],
  b: [ticker.bid, null, ticker.bidQuantity],
  c: [ticker.last, null],
  v: [null, ticker.volume],
  p: [null, ticker.volumeWeightedPrice],
  l: [null, ticker.low],
  h: [null, ticker.high],
  o: open.price
})

/**
 * Reads the opening price of a row of `Ticker`. Undefined if there was no trade on the day, since its first trade might
 * still change it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ticker-information read 2026-08-17
 */
export const openOf = (row: unknown, day: string): Open | undefined => {
  if (!isRecord(row)) return undefined
  const { o, v } = row
  const volume = Array.isArray(v) ? D.parse(String(v[0])) : undefined
  const isTraded = volume !== undefined && D.isPositive(volume)
  return isTraded && (typeof o === "string" || typeof o === "number") ? { price: o, day } : undefined
}

/** Makes the answer of `Depth` with the best levels of a book. */
export const depthOf = ({ id }: Pair, { asks, bids }: Book, count: number) => {
  const rows = (side: ReadonlyArray<Level>) => side.slice(0, count).map(({ price, quantity }) => [price, quantity, 0])
  return { [id]: { asks: rows(asks), bids: rows(bids) } }
}

type Rows = { readonly [id: string]: unknown }

/** An answer of `OpenOrders`, with the live orders from before it was asked for, with which it agrees. */
export interface KeptOrders {
  readonly result: Rows
  readonly rows: Rows
  readonly orders: OpenOrders
}

/**
 * Keeps an answer of `OpenOrders` if it agrees with the live orders. Trailing stops are not kept, since their stop price
 * moves without an event.
 */
export const keepOrders = (result: unknown, orders: OpenOrders, { pairDisplay }: Directory): KeptOrders | undefined => {
  const listed = readOpenOrdersAnswer(result, pairDisplay)
  if (!isRecord(result) || listed === undefined || listed.length !== orders.size) return undefined
  const agrees = listed.every((order) => {
    const live = orders.get(order.id)
    return live !== undefined && isSameOrder(live, order) && !order.type.startsWith("trailing-stop")
  })
  const open = result["open"]
  return agrees ? { result, rows: isRecord(open) ? open : {}, orders } : undefined
}

/**
 * Makes the answer of `OpenOrders` that is in force: the rows of the orders to which nothing happened. Undefined if an
 * order is new or has changed, since events do not tell all that a row has.
 */
export const ordersInForce = ({ orders, result, rows }: KeptOrders, live: OpenOrders): Rows | undefined => {
  for (const [id, order] of live) if (orders.get(id) !== order) return undefined
  return { ...result, open: Object.fromEntries(Object.entries(rows).filter(([id]) => live.has(id))) }
}

/** An answer of `Balance` or `BalanceEx`, with the live wallets from before it was asked for, with which it agrees. */
export interface KeptBalances {
  readonly rows: Rows
  readonly wallets: Wallets
  /** Kraken's ids of the rows of each asset, by its display name. */
  readonly ids: ReadonlyMap<string, ReadonlyArray<string>>
}

/**
 * Keeps an answer of `Balance` or `BalanceEx` if it agrees with the live wallets: each asset has as many rows as wallets
 * that hold something, with the same amounts. `amountOf` reads the amount of a row.
 */
export const keepBalances = (
  result: unknown,
  wallets: Wallets,
  { findAsset }: Directory,
  amountOf: (row: unknown) => string | undefined
): KeptBalances | undefined => {
  if (!isRecord(result)) return undefined
  const ids = new Map<string, Array<string>>()
  const amounts = new Map<string, Array<string>>()
  for (const [id, row] of Object.entries(result)) {
    const display = findAsset(id)?.asset.display
    const amount = amountOf(row)
    if (display === undefined || amount === undefined) return undefined
    add(ids, display, id)
    add(amounts, display, amount)
  }
  const names = new Set([...amounts.keys(), ...wallets.keys()])
  const agrees = [...names].every(
    (name) => heldIn(amounts.get(name) ?? []) === heldIn(wallets.get(name)?.values() ?? [])
  )
  return agrees ? { rows: result, wallets, ids } : undefined
}

/**
 * Makes the answer of `Balance` that is in force. Undefined if a balance has changed that is not the only one of its asset,
 * since live data does not name Kraken's id of a wallet.
 */
export const balancesInForce = ({ ids, rows, wallets }: KeptBalances, live: Wallets): Rows | undefined => {
  const changed: { [id: string]: string } = {}
  for (const [asset, amounts] of live) {
    if (wallets.get(asset) === amounts) continue
    const [id, ...others] = ids.get(asset) ?? []
    const amount = amounts.get(mainWallet)
    // The id of a wallet for earning has a suffix.
    if (id === undefined || others.length > 0 || id.includes(".")) return undefined
    if (amounts.size !== 1 || amount === undefined) return undefined
    changed[id] = amount
  }
  for (const asset of wallets.keys()) if (!live.has(asset)) return undefined
  return { ...rows, ...changed }
}

/** The wallet from which orders are paid. */
const mainWallet = "spot main"

const add = (lists: Map<string, Array<string>>, name: string, item: string): void => {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}

/** Writes amounts other than zero in one way, whatever their order and their trailing zeros. */
const heldIn = (amounts: Iterable<string>): string =>
  Array.from(amounts, (amount) => D.format(D.parse(amount) ?? D.zero))
    .filter((amount) => amount !== "0")
    .toSorted()
    .join(" ")
