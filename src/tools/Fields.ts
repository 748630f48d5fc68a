import { Schema, SchemaAST } from "effect"
import { pattern } from "../domain/decimal.ts"

/** A field the caller may leave out. Exact: `undefined` is not a value anyone sends. */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** A field with a default that the model can read, and that is sent when nothing is given. */
export const withDefault = <A extends I, I, R>(schema: Schema.Schema<A, I, R>, value: A) =>
  Schema.optionalWith(schema.annotations({ default: value }), { exact: true, default: () => value })

const notDecimal = (issue: { readonly actual: unknown }) =>
  `must be a decimal number in a string, e.g. "0.5", got ${JSON.stringify(issue.actual)}`

/** Money never becomes a float: Kraken speaks decimal strings and so do we. */
export const Decimal = Schema.String.annotations({ message: notDecimal }).pipe(
  Schema.pattern(pattern, { message: notDecimal }),
  Schema.annotations({ description: 'Decimal number as a string, e.g. "0.5"' })
)

/** An amount in an answer. Kraken sends strings, and in a few places numbers; we always answer with a string. */
export const Amount = Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
  strict: true,
  decode: String,
  encode: (text) => text
}).annotations({ jsonSchema: { type: "string", description: "Decimal number" } })

/** Which kind of name a field holds; `Tool.endpoint` looks it up, in any spelling, before Kraken is asked. */
export type NameKind = "pair" | "asset"

const NameKindId = Symbol.for("mcp-kraken/tools/NameKind")

export const nameKind = (ast: SchemaAST.AST): NameKind | undefined => {
  const kind = ast.annotations[NameKindId]
  return kind === "pair" || kind === "asset" ? kind : undefined
}

export const PairName = Schema.String.annotations({
  [NameKindId]: "pair",
  description: "Pair in any spelling, e.g. BTC/USD, XBTUSD or btc-usd"
})

export const AssetName = Schema.String.annotations({
  [NameKindId]: "asset",
  description: "Asset in any spelling, e.g. BTC, XBT or XXBT"
})

/** A list. Clients that send one as text (`"a,b"` or `"[\"a\"]"`) are understood. */
export const list = <A, I, R>(item: Schema.Schema<A, I, R>, description: string) =>
  Schema.Array(item).annotations({
    description,
    [NameKindId]: nameKind(item.ast)
  })

export const PairNames = list(PairName, 'Pairs in any spelling, e.g. ["BTC/USD", "ETH/EUR"]')

export const AssetNames = list(AssetName, 'Assets in any spelling, e.g. ["BTC", "EUR"]')

export const AssetClass = Schema.Literal("currency", "tokenized_asset").annotations({
  description: "tokenized_asset for xStocks such as AAPLx"
})

export const OrderId = Schema.String.annotations({ description: "Kraken's order id, e.g. OUF4EM-FRGI2-MQMWZD" })

/** What a write adds to its answer when its outcome did not come from Kraken's first answer. */
export const Written = {
  duplicate: optional(
    Schema.Boolean.annotations({ description: "The same write was already under way: this is its answer, sent once" })
  ),
  settled: optional(
    Schema.Struct({ how: Schema.String, state: optional(Schema.String) }).annotations({
      description: "No answer came; looking showed that it happened, and its state then"
    })
  )
}
