import { Predicate } from "effect"
import { type Catalogue, findAsset, findPair } from "../../catalogue/catalogue.ts"
import { requiredMarketData, needsMarketData } from "../../endpoints/requiredMarketData.ts"
import type { Request } from "../../wire/request.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import type { Params } from "../../wire/params.ts"
import type { Exchange } from "../../state/state.ts"
import { isNewer, isChange } from "./importCatalogue.ts"
import type { ListedCatalogue } from "./listedCatalogue.ts"
import { printAsset, printPair } from "./rows.ts"

/** Changes of the catalogue that a request needs first. */
export interface CatalogueDelta {
  /** Parameters for `control/List`; undefined if nothing needs to be imported. */
  readonly params: Params | undefined
  /** Reasons why pairs named in the request can't be traded on paper. */
  readonly unsupported: ReadonlyArray<string>
  /** Names that are in neither the exchange's catalogue nor the lists. */
  readonly unknown: ReadonlyArray<string>
}

type Asked = Pick<Request, "account" | "endpoint" | "params">

/** Returns true if the outcome of a request might depend on Kraken's lists. */
export const dependsOnLists = ({ endpoint, params = {} }: Asked): boolean =>
  needsMarketData(endpoint) || namesIn(params, "pair", "asset", "converted_asset").length > 0

export const catalogueDelta = (
  exchange: Exchange,
  request: Asked,
  { at, catalogue, classes, unsupported }: ListedCatalogue
): CatalogueDelta => {
  const named = {
    pairs: namesIn(request.params ?? {}, "pair"),
    assets: namesIn(request.params ?? {}, "asset", "converted_asset")
  }
  const needed = new Set([
    ...named.pairs.flatMap((name) => findPair(catalogue, name) ?? []),
    ...requiredMarketData(exchange, request, catalogue)
  ])
  const reasonFor = (name: string) =>
    findPair(catalogue, name) === undefined ? unsupported.get(name.toUpperCase()) : undefined
  const pairs = [...needed].filter((pair) => isChange(exchange, pair, at))
  const assets = new Set([
    ...named.assets.flatMap((name) => findAsset(catalogue, name) ?? []),
    ...pairs.flatMap(({ base, quote }) => [base, quote])
  ])
  const newAssets = [...assets].filter(({ id }) => !exchange.catalogue.assets.has(id))
  const gone = requiredMarketData(exchange, request).filter(
    (pair) => classes.has(pair.base.class) && isNewer(exchange, pair.id, at) && !isListed(catalogue, unsupported, pair)
  )
  const isEmpty = pairs.length + newAssets.length + gone.length === 0
  return {
    params: isEmpty
      ? undefined
      : {
          seen: at,
          assets: Object.fromEntries(newAssets.map((asset) => [asset.id, printAsset(asset)])),
          pairs: Object.fromEntries(pairs.map((pair) => [pair.id, printPair(pair, pair.status)])),
          gone: gone.map(({ id }) => id)
        },
    unsupported: named.pairs.flatMap((name) => {
      const reason = reasonFor(name)
      return reason === undefined ? [] : [`${name} can't be traded on paper: ${reason}`]
    }),
    unknown: [
      ...named.pairs.filter(
        (name) => !reasonFor(name) && [catalogue, exchange.catalogue].every((it) => findPair(it, name) === undefined)
      ),
      ...named.assets.filter((name) => [catalogue, exchange.catalogue].every((it) => findAsset(it, name) === undefined))
    ]
  }
}

const isListed = ({ pairs }: Catalogue, unsupported: ListedCatalogue["unsupported"], { id }: Pair): boolean =>
  pairs.has(id) || unsupported.has(id.toUpperCase())

/** Collects names from parameters: texts, possibly separated by commas, lists, or objects with an `asset`. */
const namesIn = (params: Params, ...fields: ReadonlyArray<string>): ReadonlyArray<string> =>
  fields.flatMap((field) => namesOf(params[field]).filter((name) => name !== "" && name !== "all"))

const namesOf = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(namesOf)
  if (Predicate.isRecord(value)) return namesOf(value["asset"])
  return value === undefined || value === null
    ? []
    : String(value)
        .split(",")
        .map((name) => name.trim())
}
