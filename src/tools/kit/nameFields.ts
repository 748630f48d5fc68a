import { Schema, type SchemaAST } from "effect"
import { list } from "./fields.ts"

/**
 * The kind of name that a field holds. `resolveNames.ts` resolves its spelling before Kraken is asked. A `symbol` is a
 * pair that Kraken takes by its display name. A `pastAsset` selects entries of the account's history, which has assets
 * that Kraken lists no more.
 */
export type NameKind = "pair" | "asset" | "symbol" | "pastAsset"

const kinds: ReadonlySet<unknown> = new Set<NameKind>(["pair", "asset", "symbol", "pastAsset"])

const NameKindId = Symbol.for("mcp-kraken/tools/NameKind")

/** Returns the kind of name that a field holds. Undefined for other fields. */
export const nameKind = (ast: SchemaAST.AST): NameKind | undefined => {
  const kind = ast.annotations[NameKindId]
  return isKind(kind) ? kind : undefined
}

const isKind = (value: unknown): value is NameKind => kinds.has(value)

export const PairName = Schema.String.annotations({
  [NameKindId]: "pair",
  description: "e.g. BTC/USD"
})

export const SymbolName = PairName.annotations({ [NameKindId]: "symbol" })

export const AssetName = Schema.String.annotations({
  [NameKindId]: "asset",
  description: "e.g. BTC"
})

export const PastAssetName = AssetName.annotations({ [NameKindId]: "pastAsset" })

const names = (kind: NameKind, description: string) =>
  list(Schema.String.annotations({ jsonSchema: { type: "string" } }), description).annotations({ [NameKindId]: kind })

export const PairNames = names("pair", 'Pairs, e.g. ["BTC/USD"]')

export const AssetNames = names("asset", 'Assets, e.g. ["BTC"]')

export const PastAssetNames = AssetNames.annotations({ [NameKindId]: "pastAsset" })
