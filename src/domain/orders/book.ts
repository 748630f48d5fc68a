import type { Pair } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"
import { isShort } from "../numbers/numberText.ts"
import { priceStep } from "./pairSteps.ts"

/** One side of an order book, best price first. Both numbers are decimals as Kraken prints them. */
export type BookSide = ReadonlyArray<readonly [price: string, volume: string]>

/** The order book of a pair. */
export interface Book {
  readonly asks: BookSide
  readonly bids: BookSide
}

export interface Level {
  readonly price: D.Decimal
  readonly volume: D.Decimal
}

/** An order book in numbers, with at least the levels that a write can reach. */
export interface Levels {
  readonly asks: ReadonlyArray<Level>
  readonly bids: ReadonlyArray<Level>
}

export type Side = "buy" | "sell"

/**
 * Reads an order book. Undefined if it is no proof of any price: a number in it is none, its levels are not in order,
 * or its best bid is not below its best ask.
 */
export const readBook = (book: Book | undefined): Levels | undefined => {
  if (book === undefined) return undefined
  const known = read.get(book)
  if (known !== undefined) return known.levels
  const levels = levelsOfBook(book)
  read.set(book, { levels })
  return levels
}

/** Books that were read. One book serves all writes of some seconds. */
const read = new WeakMap<Book, { readonly levels: Levels | undefined }>()

const levelsOfBook = (book: Book): Levels | undefined => {
  const [asks, bids] = [levelsOf(book.asks), levelsOf(book.bids)]
  if (asks === undefined || bids === undefined) return undefined
  const inOrder =
    asks.every(({ price }, i) => i === 0 || D.greaterThan(price, asks[i - 1]?.price ?? price)) &&
    bids.every(({ price }, i) => i === 0 || D.lessThan(price, bids[i - 1]?.price ?? price))
  const [ask, bid] = [asks[0]?.price, bids[0]?.price]
  const crosses = ask !== undefined && bid !== undefined && D.greaterThanOrEqualTo(bid, ask)
  return inOrder && !crosses ? { asks, bids } : undefined
}

const levelsOf = (side: BookSide): ReadonlyArray<Level> | undefined => {
  const levels = side.map(([price, volume]) => ({ price: numberOf(price), volume: numberOf(volume) }))
  const found = levels.flatMap(({ price, volume }) =>
    price !== undefined && volume !== undefined && D.isPositive(price) && !D.isNegative(volume)
      ? [{ price, volume }]
      : []
  )
  return found.length === levels.length ? found.filter(({ volume }) => D.isPositive(volume)) : undefined
}

const numberOf = (text: string): D.Decimal | undefined => (text === "" || !isShort(text) ? undefined : D.parse(text))

/** The best price that an order of a side meets. Undefined if nobody offers one. */
export const touchOf = ({ asks, bids }: Levels, side: Side): D.Decimal | undefined =>
  (side === "buy" ? asks : bids)[0]?.price

/** The levels that fill an order, with the volume that each fills of it. */
export interface Walk {
  readonly fills: ReadonlyArray<Level>
  /** False if an acceptable level is missing for the rest. */
  readonly isComplete: boolean
}

/** Walks the levels that an order of a side meets, best first, for a volume of the base. */
export const walkVolume = (levels: Levels, side: Side, volume: D.Decimal, limit?: D.Decimal): Walk => {
  let rest = volume
  return walk(levels, side, limit, {
    wanted: () => rest,
    take: (level) => {
      rest = D.subtract(rest, level.volume)
    }
  })
}

/** The same for an amount of the quote, for which each level gives whole steps of the volume. */
export const walkAmount = (
  levels: Levels,
  side: Side,
  amount: D.Decimal,
  lotDecimals: number,
  limit?: D.Decimal
): Walk => {
  let rest = amount
  return walk(levels, side, limit, {
    wanted: (price) => D.divideDown(rest, price, lotDecimals),
    take: (level) => {
      rest = D.subtract(rest, D.multiply(level.price, level.volume))
    }
  })
}

const walk = (
  { asks, bids }: Levels,
  side: Side,
  limit: D.Decimal | undefined,
  order: { readonly wanted: (price: D.Decimal) => D.Decimal; readonly take: (level: Level) => void }
): Walk => {
  const passes = side === "buy" ? D.lessThanOrEqualTo : D.greaterThanOrEqualTo
  const fills: Array<Level> = []
  for (const { price, volume } of side === "buy" ? asks : bids) {
    const wanted = order.wanted(price)
    if (!D.isPositive(wanted)) return { fills, isComplete: true }
    if (limit !== undefined && !passes(price, limit)) return { fills, isComplete: false }
    const filled = { price, volume: D.min(wanted, volume) }
    fills.push(filled)
    order.take(filled)
    if (D.lessThanOrEqualTo(wanted, volume)) return { fills, isComplete: true }
  }
  return { fills, isComplete: false }
}

/** Adds up the volumes and the unrounded costs of fills. */
export const totalOf = (fills: ReadonlyArray<Level>): { readonly volume: D.Decimal; readonly cost: D.Decimal } => ({
  volume: D.total(fills.map(({ volume }) => volume)),
  cost: D.total(fills.map(({ price, volume }) => D.multiply(price, volume)))
})

/** Checks that a book would fill a volume at a limit price or better. */
export const fillsWithin = (levels: Levels, side: Side, volume: D.Decimal, limit: D.Decimal): boolean =>
  walkVolume(levels, side, volume, limit).isComplete

/** Moves a price by a percentage to the side that is worse for an order. */
export const worsened = (price: D.Decimal, side: Side, percent: D.Decimal): D.Decimal =>
  D.addPercent(price, percent, side === "buy" ? 1 : -1)

/**
 * The limit price of an order that can cross the book by a percentage: the best price moved by it, rounded to the tick so
 * that it is never exceeded. If less than a tick is allowed, it is the best price itself.
 */
export const slippagePrice = (touch: D.Decimal, side: Side, percent: D.Decimal, pair: Pair): D.Decimal => {
  const step = priceStep(pair)
  const worst = worsened(touch, side, percent)
  return side === "buy"
    ? D.max(touch, D.multipleBelow(worst, step))
    : D.max(step, D.min(touch, D.multipleAbove(worst, step)))
}

/** The cost of buying a volume from a book's asks, best first. Undefined if they do not offer so much. */
export const costOf = (levels: Levels, volume: D.Decimal): D.Decimal | undefined => {
  const { fills, isComplete } = walkVolume(levels, "buy", volume)
  return isComplete ? totalOf(fills).cost : undefined
}

/** Decimals of a volume that has to be sold for an amount. */
const volumePlaces = 20

/** The volume that has to be sold to a book's bids for an amount of the quote. Undefined if they do not pay so much. */
export const volumeFor = ({ bids }: Levels, amount: D.Decimal): D.Decimal | undefined => {
  let [rest, volume] = [amount, D.zero]
  for (const level of bids) {
    const paid = D.multiply(level.volume, level.price)
    if (D.greaterThanOrEqualTo(paid, rest)) return D.sum(volume, D.divideUp(rest, level.price, volumePlaces))
    volume = D.sum(volume, level.volume)
    rest = D.subtract(rest, paid)
  }
  return undefined
}
