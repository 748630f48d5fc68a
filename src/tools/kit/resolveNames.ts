import { Array, Effect, Schema, SchemaAST } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import type { Fault } from "../../domain/orders/fault.ts"
import { Names, type UnknownName } from "../../services/Names.ts"
import { invalid } from "./arguments.ts"
import { type NameKind, nameKind } from "./nameFields.ts"

/** The name of an asset as Kraken writes it: `XICN`, `DOT.S`. */
const krakenName = /^[A-Z0-9]{2,20}(\.[A-Z]{1,5})?$/

interface Resolved {
  /** The inputs of the requests to make: two if the names are of both asset classes. */
  readonly inputs: readonly [Params, ...ReadonlyArray<Params>]
  /** The errors of past assets that Kraken does not list. Such a name is sent as given. */
  readonly unlisted: ReadonlyArray<UnknownName>
}

/**
 * Makes the step that replaces the pairs and assets of an input, in any spelling, by Kraken's names. It also sets the
 * asset class if all of them are tokenised assets.
 *
 * Kraken takes names of one asset class in a request. If an input has names of both, there is one request for each class
 * if `splits` is true; otherwise the input is refused.
 */
export const makeResolveNames = (tool: string, fields: Schema.Struct.Fields, splits: boolean) => {
  const kinds = SchemaAST.getPropertySignatures(SchemaAST.encodedAST(Schema.Struct(fields).ast)).flatMap((field) => {
    const kind = nameKind(field.type)
    return kind === undefined ? [] : [[String(field.name), kind] as const]
  })
  const classField = ["asset_class", "aclass", "aclass_base"].find((field) => field in fields)
  return Effect.fnUntraced(function* (input: Params) {
    if (kinds.length === 0) return { inputs: [{ ...input }], unlisted: [] } satisfies Resolved
    const names = yield* Names
    const unlisted: Array<UnknownName> = []
    const resolve = {
      asset: names.asset,
      pair: names.pair,
      pastAsset: (name: string) =>
        Effect.catchTag(names.asset(name), "UnknownName", (error) => {
          if (!krakenName.test(name.trim())) return error
          unlisted.push(error)
          return Effect.succeed(name.trim())
        }),
      symbol: (name: string) =>
        Effect.zipWith(names.pair(name), names.directory, (pair, { pairDisplay }) => pairDisplay(pair))
    }
    /** Replaces the names of an input for which `keeps` holds, and removes the others from lists. */
    const replaced = Effect.fnUntraced(function* (keeps: (name: string, kind: NameKind) => boolean) {
      const changed: Record<string, unknown> = { ...input }
      for (const [field, kind] of kinds) {
        const value = input[field]
        if (typeof value === "string") changed[field] = yield* resolve[kind](value)
        if (Array.isArray(value)) {
          const kept = value.map(String).filter((name) => keeps(name, kind))
          changed[field] = yield* Effect.forEach(kept, (name) => resolve[kind](name))
        }
      }
      return changed
    })
    if (classField === undefined || input[classField] !== undefined) {
      return { inputs: [yield* replaced(() => true)], unlisted } satisfies Resolved
    }
    const { findAsset, findPair } = yield* names.directory
    const isTokenized = (name: string, kind: NameKind) =>
      (kind === "asset" || kind === "pastAsset" ? findAsset(name)?.asset : findPair(name))?.assetClass ===
      "tokenized_asset"
    const given = kinds.flatMap(([field, kind]) => texts(input[field]).map((name) => ({ field, kind, name })))
    const [others, tokenized] = Array.partition(given, ({ kind, name }) => isTokenized(name, kind))
    const ofTokenized = { [classField]: "tokenized_asset" }
    if (tokenized.length === 0) return { inputs: [yield* replaced(() => true)], unlisted } satisfies Resolved
    if (others.length === 0) {
      return { inputs: [{ ...(yield* replaced(() => true)), ...ofTokenized }], unlisted } satisfies Resolved
    }
    if (!splits) return yield* invalid(tool, mixed(tokenized, others))
    return {
      inputs: [
        yield* replaced((name, kind) => !isTokenized(name, kind)),
        { ...(yield* replaced(isTokenized)), ...ofTokenized }
      ],
      unlisted
    } satisfies Resolved
  })
}

interface GivenName {
  readonly field: string
  readonly name: string
}

const mixed = (tokenized: ReadonlyArray<GivenName>, others: ReadonlyArray<GivenName>): ReadonlyArray<Fault> => {
  const list = (names: ReadonlyArray<GivenName>) => names.map(({ name }) => name).join(", ")
  const [first] = tokenized
  return [
    {
      path: first?.field ?? "",
      fault: `xStocks (${list(tokenized)}) and others (${list(others)}) can't be mixed: call once for each of the two`
    }
  ]
}

const texts = (value: unknown): ReadonlyArray<string> => (value === undefined ? [] : [value].flat().map(String))

/** The lookups of display names with which answers are shaped. */
export const displayNames = Effect.flatMap(Names, ({ directory }) =>
  Effect.map(directory, ({ assetDisplay, pairDisplay }) => ({ pair: pairDisplay, asset: assetDisplay }))
)

/** Checks for Kraken's refusal of a name. */
const isUnknownAsset = (error: object): boolean =>
  "codes" in error &&
  Array.isArray(error.codes) &&
  error.codes.some((code) => /^EQuery:Unknown asset/i.test(String(code)))

/** Replaces Kraken's refusal of a name that Kraken does not list by the error that has the nearest names. */
export const explainUnlisted =
  (unlisted: ReadonlyArray<UnknownName>) =>
  <E extends object>(error: E): E | UnknownName =>
    isUnknownAsset(error) ? (unlisted[0] ?? error) : error

/** Marks the cached lists as outdated if Kraken refuses a name that they contain. */
export const refreshUnknownNames = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tapError(effect, (error) =>
    isUnknownAsset(error) ? Effect.flatMap(Names, (names) => names.stale) : Effect.void
  )
