import { Either } from "effect"
import * as D from "../numbers/decimal.ts"
import { fillsWithin, type Side, slippagePrice, touchOf } from "../orders/book.ts"
import { type Judging, layerOf } from "./facts.ts"
import type { Market } from "./orderMarket.ts"
import { type Judged, notAllowed, uncheckable } from "./refusal.ts"
import type { OrderFields } from "./writeFields.ts"

/** The percentage by which a market order can cross the book if no rule says another. */
const usualSlippage = D.decimal("5")

/**
 * Makes a market order a limit order that is filled at once or not at all, at the best price moved by the slippage. A
 * walked book is no bound, since it moves.
 */
export const asLimit = (
  { rules }: Judging,
  { levels, pair }: Market,
  order: OrderFields,
  reduces: boolean
): Judged<OrderFields> =>
  Either.gen(function* () {
    const check = "the price of a market order"
    if (levels === undefined) return yield* uncheckable(check, `the order book of ${pair.display} could not be read`)
    const terms = rules.own?.terms
    const allowed = [terms?.slippage, terms?.collar].flatMap((percent) => percent ?? []).map(D.decimal)
    const slippage = allowed.reduce((least, percent) => D.min(least, percent), allowed[0] ?? usualSlippage)
    const side: Side = order.type
    const other: Side = side === "buy" ? "sell" : "buy"
    // Nobody offers a price to cross: an order that only reduces passes at the only price there is.
    const touch = touchOf(levels, side) ?? (reduces ? touchOf(levels, other) : undefined)
    if (touch === undefined) return yield* uncheckable(check, `nobody offers a price for ${pair.display}`)
    const price = slippagePrice(touch, side, slippage, pair)
    const inQuote = order.oflags?.includes("viqc") === true
    const volume = inQuote ? D.divideDown(D.decimal(order.volume), price, pair.lotDecimals) : D.decimal(order.volume)
    if (inQuote && D.isZero(volume)) return yield* uncheckable("the volume of the order", "it buys less than one step")
    if (!reduces && !fillsWithin(levels, side, volume, price)) {
      const asked = `${D.format(volume)} ${pair.display} at the market, which would be filled beyond ${D.format(price)}`
      return yield* notAllowed(layerOf(rules), "slippage", asked, `${D.format(slippage)} % from ${D.format(touch)}`)
    }
    const { expiretm: _, oflags = [], timeinforce, ...rest } = order
    return {
      ...rest,
      ordertype: "limit",
      price: D.format(price),
      volume: inQuote ? D.format(volume) : order.volume,
      oflags: oflags.filter((flag) => flag !== "viqc"),
      timeinforce: timeinforce === "FOK" ? "FOK" : "IOC"
    }
  })
