import { isShort } from "../../domain/numbers/numberText.ts"
import { divide, fit, max, scan } from "../base/fixed.ts"
import type { OrderType } from "../../domain/orders/orders.ts"
import { type Side, type Trail, isTrailing } from "./order.ts"
import { currentRules } from "./state.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { invalid, Refusal } from "../base/refusal.ts"

/** A parsed price: `37500`, or relative `+500`, `-1.5%`, `#10`. */
export interface PriceText {
  readonly sign: "" | "+" | "-" | "#"
  /** Price units, or millionths if a percentage. */
  readonly value: bigint
  readonly percent: boolean
}

/**
 * Reads a price and checks it against the pair's decimals and tick. A relative price can be zero, except under the first
 * rules: `+0` is the price that it counts from.
 */
export const readPrice = (text: string, pair: Pair, field: string, rules = currentRules): PriceText => {
  const match = isShort(text) ? /^([+#-]?)([\d.eE-]+?)(%?)$/.exec(text) : null
  const number = match === null ? undefined : scan(match[2]!)
  if (match === null || number === undefined) throw invalid(field)
  const sign = match[1] as PriceText["sign"]
  const percent = match[3] === "%"
  const least = rules < 2 || sign === "" ? 1n : 0n
  if (number.value < least || (percent && sign === "")) throw invalid(field)
  const value = fit(number, percent ? 4 : pair.priceDecimals)
  if (value === undefined) throw percent ? invalid(field) : new Refusal(tooManyDecimals(pair))
  if (!percent && value % pair.tick !== 0n) throw new Refusal("EOrder:Tick size check failed")
  return { sign, value, percent }
}

const tooManyDecimals = ({ id, priceDecimals }: Pair) =>
  `EOrder:Invalid price:${id} price can only be specified up to ${priceDecimals} decimals.`

/**
 * Resolves a price to whole ticks. `reference` is the last price, or for a second price the first one. `#` goes in the
 * direction of `up`.
 */
export const resolve = (price: PriceText, reference: bigint, up: boolean, pair: Pair): bigint => {
  if (price.sign === "") return price.value
  const exact = price.percent ? divide(reference * price.value, 1_000_000n, "half") : price.value
  const distance = divide(exact, pair.tick, "half") * pair.tick
  const rises = price.sign === "#" ? up : price.sign === "+"
  return max(pair.tick, rises ? reference + distance : reference - distance)
}

/** Returns the direction of `#` for the first price: towards the side on which the order would wait. */
const risesFirst = (side: Side, type: OrderType): boolean =>
  type.startsWith("stop-loss") ? side === "buy" : side === "sell"

export interface Prices {
  readonly limit: bigint | undefined
  readonly trigger: bigint | undefined
  readonly trail: Trail | undefined
}

/** Converts the second price of a trailing stop to the distance of its limit from its trigger. */
export const offsetOf = ({ percent, sign, value }: PriceText): NonNullable<Trail["limitOffset"]> => ({
  distance: sign === "-" ? -value : value,
  percent
})

/** Reads the prices of an order from its two texts. Relative prices are based on `last`. */
export const readPrices = (
  pair: Pair,
  side: Side,
  type: OrderType,
  first: string | undefined,
  second: string | undefined,
  reference: bigint,
  rules = currentRules
): Prices => {
  if (type === "market") return { limit: undefined, trigger: undefined, trail: undefined }
  if (first === undefined) throw invalid("price")
  const price = readPrice(first, pair, "price", rules)
  const limited = type.endsWith("-limit")
  if (limited && second === undefined) throw invalid("price2")
  const price2 = limited ? readPrice(second!, pair, "price2", rules) : undefined
  if (isTrailing(type)) {
    if (price.sign !== "+" || price.value === 0n) throw invalid("price")
    if (price2 !== undefined && price2.sign !== "+" && price2.sign !== "-") throw invalid("price2")
    return {
      limit: undefined,
      trigger: undefined,
      trail: { distance: price.value, percent: price.percent, limitOffset: price2 && offsetOf(price2) }
    }
  }
  const one = resolve(price, reference, risesFirst(side, type), pair)
  if (type === "limit" || type === "iceberg") return { limit: one, trigger: undefined, trail: undefined }
  const two = price2 && resolve(price2, one, side === "buy", pair)
  return { limit: two, trigger: one, trail: undefined }
}
