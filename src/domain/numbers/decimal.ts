import { BigDecimal, Option } from "effect"
import { isShort } from "./numberText.ts"

/**
 * An exact decimal number. Kraken sends decimals as strings and this program keeps them exact: a float never holds
 * money.
 *
 * Effect's `BigDecimal` does the arithmetic (sums, differences and products are exact). It prints numbers of many
 * decimals with an exponent, which Kraken refuses; `format` and `toFixed` never print one.
 */
export type Decimal = BigDecimal.BigDecimal

export {
  abs,
  equals,
  greaterThan,
  greaterThanOrEqualTo,
  isNegative,
  isPositive,
  isZero,
  lessThan,
  lessThanOrEqualTo,
  make,
  max,
  min,
  multiply,
  negate,
  Order as order,
  subtract,
  sum
} from "effect/BigDecimal"

export const zero: Decimal = BigDecimal.make(0n, 0)

/**
 * Reads text such as `"0.10"` or Kraken's rare `1e-8`. Undefined if the text is not a number, is longer than a number is
 * allowed to be, or has an exponent of three digits, since `format` would write out all its zeros.
 */
export const parse = (text: string): Decimal | undefined =>
  isShort(text) && number.test(text) ? Option.getOrUndefined(BigDecimal.fromString(text)) : undefined

/** The accepted forms of a number. Empty text is accepted and reads as zero. */
const number = /^([+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?)?$/i

/** Reads text that is known to be a decimal, such as a constant; throws otherwise. */
export const decimal = (text: string): Decimal => {
  const value = parse(text)
  if (value === undefined) throw new RangeError("expected a decimal number")
  return value
}

/** Formats as plain digits without trailing zeros: `"0.1"`, `"61234.6"`, `"100"`. */
export const format = (value: Decimal): string => {
  const { scale, value: digits } = BigDecimal.normalize(value)
  return print(digits, scale)
}

/**
 * Formats as plain digits with exactly `places` decimals, as Kraken prints amounts. Surplus digits are rounded by
 * `mode`.
 */
export const toFixed = (value: Decimal, places: number, mode: BigDecimal.RoundingMode = "half-from-zero"): string => {
  const { scale, value: digits } = BigDecimal.scale(BigDecimal.round(value, { scale: places, mode }), places)
  return print(digits, scale)
}

/** Rounds to `places` decimals by `mode`. */
const round = (value: Decimal, places: number, mode: BigDecimal.RoundingMode): Decimal =>
  BigDecimal.round(value, { scale: places, mode })

/** Counts the decimals that the number needs: 1 for `1.50`. */
export const places = (value: Decimal): number => Math.max(0, BigDecimal.normalize(value).scale)

/** Checks that `value` is a whole number of `step`s. */
export const isMultipleOf = (value: Decimal, step: Decimal): boolean =>
  BigDecimal.isZero(BigDecimal.unsafeRemainder(value, step))

/** Finds the multiple of `step` nearest to `value`. Halves are rounded away from zero. */
export const nearestMultiple = (value: Decimal, step: Decimal): Decimal =>
  BigDecimal.multiply(round(BigDecimal.unsafeDivide(value, step), 0, "half-from-zero"), step)

/** Adds a percentage to a number, or subtracts it. */
export const addPercent = (value: Decimal, percent: Decimal, sign: 1 | -1 = 1): Decimal => {
  const part = BigDecimal.multiply(percent, BigDecimal.make(1n, 2))
  return BigDecimal.multiply(
    value,
    sign === 1 ? BigDecimal.sum(BigDecimal.make(1n, 0), part) : BigDecimal.subtract(BigDecimal.make(1n, 0), part)
  )
}

/** Finds the largest multiple of `step` that is at most `value`. */
export const multipleBelow = (value: Decimal, step: Decimal): Decimal => {
  const nearest = nearestMultiple(value, step)
  return BigDecimal.greaterThan(nearest, value) ? BigDecimal.subtract(nearest, step) : nearest
}

/** Finds the smallest multiple of `step` that is at least `value`. */
export const multipleAbove = (value: Decimal, step: Decimal): Decimal => {
  const nearest = nearestMultiple(value, step)
  return BigDecimal.lessThan(nearest, value) ? BigDecimal.sum(nearest, step) : nearest
}

/** Computes `part` as a percentage of `whole` with two decimals: `"-0.83"`. Undefined if `whole` is zero. */
export const percent = (part: Decimal, whole: Decimal): string | undefined =>
  BigDecimal.isZero(whole)
    ? undefined
    : toFixed(BigDecimal.unsafeDivide(BigDecimal.multiply(part, BigDecimal.make(100n, 0)), whole), 2)

/** Rounds up to `places` decimals. */
export const roundUp = (value: Decimal, places: number): Decimal => round(value, places, "ceil")

/** Rounds down to `places` decimals. */
export const roundDown = (value: Decimal, places: number): Decimal => round(value, places, "floor")

/** Divides `value` by `by`, rounded up to `places` decimals. */
export const divideUp = (value: Decimal, by: Decimal, places: number): Decimal =>
  round(BigDecimal.unsafeDivide(value, by), places, "ceil")

/** Rounds to `places` decimals. Halves are rounded away from zero. */
export const roundHalf = (value: Decimal, places: number): Decimal => round(value, places, "half-from-zero")

/** Rounds towards zero to `places` decimals. */
export const truncate = (value: Decimal, places: number): Decimal => round(value, places, "to-zero")

/** Divides `value` by `by`, rounded to `places` decimals. Halves are rounded away from zero. */
export const divideHalf = (value: Decimal, by: Decimal, places: number): Decimal =>
  roundHalf(BigDecimal.unsafeDivide(value, by), places)

/** Divides `value` by `by`, rounded towards zero to `places` decimals. */
export const divideDown = (value: Decimal, by: Decimal, places: number): Decimal =>
  truncate(BigDecimal.unsafeDivide(value, by), places)

/** Adds up numbers. */
export const total = (values: Iterable<Decimal>): Decimal => BigDecimal.sumAll(values)

/** Computes the least common multiple of two numbers, neither of which is zero. */
export const commonMultiple = (left: Decimal, right: Decimal): Decimal => {
  const scale = Math.max(left.scale, right.scale)
  const [a, b] = [BigDecimal.scale(left, scale).value, BigDecimal.scale(right, scale).value]
  return BigDecimal.make((a * b) / greatestDivisor(a, b), scale)
}

const greatestDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : greatestDivisor(b, a % b))

const print = (digits: bigint, scale: number): string => {
  const sign = digits < 0n ? "-" : ""
  const text = digits.toString().slice(sign.length)
  if (scale <= 0) return sign + text + "0".repeat(-scale)
  const padded = text.padStart(scale + 1, "0")
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
