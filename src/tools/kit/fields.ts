import { Schema } from "effect"
import { listedAs, unlisted } from "./jsonSchema.ts"
import { integer } from "./numberFields.ts"

/** Makes a field optional. It is absent or has a value; `undefined` is not a value. */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** Makes a field optional, with a default that the JSON Schema shows. */
export const withDefault = <A extends I, I, R>(schema: Schema.Schema<A, I, R>, value: A) =>
  Schema.optionalWith(schema.annotations({ default: value }), { exact: true, default: () => value })

/** Makes a text field. */
export const described = (description: string) => Schema.String.annotations({ description })

/** Makes a text field that accepts a JSON number too. Not for money. */
export const text = (description: string) =>
  Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
    strict: true,
    decode: String,
    encode: (text) => text
  }).annotations({ jsonSchema: { type: "string", description } })

export const boolean = (description: string) => Schema.Boolean.annotations({ description })

/** Makes a field with one possible value. */
export const literal = <const A extends string>(value: A, description?: string) =>
  Schema.Literal(value).annotations({
    ...(description !== undefined && { description }),
    message: ({ actual }) => `expected ${JSON.stringify(value)}, got ${JSON.stringify(actual)}`
  })

/** Makes a list field. Text such as `a,b` or `["a"]` is accepted as a list. */
export const list = <A, I, R>(item: Schema.Schema<A, I, R>, description: string) =>
  Schema.Array(item).annotations({ description })

export const tooMany = (actual: unknown, most: number) =>
  `must hold at most ${most} items, got ${Array.isArray(actual) ? actual.length : "something else"}`

/** Makes a list field of 1 to `most` ids. */
export const ids = (what: string, most: number) =>
  list(Schema.String, `At most ${most} ${what}`).pipe(
    Schema.minItems(1, { message: () => "must hold at least one id" }),
    Schema.maxItems(most, { message: ({ actual }) => tooMany(actual, most) })
  )

export const OrderId = described("Kraken's order id")

export const ClientId = described("Own id: a UUID or up to 18 characters")

export const Userref = listedAs(integer("Own number for a group of orders", -2147483648, 2147483647), {
  type: "integer",
  description: "Own number for a group of orders"
})

export const AssetClass = Schema.Literal("currency", "tokenized_asset")

/** The asset class of a call whose names tell it. It is understood but not listed. */
export const NamedAssetClass = unlisted(AssetClass)

/** The unit of xStocks in an answer: shares (`rebased`, Kraken's default) or tokens (`base`). It is not listed. */
export const Rebase = unlisted(Schema.Literal("rebased", "base"))

/** The field of a write for which a person might be asked. */
export const reasoned = {
  /** A longer one is cut, and needs no words of the JSON Schema. */
  reason: optional(described("For the approver"))
}

/** The field with which a caller sends a write although an identical one was just sent. */
export const repeatable = { repeat: optional(boolean("Send again even if just sent")) }
