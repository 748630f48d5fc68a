import { Option, Schema } from "effect"

/** A field that is left out or has a value, never `undefined`. */
const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

/**
 * The facts by which a person decides on a write, read when it was asked for. Amounts are decimals, assets and pairs have
 * display names.
 */
export const Quote = Schema.Struct({
  /** The parameters that would have been sent at that time. */
  sends: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  /** The terms in which they differ from the request. */
  changes: optional(Schema.Record({ key: Schema.String, value: Schema.String })),
  /** The best prices of the pairs that are traded. */
  prices: Schema.Array(
    Schema.Struct({ pair: Schema.String, bid: optional(Schema.String), ask: optional(Schema.String) })
  ),
  /** The most that can leave the account, fees included, by asset. */
  worst: Schema.Array(Schema.Struct({ asset: Schema.String, amount: Schema.String })),
  /** The value of all of it in the currencies of the limits that it counts against. */
  values: Schema.Array(Schema.Struct({ currency: Schema.String, amount: Schema.String })),
  /** The highest fee of an order in percent, by pair. */
  feeRates: Schema.Array(Schema.Struct({ pair: Schema.String, percent: Schema.String })),
  /** The fee of a withdrawal, which is a part of its amount. */
  fee: optional(Schema.Struct({ asset: Schema.String, amount: Schema.String })),
  /** The address to which Kraken sends a withdrawal. */
  address: optional(Schema.String),
  /** The available balances of the assets that leave, before it and afterwards. */
  balances: Schema.Array(Schema.Struct({ asset: Schema.String, before: Schema.String, after: Schema.String })),
  /** The limits that it counts against, and what is left of them before it and afterwards. */
  limits: Schema.Array(
    Schema.Struct({
      layer: Schema.Literal("mandate", "server"),
      limit: Schema.String,
      unit: Schema.String,
      allowed: Schema.String,
      left: Schema.String,
      after: Schema.String
    })
  ),
  /** The facts that could not be read. */
  missing: Schema.Array(Schema.String)
})
export type Quote = typeof Quote.Type

const decode = Schema.decodeUnknownOption(Quote)

/** The quote of a recorded plan. One that cannot be read shows nothing but that. */
export const readQuote = (stored: { readonly [name: string]: unknown }): Quote =>
  Option.getOrElse(decode(stored), () => ({
    sends: {},
    prices: [],
    worst: [],
    values: [],
    feeRates: [],
    balances: [],
    limits: [],
    missing: ["the facts that were read when it was asked for"]
  }))
