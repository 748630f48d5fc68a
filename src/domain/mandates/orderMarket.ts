import { Either } from "effect"
import type { Directory, Pair } from "../assets/model.ts"
import { type Levels, readBook, touchOf } from "../orders/book.ts"
import { assetName } from "./conversion.ts"
import type { Judging } from "./facts.ts"
import type { Touch } from "./prices.ts"
import { type Judged, uncheckable } from "./refusal.ts"

/** The pair of an order, and what its judgement needs of it. */
export interface Market {
  readonly pair: Pair
  /** Display names. */
  readonly base: string
  readonly quote: string
  /** Undefined if it could not be read. */
  readonly levels: Levels | undefined
}

/** Finds the pair of an order by any spelling, within the class of assets that the request names. */
export const marketOf = (
  { facts }: Judging,
  spelling: string,
  assetClass: "currency" | "tokenized_asset" | undefined
): Judged<Market> => {
  const pair = facts.directory.findPair(spelling)
  if (pair === undefined) return uncheckable("the pair", "Kraken lists no such pair")
  if (pair.assetClass !== (assetClass ?? "currency"))
    return uncheckable("the pair", `${pair.display} is of another asset class`)
  // Its order book, fee and fills are known by this name.
  if (facts.directory.findPair(pair.display) !== pair)
    return uncheckable("the pair", `${pair.display} is the name of another pair as well`)
  return Either.right({
    pair,
    base: assetName(facts.directory, pair.base),
    quote: assetName(facts.directory, pair.quote),
    levels: readBook(facts.books.get(pair.display))
  })
}

/** The name that a request has to use for a pair, so that Kraken finds the one that was judged. */
export const requestName = (pair: Pair, directory: Directory): string =>
  directory.findPair(pair.altname) === pair ? pair.altname : pair.id

/** The best prices of a market. */
export const touchesOf = ({ levels }: Market): Touch => ({
  ask: levels && touchOf(levels, "buy"),
  bid: levels && touchOf(levels, "sell")
})
