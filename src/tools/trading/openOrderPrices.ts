import { Array as Arr, Effect, Option } from "effect"
import * as D from "../../domain/numbers/decimal.ts"
import { Names } from "../../services/Names.ts"
import { trimmed } from "../kit/detail.ts"
import { type ExtraReads, tryRead } from "../kit/extraReads.ts"
import type { Order } from "./orderOutput.ts"

type OrderRow = typeof Order.Type

interface Answer {
  readonly orders: ReadonlyArray<OrderRow>
  readonly note?: string
}

/**
 * Adds to open orders the last price of their pair, the distance from it to the price of the order in percent, the volume
 * that is left, and its value in quote currency. A price that cannot be read is named in a note.
 */
export const withPrices = <A extends Answer>(answer: A) =>
  Effect.gen(function* () {
    if (answer.orders.length === 0) return answer
    const prices = yield* lastPrices([...new Set(answer.orders.map(({ pair }) => pair))])
    const missing = [...new Set(answer.orders.flatMap(({ pair }) => (prices.has(pair) ? [] : [pair])))]
    return {
      ...answer,
      ...(missing.length > 0 && { note: `The last price could not be read: ${missing.join(", ")}.` }),
      orders: answer.orders.map((order) => ({ ...order, ...factsOf(order, prices.get(order.pair)) }))
    }
  })

const factsOf = (
  { limitprice, ordertype, price, price2, stopprice, vol, vol_exec }: OrderRow,
  last: string | undefined
) => {
  const [whole, filled, now] = [number(vol), number(vol_exec), number(last)]
  const remaining = whole && filled && D.subtract(whole, filled)
  const acts = number(stopprice) ?? number(price)
  const limit = number(limitprice) ?? (ordertype?.endsWith("-limit") === true ? number(price2) : number(price))
  const worth = limit ?? now
  const distance = acts && now && D.percent(D.subtract(acts, now), now)
  return {
    ...(remaining && { remaining: D.format(remaining) }),
    ...(remaining && worth && { value: D.format(D.multiply(remaining, worth)) }),
    ...(last !== undefined && { last: trimmed(last) }),
    ...(distance !== undefined && { distance_percent: distance })
  }
}

/** Reads a price or a volume. Undefined for the offset of a price, such as `+5%`, and for a sign of one. */
const number = (text: string | undefined): D.Decimal | undefined =>
  text === undefined || !/^\d/.test(text) ? undefined : D.parse(text)

/** Reads the last prices of pairs, which are named and listed by display name. Kraken takes one asset class in a request. */
const lastPrices = (pairs: ReadonlyArray<string>): Effect.Effect<ReadonlyMap<string, string>, never, ExtraReads> =>
  Effect.gen(function* () {
    const { findPair, pairDisplay } = yield* (yield* Names).directory
    const classes = Arr.partition(pairs, (pair) => findPair(pair)?.assetClass === "tokenized_asset")
    const found = yield* Effect.forEach(classes, (names, i) => {
      const pair = names.map((name) => findPair(name)?.altname ?? name).join(",")
      return names.length === 0
        ? Effect.succeed({})
        : Effect.map(
            tryRead("public/Ticker", { pair, ...(i === 1 && { asset_class: "tokenized_asset" }) }, true),
            (rows) => Option.getOrElse(rows, () => ({}))
          )
    })
    return new Map(
      found.flatMap((rows) =>
        Object.entries(rows).flatMap(([id, { c }]) => {
          const last = c?.[0]
          return last === undefined || last === null ? [] : [[pairDisplay(id), String(last)] as const]
        })
      )
    )
  })
