import { Schema } from "effect"
import { isShort, pattern, tooLong } from "../../domain/numbers/numberText.ts"
import { decimal } from "./jsonSchema.ts"

/** Refuses text that is longer than any number, before anything else reads it. Leaves no trace in the JSON Schema. */
export const ifShort = (text: string) => isShort(text) || tooLong(text)

/** Makes a field for a number or a time that rules with their own messages read later. */
export const numberText = (description: string) =>
  Schema.String.pipe(Schema.filter(ifShort, { jsonSchema: decimal }), Schema.annotations({ description }))

const notDecimal = (issue: { readonly actual: unknown }) =>
  `must be a decimal number in a string, e.g. "0.5", got ${JSON.stringify(issue.actual)}`

/** An exact decimal number as text. Money never becomes a float. */
export const Decimal = Schema.String.annotations({ message: notDecimal }).pipe(
  Schema.filter(ifShort, { jsonSchema: decimal }),
  Schema.filter((text) => pattern.test(text), { jsonSchema: {}, message: notDecimal }),
  Schema.annotations({ description: 'e.g. "0.5"' })
)

const notSize = (issue: { readonly actual: unknown }) =>
  `must be a decimal number in a string, e.g. "0.5", or a part of what is free, "50%" or "all", got ${JSON.stringify(issue.actual)}`

/** An exact decimal number as text, a percentage, or `all`. */
export const AmountOrShare = Schema.String.annotations({ message: notSize }).pipe(
  Schema.filter(ifShort, { jsonSchema: decimal }),
  Schema.pattern(/^(-?\d+(\.\d+)?%?|all)$/, { message: notSize, jsonSchema: {} })
)

/** A decimal above zero. */
export const Positive = Decimal.pipe(
  Schema.filter((amount) => /[1-9]/.test(amount) && !amount.startsWith("-"), {
    jsonSchema: {},
    message: ({ actual }) => `must be above 0, got ${JSON.stringify(actual)}`
  })
)

/** Makes a field for a whole number within two limits. */
export const integer = (description: string, minimum: number, maximum: number) => {
  const message = ({ actual }: { readonly actual: unknown }) =>
    `must be a whole number from ${minimum} to ${maximum}, got ${JSON.stringify(actual)}`
  return Schema.Int.annotations({ message }).pipe(
    Schema.between(minimum, maximum, { message }),
    Schema.annotations({ description })
  )
}
