import { Schema } from "effect"
import { isDecimal } from "../numbers/numberText.ts"
import { orderTypes } from "../orders/orders.ts"
import { askKinds, windows } from "./mandateWords.ts"

/** A field that is left out or has a value, never `undefined`. */
const optional = <A, I>(field: Schema.Schema<A, I>) => Schema.optionalWith(field, { exact: true })

/** A decimal of zero or more, as text. */
const Amount = Schema.String.pipe(Schema.filter((text) => isDecimal(text) && !text.startsWith("-")))

/** An amount of an asset, which has its display name: `USD`, `BTC`. */
export const Money = Schema.Struct({ amount: Amount, asset: Schema.NonEmptyString })
export type Money = typeof Money.Type

/** A span of time in which spending is limited. */
export const Window = Schema.Literal(...windows)
export type Window = typeof Window.Type

/** The limits of spending, all in one currency. A window without a limit has none, or `none` if that was said. */
export const SpendingLimits = Schema.Struct({
  /** The display name of the currency, such as `USD`. Absent if all limits are `none`. */
  currency: optional(Schema.NonEmptyString),
  max: Schema.partialWith(Schema.Record({ key: Window, value: Schema.Union(Amount, Schema.Literal("none")) }), {
    exact: true
  })
})
export type SpendingLimits = typeof SpendingLimits.Type

/** The acts that need the approval of a person. */
export const Ask = Schema.Struct({
  /** Orders worth more than this. */
  above: optional(Money),
  kinds: Schema.Array(Schema.Literal(...askKinds))
})
export type Ask = typeof Ask.Type

/**
 * The rights of one caller, and its limits. Percentages are decimals without the sign: `5` is 5 %. Assets and pairs have
 * display names.
 */
export const Mandate = Schema.Struct({
  /** Tools of this kind and below. `trade` adds orders, `full` adds funding, earn and subaccounts. */
  access: Schema.Literal("read", "trade", "full"),
  spending: SpendingLimits,
  /** A virtual sub-account: it spends its capital and its proceeds, and sells only what it bought or was granted. */
  capital: optional(Money),
  /** Assets that the caller owns from the beginning, by display name. */
  grants: Schema.Record({ key: Schema.String, value: Amount }),
  /** The balances of the account that no write may go below, by display name. */
  keep: Schema.Record({ key: Schema.String, value: Amount }),
  /** Pairs such as `BTC/USD`. `ETH/*` stands for all pairs of one base; a quote can stand alone as well. Absent: all. */
  pairs: optional(Schema.Array(Schema.String)),
  notPairs: Schema.Array(Schema.String),
  sides: optional(Schema.Array(Schema.Literal("buy", "sell"))),
  types: optional(Schema.Array(Schema.Literal(...orderTypes))),
  /** The percentage by which a limit may cross the book. Absent: unlimited. */
  collar: optional(Amount),
  /** The percentage by which a market order may walk the book. Absent: market orders are refused. */
  slippage: optional(Amount),
  /** The most open orders. Absent: unlimited. */
  maxOpen: optional(Schema.Int),
  /** The most writes a minute, refused ones included, cancels not. Absent: unlimited. */
  rate: optional(Schema.Int),
  /** The most calls of any tool. */
  calls: Schema.partialWith(Schema.Record({ key: Schema.Literal("min", "hour", "day"), value: Schema.Int }), {
    exact: true
  }),
  /** The highest leverage; 0 is none. */
  maxLeverage: Schema.Int,
  /** The orders that the caller may change and cancel: its own, or those of everybody. */
  cancel: Schema.Literal("own", "any"),
  /** Limits of withdrawals by Kraken's names of withdrawal addresses. No other address is allowed. Absent: all are. */
  withdraw: optional(
    Schema.Record({
      key: Schema.String,
      value: Schema.Struct({ ...Money.fields, per: Schema.Literal("hour", "day", "week", "month", "total") })
    })
  ),
  ask: Ask,
  /** The toolsets that are offered. Absent: those of the server. */
  toolsets: optional(Schema.Array(Schema.String))
})
export type Mandate = typeof Mandate.Type

/** The limits that all callers of one Kraken account share. */
export const ServerLimits = Schema.Struct({ spending: SpendingLimits, ask: Ask })
export type ServerLimits = typeof ServerLimits.Type
