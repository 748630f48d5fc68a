import { Effect, Schema, SchemaAST } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { Names } from "../../services/Names.ts"
import { nameKind } from "./nameFields.ts"

/**
 * Makes the step that replaces the pairs and assets of an input, in any spelling, by Kraken's names. It also sets the
 * asset class if all of them are tokenised assets.
 */
export const makeResolveNames = (fields: Schema.Struct.Fields) => {
  const kinds = SchemaAST.getPropertySignatures(SchemaAST.encodedAST(Schema.Struct(fields).ast)).flatMap((field) => {
    const kind = nameKind(field.type)
    return kind === undefined ? [] : [[String(field.name), kind] as const]
  })
  const classField = ["asset_class", "aclass", "aclass_base"].find((field) => field in fields)
  return Effect.fnUntraced(function* (input: Params) {
    const changed: Record<string, unknown> = { ...input }
    if (kinds.length === 0) return changed
    const names = yield* Names
    const resolve = {
      asset: names.asset,
      pair: names.pair,
      symbol: (name: string) =>
        Effect.zipWith(names.pair(name), names.directory, (pair, { pairDisplay }) => pairDisplay(pair))
    }
    for (const [field, kind] of kinds) {
      const value = input[field]
      if (typeof value === "string") changed[field] = yield* resolve[kind](value)
      if (Array.isArray(value)) changed[field] = yield* Effect.forEach(value, (item) => resolve[kind](String(item)))
    }
    if (classField !== undefined && input[classField] === undefined) {
      const { findAsset, findPair } = yield* names.directory
      const pairClass = (name: string) => findPair(name)?.assetClass
      const classOf = {
        asset: (name: string) => findAsset(name)?.asset.assetClass,
        pair: pairClass,
        symbol: pairClass
      }
      const classes = kinds.flatMap(([field, kind]) => texts(input[field]).map(classOf[kind]))
      if (classes.length > 0 && classes.every((assetClass) => assetClass === "tokenized_asset"))
        changed[classField] = "tokenized_asset"
    }
    return changed
  })
}

const texts = (value: unknown): Array<string> => (value === undefined ? [] : [value].flat().map(String))

/** The lookups of display names with which answers are shaped. */
export const displayNames = Effect.gen(function* () {
  const names = yield* Names
  const { assetDisplay, pairDisplay } = yield* names.directory
  return { pair: pairDisplay, asset: assetDisplay }
})

/** Marks the cached lists as outdated if Kraken refuses a name that they contain. */
export const refreshUnknownNames = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapError(effect, (error) =>
    "codes" in error && Array.isArray(error.codes) && error.codes.some((code) => /^EQuery:Unknown asset/i.test(code))
      ? Effect.flatMap(Names, (names) => names.stale)
      : Effect.void
  )
