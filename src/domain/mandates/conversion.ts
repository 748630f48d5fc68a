import { Either } from "effect"
import type { Directory, Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { rateOf } from "./amounts.ts"
import { type Book, costOf, readBook, volumeFor } from "../orders/book.ts"
import { type Judged, uncheckable } from "./refusal.ts"

/** Assets through which others are converted that have no pair with each other, in order of preference. */
const hubs = ["USD", "EUR", "BTC", "USDT", "USDC"]

/** A pair through which an asset is converted: by buying its base, or its quote. */
export interface Step {
  readonly pair: Pair
  readonly buys: "base" | "quote"
}

/** The display name of an asset, without the suffix of a balance. */
export const assetName = (directory: Directory, spelling: string): string =>
  directory.findAsset(spelling)?.asset.display ?? spelling

/**
 * Finds the pairs through which an asset is converted into another one: none if they are the same, one that has both,
 * else two with a hub between them. Only pairs that trade normally give prices. Undefined if there is no way.
 */
export const routeOf = (from: string, to: string, directory: Directory): ReadonlyArray<Step> | undefined => {
  if (from === to) return []
  const single = stepOf(from, to, directory)
  if (single !== undefined) return [single]
  for (const hub of hubs) {
    if (hub === from || hub === to) continue
    const [first, second] = [stepOf(from, hub, directory), stepOf(hub, to, directory)]
    if (first !== undefined && second !== undefined) return [first, second]
  }
  return undefined
}

const stepOf = (from: string, to: string, directory: Directory): Step | undefined => {
  const [direct, inverse] = [pairOf(from, to, directory), pairOf(to, from, directory)]
  if (direct !== undefined) return { pair: direct, buys: "base" }
  return inverse === undefined ? undefined : { pair: inverse, buys: "quote" }
}

const pairOf = (base: string, quote: string, directory: Directory): Pair | undefined => {
  const pair = directory.findPair(`${base}/${quote}`)
  const fits =
    pair !== undefined &&
    pair.status === "online" &&
    assetName(directory, pair.base) === base &&
    assetName(directory, pair.quote) === quote
  return fits ? pair : undefined
}

/** Order books by the display names of their pairs. */
export type Books = ReadonlyMap<string, Book>

/**
 * Computes the value of an amount: that which replacing it would cost at the prices of the books, walking their depth.
 * Stablecoins are converted like any other asset.
 */
export const valueOf = (
  from: string,
  to: string,
  amount: D.Decimal,
  directory: Directory,
  books: Books
): Judged<D.Decimal> => {
  const check = `the value of ${from} in ${to}`
  const route = routeOf(from, to, directory)
  if (route === undefined) return uncheckable(check, "Kraken has no pairs to convert it through")
  let value = amount
  for (const { buys, pair } of route) {
    const book = readBook(books.get(pair.display))
    if (book === undefined) return uncheckable(check, `the order book of ${pair.display} could not be read`)
    if (book.asks.length === 0 || book.bids.length === 0)
      return uncheckable(check, `the order book of ${pair.display} has one side only`)
    const cost = buys === "base" ? costOf(book, value) : volumeFor(book, value)
    if (cost === undefined) return uncheckable(check, `the order book of ${pair.display} is too thin for the amount`)
    value = cost
  }
  return Either.right(value)
}

/** Computes the value of one unit of an amount above zero, rounded up. */
export const unitValue = (
  from: string,
  to: string,
  amount: D.Decimal,
  directory: Directory,
  books: Books
): Judged<D.Decimal> =>
  from === to
    ? Either.right(one)
    : Either.flatMap(valueOf(from, to, amount, directory, books), (value) => {
        const rate = rateOf(value, amount)
        return rate === undefined ? uncheckable(`the value of ${from} in ${to}`, "it is too high") : Either.right(rate)
      })

const one = D.decimal("1")
