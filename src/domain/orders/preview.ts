import type { Pair } from "../assets/model.ts"
import type * as D from "../numbers/decimal.ts"
import type { Levels, Side } from "./book.ts"

/**
 * The first thing that happens to an order: it is filled at once (`take`), in part with the rest in the book
 * (`take_and_rest`) or canceled (`take_part`), it waits in the book (`rest`) or for its trigger (`trigger`), or it is
 * canceled unfilled (`cancel`).
 */
export type Happening = "take" | "take_and_rest" | "take_part" | "rest" | "trigger" | "cancel"

/** An open order of the account. */
export interface OwnOrder {
  readonly txid: string
  readonly type: Side
  readonly price: D.Decimal
}

/** The facts by which an order is previewed. What could not be read is undefined. */
export interface PreviewFacts {
  readonly pair: Pair
  /** Decimals with which the two assets are booked. */
  readonly decimals: { readonly base: number; readonly quote: number }
  readonly levels: Levels
  /** The most levels that were asked for on each side. A side with fewer is whole. */
  readonly shownLevels: number
  readonly last: D.Decimal | undefined
  /** Fees in percent. */
  readonly rates: { readonly taker: D.Decimal; readonly maker: D.Decimal } | undefined
  readonly free: { readonly base: D.Decimal; readonly quote: D.Decimal } | undefined
  readonly own: ReadonlyArray<OwnOrder> | undefined
}

/** The judgement of an order before it is placed. Amounts are in quote currency unless they say otherwise. */
export interface Preview {
  readonly happens: Happening
  readonly limit: D.Decimal | undefined
  readonly trigger: D.Decimal | undefined
  /** In base currency, filled at once. */
  readonly filled: D.Decimal
  /** In base currency, left in the book or waiting. */
  readonly waiting: D.Decimal
  readonly averagePrice: D.Decimal | undefined
  /** Percent by which the average price is worse than the best one. */
  readonly slippage: string | undefined
  /** The cost of what is filled, and the value of the rest at its price. Undefined if no price is known. */
  readonly value: D.Decimal | undefined
  /** Taker fee of what is filled and maker fee of the rest; each for the whole value. */
  readonly fee: { readonly expected: D.Decimal; readonly asTaker: D.Decimal; readonly asMaker: D.Decimal } | undefined
  readonly freeAfter: { readonly base: D.Decimal; readonly quote: D.Decimal } | undefined
  readonly warnings: ReadonlyArray<string>
}
