import { Array as Arr } from "effect"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { readSnapshot } from "../../exchange/commands/marketSnapshot/readSnapshot.ts"
import { Refusal } from "../../exchange/base/Refusal.ts"
import type { Observation } from "./MarketFeed.ts"

/** How many trades Kraken tells at once, which is as far back as anybody can look. */
export const mostTrades = 1000

export type Row = ReadonlyArray<unknown>

/** Trades as `control/Observe` takes them, and from where on to ask for newer ones. */
export interface Trades {
  /** Rows of price, volume, milliseconds, side, type, id. */
  readonly rows: ReadonlyArray<Row>
  readonly last: string
}

/** What a pair looked like when it was last looked at. */
export interface PairSnapshot {
  /** Epoch milliseconds. */
  readonly at: number
  readonly observation: Observation
  /** The newest trades, those of earlier looks too: who looks seldom misses none that others have seen. */
  readonly trades: Trades
}

/** Kraken's answer to Trades. */
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

/** A sight of Kraken's answer to Depth and of trades; undefined if that is nothing an exchange could take for a market. */
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
  const sight = (rows: ReadonlyArray<Row>): PairSnapshot | undefined => {
    const observation = { ...book, trades: rows }
    return isReadable(pair, observation) ? { at, observation, trades: { rows, last: newer.last } } : undefined
  }
  const seen = sight(rows)
  if (seen !== undefined || before !== undefined) return seen
  // Where little is traded, the oldest may be from before the pair had the decimals of now. Nobody waits for those.
  const current = rows.slice(
    rows.findLastIndex((row) => !isReadable(pair, { ...book, bids: [], asks: [], trades: [row] })) + 1
  )
  return current.length === 0 ? undefined : sight(current)
}

/** What is no list stays what it is, and is not readable. */
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
