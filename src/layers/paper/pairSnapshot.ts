import { Array as Arr } from "effect"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { readSnapshot } from "../../exchange/commands/marketSnapshot/readSnapshot.ts"
import { Refusal } from "../../exchange/base/refusal.ts"
import type { Book, Trade } from "../../domain/live/values.ts"
import type { Observation } from "./MarketFeed.ts"

/**
 * The most trades that Kraken returns at once.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-recent-trades read 2026-08-17
 */
export const mostTrades = 1000

type Row = ReadonlyArray<unknown>

/** Trades in the form of `control/Observe`, and the cursor for newer ones. */
export interface Trades {
  /** Rows of price, volume, milliseconds, side, type, id. */
  readonly rows: ReadonlyArray<Row>
  readonly last: string
}

/** Makes an answer of Depth of a live book, whose levels are as old as the book. `at` is in epoch milliseconds. */
export const depthOf = ({ asks, bids }: Book, at: number) => {
  const rows = (side: Book["asks"]) => side.map(({ price, quantity }) => [price, quantity, Math.floor(at / 1000)])
  return { book: { asks: rows(asks), bids: rows(bids) } }
}

/**
 * Makes trades of live ones if none is missing since `before`: the last known trade is among them. The cursor stays that
 * of REST, whose next answer then has some trades twice, which the ids show.
 */
export const tradesOf = (live: ReadonlyArray<Trade>, before: Trades): Trades | undefined => {
  const known = Number(before.rows.at(-1)?.[5] ?? Number.NaN)
  if (!live.some(({ id }) => Number(id) === known)) return undefined
  if (live.some(({ type }) => type === undefined)) return undefined
  const rows = live.map(({ id, price, quantity, side, time, type }) => [
    price,
    quantity,
    time,
    side === "buy" ? "b" : "s",
    type === "market" ? "m" : "l",
    Number(id)
  ])
  return { rows, last: before.last }
}

/** The market of a pair at its last observation. */
export interface PairSnapshot {
  /** Epoch milliseconds. */
  readonly at: number
  readonly observation: Observation
  /** The newest trades, with those of earlier observations: an account that observes seldom misses none of them. */
  readonly trades: Trades
}

/** Reads Kraken's answer to Trades. */
export const readTrades = (answer: unknown): Trades => {
  const { last, ...byPair } = Object(answer)
  const rows = rowsOf(Object.values(byPair)[0]).map(([price, volume, time, side, type, , id]) => [
    price,
    volume,
    Math.round(Number(time) * 1000),
    side,
    type,
    Number(id)
  ])
  return { rows, last: String(last) }
}

/**
 * Makes a snapshot of Kraken's answer to Depth and of trades. Undefined if the exchange could not read it as a market.
 */
export const pairSnapshotOf = (
  pair: Pair,
  at: number,
  depth: unknown,
  newer: Trades,
  before?: Trades
): PairSnapshot | undefined => {
  const { asks, bids } = Object(Object.values(Object(depth))[0])
  const book = { pair: pair.id, seen: at, bids: levelsOf(bids), asks: levelsOf(asks) }
  const known = Number(before?.rows.at(-1)?.[5] ?? -1)
  const fresh = newer.rows.filter((row) => Number(row[5]) > known)
  const rows = Arr.takeRight([...(before?.rows ?? []), ...fresh], mostTrades)
  const snapshot = (rows: ReadonlyArray<Row>): PairSnapshot | undefined => {
    const observation = { ...book, trades: rows }
    return isReadable(pair, observation) ? { at, observation, trades: { rows, last: newer.last } } : undefined
  }
  const complete = snapshot(rows)
  if (complete !== undefined || before !== undefined) return complete
  // On a quiet pair the oldest trades can have more decimals than the pair has now. No order waits for those.
  const current = rows.slice(
    rows.findLastIndex((row) => !isReadable(pair, { ...book, bids: [], asks: [], trades: [row] })) + 1
  )
  return current.length === 0 ? undefined : snapshot(current)
}

/** Reads levels of a book. Anything but a list is passed on, and then fails `isReadable`. */
const levelsOf = (rows: unknown): unknown =>
  Array.isArray(rows) ? rowsOf(rows).map(([price, volume, time]) => [price, volume, Math.floor(Number(time))]) : rows

const rowsOf = (rows: unknown): ReadonlyArray<Row> => (Array.isArray(rows) ? rows.filter(Array.isArray) : [])

const isReadable = (pair: Pair, observation: Observation): boolean => {
  try {
    readSnapshot(pair, observation)
    return true
  } catch (refusal) {
    if (refusal instanceof Refusal) return false
    throw refusal
  }
}
