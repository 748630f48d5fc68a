import { Schema, type SchemaAST } from "effect"
import { list } from "./fields.ts"

/**
 * The kind of name that a field holds. `resolveNames.ts` resolves its spelling before Kraken is asked. A `symbol` is a
 * pair that Kraken takes by its display name.
 */
export type NameKind = "pair" | "asset" | "symbol"

const NameKindId = Symbol.for("mcp-kraken/tools/NameKind")

/** Returns the kind of name that a field holds. Undefined for other fields. */
export const nameKind = (ast: SchemaAST.AST): NameKind | undefined => {
  const kind = ast.annotations[NameKindId]
  return kind === "pair" || kind === "asset" || kind === "symbol" ? kind : undefined
}

export const PairName = Schema.String.annotations({
  [NameKindId]: "pair",
  description: "Any spelling, e.g. BTC/USD"
})

export const SymbolName = PairName.annotations({ [NameKindId]: "symbol" })

export const AssetName = Schema.String.annotations({
  [NameKindId]: "asset",
  description: "Any spelling, e.g. BTC"
})

const names = (kind: NameKind, description: string) =>
  list(Schema.String.annotations({ jsonSchema: { type: "string" } }), description).annotations({ [NameKindId]: kind })

export const PairNames = names("pair", 'Any spelling, e.g. ["BTC/USD"]')

export const AssetNames = names("asset", 'Any spelling, e.g. ["BTC"]')
