import * as D from "../numbers/decimal.ts"
import type { Trade } from "./values.ts"

/** The side of a bound that a value has reached. */
export type Bound = "above" | "below"

/** Limits of a value, as decimals. With both, the value leaves the range between them. */
export interface Bounds {
  readonly above?: string | undefined
  readonly below?: string | undefined
}

/** Returns the bound that a value is at or beyond. A value that is not a number reaches none. */
export const reachedBound = (value: string, { above, below }: Bounds): Bound | undefined => {
  const number = D.parse(value)
  if (number === undefined) return undefined
  const [upper, lower] = [above, below].map((text) => (text === undefined ? undefined : D.parse(text)))
  if (upper !== undefined && D.greaterThanOrEqualTo(number, upper)) return "above"
  return lower !== undefined && D.lessThanOrEqualTo(number, lower) ? "below" : undefined
}

/** Finds the fault of bounds that no value or every value would reach. */
export const boundsFault = ({ above, below }: Bounds): string | undefined => {
  if (above === undefined && below === undefined) return "above or below must be given"
  const [upper, lower] = [above, below].map((text) => (text === undefined ? undefined : D.parse(text)))
  return upper !== undefined && lower !== undefined && D.lessThanOrEqualTo(upper, lower)
    ? "must be more than below"
    : undefined
}

/**
 * Makes a function that returns the trades that the lists before did not hold, oldest first: of the first list only the
 * last one, since the others are from before. A list holds the latest 100 trades, so that of more trades at once the
 * earlier ones are left out.
 */
export const makeNewTrades = (): ((trades: ReadonlyArray<Trade>) => ReadonlyArray<Trade>) => {
  let known: ReadonlySet<string> | undefined
  return (trades) => {
    const before = known
    known = new Set(trades.map(keyOf))
    return before === undefined ? trades.slice(-1) : trades.filter((trade) => !before.has(keyOf(trade)))
  }
}

/** An old answer of Kraken has trades without an id. */
const keyOf = ({ id, price, quantity, time }: Trade): string => (id === "" ? `${time} ${price} ${quantity}` : id)
