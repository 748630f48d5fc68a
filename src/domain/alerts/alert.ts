import { Duration, Schema } from "effect"

/** Bounds of a value, as decimals. One of them is given at least. */
const bounds = {
  above: Schema.optionalWith(Schema.String, { exact: true }),
  below: Schema.optionalWith(Schema.String, { exact: true })
}

/**
 * The event of which an alert tells. A pair and an asset have their display names. A fill is that of an order, or of any
 * order of the account.
 */
export const AlertCondition = Schema.Union(
  Schema.TaggedStruct("Price", { pair: Schema.String, ...bounds }),
  Schema.TaggedStruct("Fill", { order: Schema.optionalWith(Schema.String, { exact: true }) }),
  Schema.TaggedStruct("Balance", { asset: Schema.String, ...bounds })
)
export type AlertCondition = typeof AlertCondition.Type

/** The event that an alert was waiting for. */
export const Firing = Schema.Struct({
  /** The price or balance that reached the bound. */
  value: Schema.optionalWith(Schema.String, { exact: true }),
  bound: Schema.optionalWith(Schema.Literal("above", "below"), { exact: true }),
  /** The order that was filled, and the time of the fill in Unix milliseconds. */
  order: Schema.optionalWith(Schema.String, { exact: true }),
  filledAt: Schema.optionalWith(Schema.Number, { exact: true }),
  /**
   * The time, in Unix milliseconds, until which the value was watched before. It is present if nothing was watched after it
   * for more than a minute, so that the event might have happened at any time since.
   */
  unwatchedSince: Schema.optionalWith(Schema.Number, { exact: true })
})
export type Firing = typeof Firing.Type

/** Limits of alerts. They are small, since each alert costs subscriptions or requests. */
export const alertLimits = {
  /** Alerts of one caller that wait. */
  perCaller: 20,
  /** Alerts of all callers of a Kraken account that wait. */
  inAll: 200,
  /** Fired and expired alerts of one caller that stay listed. */
  ended: 20,
  /** The longest time that an alert waits, in days. */
  days: 30,
  /** The time for which a fired or expired alert stays listed, in milliseconds. */
  listedFor: Duration.toMillis("7 days")
} as const

/** The time without a look after which an event counts as missed, in milliseconds. */
export const unwatchedAfter = Duration.toMillis("1 minute")
