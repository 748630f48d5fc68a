import { assetsOf, type Lists, pairsOf, venueOf, venuePairsOf } from "./krakenLists.ts"
import type { Asset, Directory, Pair } from "./model.ts"
import { nearestNames } from "./nearestNames.ts"
import { fullNames, key, splitBalance, splitPair } from "./spelling.ts"

/** Kraken's lists of each asset class, and the answer of `AssetPairs` for pairs of other venues. */
export interface DirectoryLists {
  readonly currency: Lists
  readonly tokenized_asset?: Lists
  readonly venuePairs?: unknown
}

/**
 * Makes a directory from Kraken's lists. A lookup takes constant time, whatever the spelling.
 *
 * If a spelling fits several things, the first of these wins: Kraken's id exactly as Kraken writes it; any name of a
 * currency; any name of a tokenised asset. Within a class, an id wins over an altname, an altname over a display name,
 * and a display name over one that is put together from the names of base and quote.
 *
 * Pairs of other venues are found only by names that end in the venue, such as `ETH/USD:BTNL`. Kraken lists tokenised
 * assets twice under one altname; the row whose id is the altname counts, and the other one is found only by its id.
 */
export const makeDirectory = (lists: DirectoryLists): Directory => {
  const classes = (["currency", "tokenized_asset"] as const).map((name) => [name, lists[name]] as const)
  const [assets, otherAssets] = byAltname(classes.flatMap(([name, answers]) => assetsOf(name, answers?.assets)))
  const findAsset = assetFinder(assets, otherAssets)
  const assetDisplay = (spelling: string) => {
    const found = findAsset(spelling)
    return found === undefined ? spelling : found.asset.display + found.suffix
  }
  const assetOfBalance = (spelling: string) => findAsset(spelling)?.asset.display ?? spelling
  const listed = classes.flatMap(([name, answers]) => pairsOf(name, answers?.pairs, assetDisplay))
  const [pairs, otherPairs] = byAltname(listed)
  const venuePairs = venuePairsOf(lists.venuePairs, assetDisplay)
  const findPair = pairFinder({ pairs, otherPairs, venuePairs }, findAsset)
  const pairDisplay = (spelling: string) => findPair(spelling)?.display ?? spelling
  const known = { pairs, assets, findPair, findAsset, pairDisplay, assetDisplay, assetOfBalance }
  return { ...known, pairs: [...pairs, ...venuePairs], ...nearestNames(known) }
}

interface Named {
  readonly id: string
  readonly altname: string
  readonly assetClass: Asset["assetClass"]
}

/** Separates rows from those that another row of their class stands for: its id is the altname of both. */
const byAltname = <A extends Named>(rows: ReadonlyArray<A>): readonly [counted: Array<A>, others: Array<A>] => {
  const own = new Set(rows.flatMap(({ altname, assetClass, id }) => (altname === id ? [`${assetClass} ${id}`] : [])))
  const isOther = ({ altname, assetClass, id }: A) => altname !== id && own.has(`${assetClass} ${altname}`)
  return [rows.filter((row) => !isOther(row)), rows.filter(isOther)]
}

type FindAsset = Directory["findAsset"]

const assetFinder = (assets: ReadonlyArray<Asset>, others: ReadonlyArray<Asset>): FindAsset => {
  const counted = index(assets, [
    ({ id }) => [key(id)],
    ({ altname }) => [key(altname)],
    ({ display }) => [key(display)]
  ])
  const other = index(others, [({ id }) => [key(id)]])
  const known = (name: string) => counted(name) ?? other(name)
  return (spelling) => {
    for (const [name, suffix] of splitBalance(spelling)) {
      const asset = known(name)
      if (asset !== undefined) return { asset, suffix }
    }
    const asset = known(spelling) ?? known(fullNames.get(key(spelling)) ?? "")
    return asset && { asset, suffix: "" }
  }
}

interface AllPairs {
  readonly pairs: ReadonlyArray<Pair>
  /** Pairs that are found only by their ids. */
  readonly otherPairs: ReadonlyArray<Pair>
  readonly venuePairs: ReadonlyArray<Pair>
}

const pairFinder = ({ otherPairs, pairs, venuePairs }: AllPairs, findAsset: FindAsset): Directory["findPair"] => {
  /** Finds a tradable asset. Balances such as `DOT.S` are not tradable. */
  const tradable = (name: string) => {
    const found = findAsset(name)
    return found?.suffix === "" ? found.asset : undefined
  }
  const namesOf = memoized((id: string): ReadonlyArray<string> => {
    const { altname, display } = tradable(id) ?? { altname: id, display: id }
    return [...new Set([id, altname, display].map(key))]
  })
  const joined = ({ base, quote }: Pair) => namesOf(base).flatMap((left) => namesOf(quote).map((right) => left + right))
  const counted = index(pairs, [
    ({ id }) => [key(id)],
    ({ altname }) => [key(altname)],
    ({ display }) => [key(display)],
    joined
  ])
  const other = index(otherPairs, [({ id }) => [key(id)]])
  const ofVenue = index(venuePairs, [
    ({ altname }) => [key(altname)],
    ({ display }) => [key(display)],
    (pair) => joined(pair).map((name) => key(name + venueOf(pair.altname)))
  ])
  const venues = new Set(venuePairs.map(({ altname }) => key(venueOf(altname))))
  const countedByAssets = index(pairs, [({ base, quote }) => [key(`${base}/${quote}`)]])
  const ofVenueByAssets = index(venuePairs, [
    ({ altname, base, quote }) => [key(`${base}/${quote}${venueOf(altname)}`)]
  ])
  return (spelling) => {
    const whole = counted(spelling) ?? other(spelling) ?? ofVenue(spelling)
    if (whole !== undefined) return whole
    const ending = venueOf(key(spelling))
    const venue = venues.has(ending) ? ending : ""
    const [left = "", right = "", ...rest] = splitPair(key(spelling).slice(0, key(spelling).length - venue.length))
    const [base, quote] = [tradable(left), tradable(right)]
    if (rest.length > 0 || base === undefined || quote === undefined) return undefined
    const name = `${base.id}/${quote.id}${venue}`
    return venue === "" ? countedByAssets(name) : ofVenueByAssets(name)
  }
}

const memoized = <A>(make: (id: string) => A) => {
  const made = new Map<string, A>()
  return (id: string): A => {
    const value = made.get(id) ?? make(id)
    made.set(id, value)
    return value
  }
}

/**
 * Indexes rows by their spellings. `kinds` come in order of precedence: the first row that takes a spelling keeps it.
 */
const index = <A extends { readonly id: string; readonly assetClass: Asset["assetClass"] }>(
  rows: ReadonlyArray<A>,
  kinds: ReadonlyArray<(row: A) => ReadonlyArray<string>>
) => {
  const exact = new Map(rows.toReversed().map((row) => [row.id, row]))
  const loose = new Map<string, A>()
  for (const assetClass of ["currency", "tokenized_asset"])
    for (const kind of kinds)
      for (const row of rows) {
        if (row.assetClass !== assetClass) continue
        for (const name of kind(row)) if (!loose.has(name)) loose.set(name, row)
      }
  return (spelling: string): A | undefined => exact.get(spelling) ?? loose.get(key(spelling))
}

/** An empty directory, which returns every name unchanged. */
export const emptyDirectory: Directory = makeDirectory({ currency: { assets: {}, pairs: {} } })
