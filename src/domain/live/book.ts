import { Predicate } from "effect"
import { isDecimal } from "../numbers/numberText.ts"
import { checksumOf } from "./checksum.ts"
import { type Row, wholeNumber } from "./messages.ts"
import type { Book, Level } from "./values.ts"

/** A reason for which a book has to be subscribed again: it differs from Kraken's, or a message could not be read. */
export type BookFault = "checksum" | "unreadable"

const empty: Book = { bids: [], asks: [] }

/**
 * Applies a message to a book, and checks Kraken's checksum. An update before the snapshot is left out. Levels beyond
 * `depth` are cut off, since Kraken does not say when they go.
 *
 * The checksum covers ten levels of each side. A difference below them shows when it comes among the ten.
 *
 * @see https://docs.kraken.com/exchange/guides/websockets/book-checksum-v2 read 2026-11-29
 */
export const applyToBook = (
  book: Book | undefined,
  isSnapshot: boolean,
  row: Row,
  depth: number
): Book | undefined | BookFault => {
  const before = isSnapshot ? empty : book
  if (before === undefined) return undefined
  const bids = changesOf(row["bids"])
  const asks = changesOf(row["asks"])
  const checksum = wholeNumber(row["checksum"])
  if (bids === undefined || asks === undefined || checksum === undefined) return "unreadable"
  const after = {
    bids: applyChanges(before.bids, bids, (a, b) => comparePrices(b, a), depth),
    asks: applyChanges(before.asks, asks, comparePrices, depth)
  }
  return checksumOf(after) === checksum ? after : "checksum"
}

/** Reads changed levels. Undefined if one is not of the form that is known here. No list means no change. */
const changesOf = (side: unknown): ReadonlyArray<Level> | undefined => {
  if (side === undefined) return []
  if (!Array.isArray(side)) return undefined
  const levels: Array<Level> = []
  for (const level of side) {
    const { price, qty } = Predicate.isRecord(level) ? level : {}
    const quantity = typeof qty === "string" ? withoutExponent(qty) : undefined
    if (!isAmount(price) || !isAmount(quantity)) return undefined
    levels.push({ price, quantity })
  }
  return levels
}

const isAmount = (value: unknown): value is string =>
  typeof value === "string" && isDecimal(value) && !value.startsWith("-")

/** Writes a zero such as `0e-8` without its exponent. */
const withoutExponent = (text: string): string => (/^0(\.0*)?e[+-]?\d+$/i.test(text) ? "0" : text)

const applyChanges = (
  side: ReadonlyArray<Level>,
  changes: ReadonlyArray<Level>,
  compare: (a: string, b: string) => number,
  depth: number
): ReadonlyArray<Level> => {
  if (changes.length === 0) return side
  const levels = [...side]
  for (const level of changes) {
    let [from, to] = [0, levels.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      if (compare(levels[middle]?.price ?? "", level.price) < 0) from = middle + 1
      else to = middle
    }
    const isKnown = from < levels.length && compare(levels[from]?.price ?? "", level.price) === 0
    const isGone = /^0*\.?0*$/.test(level.quantity)
    levels.splice(from, isKnown ? 1 : 0, ...(isGone ? [] : [level]))
  }
  return levels.length > depth ? levels.slice(0, depth) : levels
}

/** Compares prices without a sign and without an exponent. `1.5` and `1.50` are equal. */
export const comparePrices = (left: string, right: string): number => {
  const [a, aDecimals] = partsOf(left)
  const [b, bDecimals] = partsOf(right)
  if (a.length !== b.length) return a.length - b.length
  if (a !== b) return a < b ? -1 : 1
  const places = Math.max(aDecimals.length, bDecimals.length)
  const [c, d] = [aDecimals.padEnd(places, "0"), bDecimals.padEnd(places, "0")]
  return c === d ? 0 : c < d ? -1 : 1
}

const partsOf = (price: string): readonly [string, string] => {
  const [whole = "", decimals = ""] = price.split(".")
  return [whole.replace(/^0+/, ""), decimals]
}
