import { Schema } from "effect"
import { format, parse } from "../../domain/numbers/decimal.ts"
import { optional } from "./fields.ts"
import { isoOf } from "./timeText.ts"

/** Writes a number of Kraken's as text, with all its digits and without an exponent. */
export const exactText = (given: string | number): string => {
  if (typeof given === "string") return given
  const value = parse(String(given))
  return value === undefined ? String(given) : format(value)
}

/** A number as text, with all its digits: an amount, nanoseconds. Kraken sends strings, and in a few places numbers. */
export const Amount = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
  strict: true,
  decode: exactText,
  encode: (text) => text
}).annotations({ jsonSchema: { type: "string" } })

/** A count. Kraken sends numbers, and in a few places text. */
export const Count = Schema.transform(Schema.Union(Schema.Number, Schema.NumberFromString), Schema.Number, {
  strict: true,
  decode: (count) => count,
  encode: (count) => count
}).annotations({ jsonSchema: { type: "number" } })

/** A time as ISO 8601, with all its digits. Kraken sends Unix seconds, and in a few places nanoseconds. */
export const Time = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
  strict: true,
  decode: isoOf,
  encode: (text) => text
}).annotations({ jsonSchema: { type: "string" } })

export const optionalText = optional(Schema.String)
export const optionalTexts = optional(Schema.Array(Schema.String))
export const optionalBoolean = optional(Schema.Boolean)
export const optionalNumber = optional(Schema.Number)
export const optionalAmount = optional(Amount)
export const optionalCount = optional(Count)
export const optionalTime = optional(Time)

/** Fields that a write adds to its answer if Kraken did not answer: how its result was found out. */
export const Settled = {
  settled: optional(Schema.Struct({ how: Schema.String, state: optionalText }))
}

/** Fields of a write that is not sent if an identical one was just made. The rest of the answer is then that of the first. */
export const Written = {
  placed: optional(Schema.Boolean.annotations({ description: "false: not placed again" })),
  duplicate_of: optionalTexts,
  note: optionalText,
  ...Settled
}

/** The field of an order whose size was not given as a volume. */
export const ResolvedSize = {
  resolved: optional(
    Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
      description: "The size asked for, and what it came to"
    })
  )
}

/** The field of an order that was sent with other terms than the caller's. */
export const SentAs = {
  sent_as: optional(
    Schema.Record({ key: Schema.String, value: Schema.String }).annotations({
      description: "Terms sent instead, as limits require"
    })
  )
}

/** Names of the fields that come first in an answer, so that a reader of its beginning sees that nothing was placed. */
export const leadingFields = ["placed", "duplicate_of", "note"] as const
