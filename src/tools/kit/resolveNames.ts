import { Effect, Schema, SchemaAST } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { Names } from "../../services/Names.ts"
import { nameKind } from "./nameFields.ts"

/**
 * Turns the pairs and assets of a tool's input, in whatever spelling, into Kraken's names, and says `tokenized_asset`
 * for the caller where all of them are.
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
    const spell = {
      asset: names.asset,
      pair: names.pair,
      symbol: (name: string) =>
        Effect.zipWith(names.pair(name), names.directory, (pair, { pairDisplay }) => pairDisplay(pair))
    }
    for (const [field, kind] of kinds) {
      const value = input[field]
      if (typeof value === "string") changed[field] = yield* spell[kind](value)
      if (Array.isArray(value)) changed[field] = yield* Effect.forEach(value, (item) => spell[kind](String(item)))
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

/** Display names for what an answer holds. */
export const displayNames = Effect.gen(function* () {
  const names = yield* Names
  const { assetDisplay, pairDisplay } = yield* names.directory
  return { pair: pairDisplay, asset: assetDisplay }
})

/** Kraken refused a name that our lists hold: they have aged. */
export const noticeStale = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapError(effect, (error) =>
    "codes" in error && Array.isArray(error.codes) && error.codes.some((code) => /^EQuery:Unknown asset/i.test(code))
      ? Effect.flatMap(Names, (names) => names.stale)
      : Effect.void
  )
