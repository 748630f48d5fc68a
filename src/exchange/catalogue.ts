import type { Asset } from "./assets.ts"
import type { Pair } from "./pairs.ts"

/** The assets and pairs that an exchange knows, and every name of them. */
export interface Catalogue {
  /** By id, in the order in which they are listed. */
  readonly assets: Map<string, Asset>
  readonly pairs: Map<string, Pair>
  /** By every name, in capitals. */
  readonly names: { readonly assets: Map<string, Asset>; readonly pairs: Map<string, Pair> }
  /** The pair of two assets, by {@link marketOf}. */
  readonly markets: Map<string, Pair>
  /** What has been found of {@link Way}s so far. */
  readonly ways: Map<Asset, Way | undefined>
}

/** The pairs whose prices lead from a dollar to what an asset is worth. */
export type Way = ReadonlyArray<{ readonly pair: Pair; readonly inverse: boolean }>

export const makeCatalogue = (assets: Iterable<Asset>, pairs: Iterable<Pair>): Catalogue => {
  const catalogue: Catalogue = {
    assets: new Map(),
    pairs: new Map(),
    names: { assets: new Map(), pairs: new Map() },
    markets: new Map(),
    ways: new Map()
  }
  for (const asset of assets) add(catalogue.assets, catalogue.names.assets, asset)
  for (const pair of pairs) {
    add(catalogue.pairs, catalogue.names.pairs, pair)
    catalogue.markets.set(marketOf(pair.base, pair.quote), pair)
  }
  return catalogue
}

export const marketOf = (base: Asset, quote: Asset): string => `${base.id}/${quote.id}`

/** By id, altname or display name, in any case. */
export const findAsset = ({ names }: Catalogue, name: string): Asset | undefined => names.assets.get(name.toUpperCase())

/** The asset of a balance, which may carry a suffix such as `.S`. */
export const assetOf = (catalogue: Catalogue, balance: string): Asset => {
  const asset = catalogue.assets.get(balance) ?? findAsset(catalogue, balance.replace(/\.[A-Z]$/, ""))
  if (asset === undefined) throw new RangeError(`no asset ${balance}`)
  return asset
}

/** By id, altname or display name. `XBT/USD`, the WebSocket name, is no REST name: Kraken refuses it too. */
export const findPair = ({ names }: Catalogue, name: string): Pair | undefined => names.pairs.get(name.toUpperCase())

interface Named {
  readonly id: string
  readonly altname: string
  readonly display: string
}

const add = <A extends Named>(all: Map<string, A>, names: Map<string, A>, one: A): void => {
  all.set(one.id, one)
  for (const name of [one.id, one.altname, one.display]) names.set(name.toUpperCase(), one)
}
