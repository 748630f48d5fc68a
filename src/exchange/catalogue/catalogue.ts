import type { Asset } from "./assets.ts"
import type { Pair } from "./pairs.ts"

/** The assets and pairs of an exchange, indexed by all their names. */
export interface Catalogue {
  /** Assets by id, in the order in which they were added. */
  readonly assets: Map<string, Asset>
  readonly pairs: Map<string, Pair>
  /** Assets and pairs by every name, in capitals. */
  readonly names: { readonly assets: Map<string, Asset>; readonly pairs: Map<string, Pair> }
  /** Pairs by their common names without a slash, in capitals; a listed name of another pair comes first. */
  readonly commonNames: Map<string, Pair>
  /** Pairs by base and quote asset, keyed by {@link marketOf}. */
  readonly markets: Map<string, Pair>
  /** Cache of the {@link ConversionPath}s found so far. */
  readonly conversionPaths: Map<Asset, ConversionPath | undefined>
}

/** The chain of pairs that prices an asset in US dollars. `inverse` if the asset is the pair's quote. */
export type ConversionPath = ReadonlyArray<{ readonly pair: Pair; readonly inverse: boolean }>

export const makeCatalogue = (assets: Iterable<Asset>, pairs: Iterable<Pair>): Catalogue => {
  const catalogue: Catalogue = {
    assets: new Map(),
    pairs: new Map(),
    names: { assets: new Map(), pairs: new Map() },
    commonNames: new Map(),
    markets: new Map(),
    conversionPaths: new Map()
  }
  for (const asset of assets) addAsset(catalogue, asset)
  for (const pair of pairs) addPair(catalogue, pair)
  return catalogue
}

export const addAsset = ({ assets, names, conversionPaths }: Catalogue, asset: Asset): void => {
  add(assets, names.assets, asset)
  conversionPaths.clear()
}

/** Adds a pair. It replaces a pair with the same id, whose names are removed. */
export const addPair = (catalogue: Catalogue, pair: Pair): void => {
  const { commonNames, markets, names, pairs, conversionPaths } = catalogue
  const before = pairs.get(pair.id)
  if (before !== undefined) {
    removeMarket(catalogue, before)
    for (const known of [names.pairs, commonNames])
      for (const [name, { id }] of known) if (id === pair.id) known.delete(name)
  }
  add(pairs, names.pairs, pair)
  // A dark pool has the same assets as an ordinary pair, but its prices are not public.
  if (!pair.altname.endsWith(".d")) {
    registerName(markets, marketOf(pair.base, pair.quote), pair)
    // A listing of another exchange, such as `ETHUSD:BTNL`, is meant only if it is named.
    if (!pair.id.includes(":")) for (const name of commonNamesOf(pair)) registerName(commonNames, name, pair)
  }
  conversionPaths.clear()
}

/** Stops valuing assets by a pair's price, because the pair no longer has one. */
export const removeMarket = ({ markets, conversionPaths }: Catalogue, { base, id, quote }: Pair): void => {
  if (markets.get(marketOf(base, quote))?.id === id) markets.delete(marketOf(base, quote))
  conversionPaths.clear()
}

export const marketOf = (base: Asset, quote: Asset): string => `${base.id}/${quote.id}`

/** Finds an asset by id, altname or display name, in any case. */
export const findAsset = ({ assets, names }: Catalogue, name: string): Asset | undefined =>
  assets.get(name) ?? names.assets.get(name.toUpperCase())

/** Finds the asset of a balance, whose name can end in a suffix such as `.S`. */
export const findAssetOfBalance = (catalogue: Catalogue, balance: string): Asset | undefined =>
  findAsset(catalogue, balance.replace(/\.[A-Z]$/, ""))

/** Returns the asset of a balance that is known to exist. Throws if it is unknown. */
export const assetOf = (catalogue: Catalogue, balance: string): Asset => {
  const asset = catalogue.assets.get(balance) ?? findAssetOfBalance(catalogue, balance)
  if (asset === undefined) throw new RangeError(`no asset ${balance}`)
  return asset
}

/**
 * Finds a pair by id, altname, display name, or common name without a slash such as `BTCUSD`, in any case. The WebSocket
 * name `XBT/USD` is not a REST name; Kraken refuses it too.
 */
export const findPair = (catalogue: Catalogue, name: string): Pair | undefined =>
  findListedPair(catalogue, name) ?? catalogue.commonNames.get(name.toUpperCase())

/** Finds a pair by a name that Kraken lists: id, altname or display name, in any case. */
export const findListedPair = ({ names, pairs }: Catalogue, name: string): Pair | undefined =>
  pairs.get(name) ?? names.pairs.get(name.toUpperCase())

/** Returns each way to write base and quote asset one after the other: `BTCUSD`, `XBTUSD`; `DOGEBTC`, `XDGBTC`. */
const commonNamesOf = ({ base, quote }: Pair): ReadonlyArray<string> =>
  [base.display, base.altname].flatMap((one) =>
    [quote.display, quote.altname].map((other) => `${one}${other}`.toUpperCase())
  )

interface Named {
  readonly id: string
  readonly altname: string
  readonly display: string
}

const add = <A extends Named>(all: Map<string, A>, names: Map<string, A>, one: A): void => {
  all.set(one.id, one)
  for (const name of [one.id, one.altname, one.display]) registerName(names, name.toUpperCase(), one)
}

/**
 * Registers a name. If several entries share it, the one whose id it is wins, otherwise the first one listed: Kraken
 * lists each share twice under one name.
 */
const registerName = <A extends Named>(names: Map<string, A>, name: string, one: A): void => {
  const known = names.get(name)
  if (known === undefined || known.id === one.id || one.id.toUpperCase() === name) names.set(name, one)
}
