import { assetsOf, type Lists, pairsOf } from "./krakenLists.ts"
import type { Asset, Directory, Pair } from "./model.ts"
import { nearestNames } from "./nearestNames.ts"
import { fullNames, key, splitBalance, splitPair } from "./spelling.ts"

/**
 * Makes a directory from Kraken's lists. A lookup takes constant time, whatever the spelling.
 *
 * If a spelling fits several things, the first of these wins: Kraken's id exactly as Kraken writes it; any name of a
 * currency; any name of a tokenised asset. Within a class, an id wins over an altname, an altname over a display name,
 * and a display name over one that is put together from the names of base and quote.
 */
export const makeDirectory = (lists: { readonly currency: Lists; readonly tokenized_asset?: Lists }): Directory => {
  const classes = (["currency", "tokenized_asset"] as const).map((name) => [name, lists[name]] as const)
  const assets = classes.flatMap(([name, answers]) => assetsOf(name, answers?.assets))
  const findAsset = assetFinder(assets)
  const assetDisplay = (spelling: string) => {
    const found = findAsset(spelling)
    return found === undefined ? spelling : found.asset.display + found.suffix
  }
  const pairs = classes.flatMap(([name, answers]) => pairsOf(name, answers?.pairs, assetDisplay))
  const findPair = pairFinder(pairs, findAsset)
  const pairDisplay = (spelling: string) => findPair(spelling)?.display ?? spelling
  const known = { pairs, assets, findPair, findAsset, pairDisplay, assetDisplay }
  return { ...known, ...nearestNames(known) }
}

type FindAsset = Directory["findAsset"]

const assetFinder = (assets: ReadonlyArray<Asset>): FindAsset => {
  const known = index(assets, [({ id }) => [key(id)], ({ altname }) => [key(altname)], ({ display }) => [key(display)]])
  return (spelling) => {
    for (const [name, suffix] of splitBalance(spelling)) {
      const asset = known(name)
      if (asset !== undefined) return { asset, suffix }
    }
    const asset = known(spelling) ?? known(fullNames.get(key(spelling)) ?? "")
    return asset && { asset, suffix: "" }
  }
}

const pairFinder = (pairs: ReadonlyArray<Pair>, findAsset: FindAsset): Directory["findPair"] => {
  /** Finds a tradable asset. Balances such as `DOT.S` are not tradable. */
  const tradable = (name: string) => {
    const found = findAsset(name)
    return found?.suffix === "" ? found.asset : undefined
  }
  const namesOf = memoized((id: string): ReadonlyArray<string> => {
    const { altname, display } = tradable(id) ?? { altname: id, display: id }
    return [...new Set([id, altname, display].map(key))]
  })
  const known = index(pairs, [
    ({ id }) => [key(id)],
    ({ altname }) => [key(altname)],
    ({ display }) => [key(display)],
    ({ base, quote }) => namesOf(base).flatMap((left) => namesOf(quote).map((right) => left + right))
  ])
  const knownByAssets = index(pairs, [({ base, quote }) => [key(`${base}/${quote}`)]])
  return (spelling) => {
    const whole = known(spelling)
    if (whole !== undefined) return whole
    const [left = "", right = "", ...rest] = splitPair(spelling)
    const [base, quote] = [tradable(left), tradable(right)]
    if (rest.length > 0 || base === undefined || quote === undefined) return undefined
    return knownByAssets(`${base.id}/${quote.id}`)
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
