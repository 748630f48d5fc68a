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
  for (const asset of assets) addAsset(catalogue, asset)
  for (const pair of pairs) addPair(catalogue, pair)
  return catalogue
}

export const addAsset = ({ assets, names, ways }: Catalogue, asset: Asset): void => {
  add(assets, names.assets, asset)
  ways.clear()
}

/** Also in the place of one with its id, whose names are forgotten. */
export const addPair = (catalogue: Catalogue, pair: Pair): void => {
  const { markets, names, pairs, ways } = catalogue
  const before = pairs.get(pair.id)
  if (before !== undefined) {
    unprice(catalogue, before)
    for (const [name, { id }] of names.pairs) if (id === pair.id) names.pairs.delete(name)
  }
  add(pairs, names.pairs, pair)
  // A dark pool has the assets of an ordinary pair, whose prices are public.
  if (!pair.altname.endsWith(".d")) claim(markets, marketOf(pair.base, pair.quote), pair)
  ways.clear()
}

/** The pair has no price any more by which something else could be valued. */
export const unprice = ({ markets, ways }: Catalogue, { base, id, quote }: Pair): void => {
  if (markets.get(marketOf(base, quote))?.id === id) markets.delete(marketOf(base, quote))
  ways.clear()
}

export const marketOf = (base: Asset, quote: Asset): string => `${base.id}/${quote.id}`

/** By id, altname or display name, in any case. */
export const findAsset = ({ assets, names }: Catalogue, name: string): Asset | undefined =>
  assets.get(name) ?? names.assets.get(name.toUpperCase())

/** The asset of a balance, which may carry a suffix such as `.S`. */
export const findHeld = (catalogue: Catalogue, balance: string): Asset | undefined =>
  findAsset(catalogue, balance.replace(/\.[A-Z]$/, ""))

/** The same, of a balance that there is. */
export const assetOf = (catalogue: Catalogue, balance: string): Asset => {
  const asset = catalogue.assets.get(balance) ?? findHeld(catalogue, balance)
  if (asset === undefined) throw new RangeError(`no asset ${balance}`)
  return asset
}

/** By id, altname or display name. `XBT/USD`, the WebSocket name, is no REST name: Kraken refuses it too. */
export const findPair = ({ names, pairs }: Catalogue, name: string): Pair | undefined =>
  pairs.get(name) ?? names.pairs.get(name.toUpperCase())

interface Named {
  readonly id: string
  readonly altname: string
  readonly display: string
}

const add = <A extends Named>(all: Map<string, A>, names: Map<string, A>, one: A): void => {
  all.set(one.id, one)
  for (const name of [one.id, one.altname, one.display]) claim(names, name.toUpperCase(), one)
}

/**
 * Where a name could be two things, the one whose id it is has it, else the first that was listed: Kraken lists each share
 * twice by one name.
 */
const claim = <A extends Named>(names: Map<string, A>, name: string, one: A): void => {
  const known = names.get(name)
  if (known === undefined || known.id === one.id || one.id.toUpperCase() === name) names.set(name, one)
}
