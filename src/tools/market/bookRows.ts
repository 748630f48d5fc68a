import { Array as Arr, Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { exactText, optionalText } from "../kit/answerFields.ts"
import { type Levels, totalOf, walkAmount, walkVolume } from "../../domain/orders/book.ts"
import * as Detail from "../kit/detail.ts"
import { optional } from "../kit/fields.ts"

type Book = Result<"public/Depth">["rows"]

interface Level {
  readonly price: string
  readonly volume: string
  readonly time?: string | number
}

/** The most rows of a side in a short answer. More would be too long for a model. */
const mostRows = 50

/** The rows of a long side that hold one level each. */
const single = 25

const form = { amounts: ["price", "volume", "total"], times: ["time"] }

const levelsOf = (side: Book["asks"]): ReadonlyArray<Level> =>
  side.map(([price, volume, time]) => ({ price: exactText(price), volume: exactText(volume), time }))

/**
 * Makes the tables of both sides. `total` is the volume up to and including a row. In a short answer with more than 50
 * levels a side, each row after the first 25 sums several levels, at the worst price of these.
 */
export const bookTables = ({ asks, bids }: Book, count: number, input: Detail.Wanted) => {
  const sides = [asks, bids].map((side) => {
    const levels = levelsOf(side).slice(0, count)
    return withTotals(Detail.isFull(input) ? levels : merged(levels))
  })
  const names = ["price", "volume", "total", ...(Detail.isFull(input) ? ["time"] : [])]
  const tables = sides.map((side) => Detail.table(side, names, form, input))
  return { columns: names, asks: tables[0]?.rows ?? [], bids: tables[1]?.rows ?? [] }
}

/** Sums the levels after the first ones, so that no more than `mostRows` rows are left. */
const merged = (levels: ReadonlyArray<Level>): ReadonlyArray<Level> => {
  if (levels.length <= mostRows) return levels
  const later = levels.slice(single)
  const size = Math.ceil(later.length / (mostRows - single))
  const groups = Array.from({ length: Math.ceil(later.length / size) }, (_, i) => later.slice(i * size, (i + 1) * size))
  const rows = groups.map((group) => ({ price: group.at(-1)?.price ?? "", volume: D.format(volumeOf(group)) }))
  return [...levels.slice(0, single), ...rows]
}

const volumeOf = (levels: ReadonlyArray<Level>): D.Decimal =>
  levels.reduce((sum, { volume }) => D.sum(sum, D.parse(volume) ?? D.zero), D.zero)

const withTotals = (levels: ReadonlyArray<Level>) => {
  let total = D.zero
  return levels.map((level) => {
    total = D.sum(total, volumeOf([level]))
    return { ...level, total: D.format(total) }
  })
}

/** The size of an order, in base currency or, as a cost, in quote currency. */
interface Size {
  readonly volume?: string
  readonly cost?: string
}

/** The price of a market order of a size. */
const Price = Schema.Struct({
  average: optionalText,
  worst: optionalText,
  volume: Schema.String,
  cost: Schema.String,
  missing: optionalText
})

/** Prices of a size for both sides. `missing` is the part of the size that the book does not offer. */
export const Prices = optional(Schema.Struct({ buy: Price, sell: Price }))

/** Decimals of an average price. */
const averagePlaces = 8

/**
 * Computes the average price at which a market order of the size would trade now, before fees. It is rounded to the
 * worse side for the order. Undefined if the call has no size.
 */
export const pricesOf = ({ asks, bids }: Book, size: Size) =>
  size.volume === undefined && size.cost === undefined
    ? undefined
    : fillBoth({ asks: offersOf(asks), bids: offersOf(bids) }, size)

const fillBoth = (levels: Levels, size: Size) => ({
  buy: fill(levels, size, "buy"),
  sell: fill(levels, size, "sell")
})

/** Reads the levels of a side, up to one that is not offered. */
const offersOf = (side: Book["asks"]): Levels["asks"] =>
  Arr.takeWhile(
    levelsOf(side).map(({ price, volume }) => ({ price: D.parse(price) ?? D.zero, volume: D.parse(volume) ?? D.zero })),
    ({ price, volume }) => D.isPositive(price) && D.isPositive(volume)
  )

const fill = (levels: Levels, size: Size, side: "buy" | "sell"): typeof Price.Type => {
  const wanted = D.decimal(size.volume ?? size.cost ?? "0")
  const isVolume = size.volume !== undefined
  const { fills, isComplete } = isVolume
    ? walkVolume(levels, side, wanted)
    : walkAmount(levels, side, wanted, volumePlaces)
  const { cost, volume } = totalOf(fills)
  const worst = fills.at(-1)?.price
  return {
    ...(worst !== undefined && { average: D.format(averageOf(cost, volume, side)), worst: D.format(worst) }),
    volume: D.format(volume),
    cost: D.format(cost),
    ...(!isComplete && { missing: D.format(D.subtract(wanted, isVolume ? volume : cost)) })
  }
}

/** Decimals of a volume. No pair has more. */
const volumePlaces = 10

const averageOf = (cost: D.Decimal, volume: D.Decimal, side: "buy" | "sell"): D.Decimal =>
  side === "buy" ? D.divideUp(cost, volume, averagePlaces) : roundedDown(cost, volume, averagePlaces)

const roundedDown = (value: D.Decimal, by: D.Decimal, places: number): D.Decimal =>
  D.negate(D.divideUp(D.negate(value), by, places))
