import { distance } from "fastest-levenshtein"
import type { Asset, Directory, Pair } from "./model.ts"
import { fullNames, key, splitBalance, splitPair } from "./spelling.ts"

type Known = Pick<Directory, "assets" | "pairs" | "findAsset" | "findPair" | "assetDisplay">

/** Makes the lookups that suggest known names for an unknown one. A spelling far from every name gets no suggestion. */
export const nearestNames = (known: Known): Pick<Directory, "nearestAssets" | "nearestPairs"> => ({
  nearestAssets: (spelling, count) => (tooLong(spelling) ? [] : best(nearAssets(known, spelling), count)),
  nearestPairs: (spelling, count) => (tooLong(spelling) ? [] : best(nearPairs(known, spelling), count))
})

const tooLong = (spelling: string) => spelling.length > 40

interface Suggestion {
  readonly name: string
  /** Edit distance from the given spelling. */
  readonly steps: number
  /** Number of pairs that contain the asset. It breaks ties: an asset with more pairs is more likely. */
  readonly pairs: number
}

const best = (suggestions: ReadonlyArray<Suggestion>, count: number): ReadonlyArray<string> => {
  const sorted = suggestions.toSorted(
    (a, b) => a.steps - b.steps || b.pairs - a.pairs || (a.name < b.name ? -1 : Number(a.name > b.name))
  )
  return [...new Set(sorted.map(({ name }) => name))].slice(0, count)
}

/** Suggests assets with the balance suffix that was given. If the spelling is a pair, suggests its base and quote. */
const nearAssets = (known: Known, spelling: string): Array<Suggestion> => {
  const pair = known.findPair(spelling)
  if (pair !== undefined)
    return [pair.base, pair.quote].map((id, steps) => ({ name: known.assetDisplay(id), steps, pairs: 0 }))
  const [name, suffix] = splitBalance(spelling)[0] ?? [key(spelling), ""]
  const popular = tally(known.pairs, ({ base, quote }) => [base, quote])
  return known.assets
    .filter(({ id }) => known.findAsset(id)?.suffix === "")
    .map((asset) => ({ name: asset.display + suffix, steps: steps(name, asset), pairs: popular(asset.id) }))
    .filter((suggestion) => suggestion.steps < Infinity)
}

/** One possible split of an unknown pair into base and quote. */
interface Reading {
  readonly base: string
  readonly quote: string
  /** True if pairs of this base with other quotes are worth suggesting. */
  readonly anyQuote: boolean
}

/**
 * Suggests pairs whose base and quote are both near, then pairs with the same base and the most common quotes. Dark
 * pools are left out.
 */
const nearPairs = (known: Known, spelling: string): Array<Suggestion> => {
  const popular = tally(known.pairs, ({ quote }) => [quote])
  const assets = new Map(known.assets.map((asset) => [asset.id, asset]))
  const stepsTo = (name: string) => {
    const found = new Map<string, number>()
    return (id: string) => {
      const asset = assets.get(id)
      const taken = found.get(id) ?? (asset === undefined ? Infinity : steps(name, asset))
      found.set(id, taken)
      return taken
    }
  }
  return readings(known, spelling).flatMap(({ anyQuote, base, quote }) => {
    const [baseSteps, quoteSteps] = [stepsTo(base), stepsTo(quote)]
    const stepsOf = (pair: Pair) => {
      const both = baseSteps(pair.base) + quoteSteps(pair.quote)
      return both < Infinity || !anyQuote ? both : otherQuote + baseSteps(pair.base)
    }
    return known.pairs
      .filter((pair) => pair.display.includes("/"))
      .map((pair) => ({ name: pair.display, steps: stepsOf(pair), pairs: popular(pair.quote) }))
      .filter((suggestion) => suggestion.steps < Infinity)
  })
}

/** Distance of a pair with another quote: farther than any misspelling. */
const otherQuote = 10

const readings = ({ findAsset }: Known, spelling: string): Array<Reading> => {
  const isAsset = (name: string) => findAsset(name)?.suffix === ""
  const [left = "", right, ...rest] = splitPair(spelling)
  if (rest.length > 0) return []
  if (right !== undefined) {
    const given = { base: left, quote: right, anyQuote: isAsset(left) }
    return isAsset(left) && isAsset(right) ? [{ base: right, quote: left, anyQuote: false }, given] : [given]
  }
  const cuts = Array.from({ length: Math.max(0, left.length - 3) }, (_, i) => [left.slice(0, i + 2), left.slice(i + 2)])
  return [
    { base: left, quote: "", anyQuote: true },
    ...cuts.flatMap(([base = "", quote = ""]) => {
      const known = [isAsset(base), isAsset(quote)]
      if (known.every(Boolean))
        return [
          { base: quote, quote: base, anyQuote: false },
          { base, quote, anyQuote: true }
        ]
      // Most words contain the name of some asset by chance.
      return known.some(Boolean)
        ? [{ base, quote, anyQuote: known[0] === true && base.length > 2 && quote.length < 5 }]
        : []
    })
  ]
}

/**
 * Measures the edit distance from a spelling to the nearest name of an asset. Infinite if it exceeds what a misspelling
 * plausibly has.
 */
const steps = (spelling: string, { altname, display, id }: Asset): number => {
  const name = key(spelling)
  const allowed = name.length < 3 ? 0 : name.length < 6 ? 1 : 2
  const names = [id, altname, display, ...(spelledOut.get(display) ?? [])].map(key)
  const near = names.filter((other) => Math.abs(other.length - name.length) <= allowed)
  const least = Math.min(...near.map((other) => distance(name, other)))
  return least <= allowed ? least : Infinity
}

const spelledOut: ReadonlyMap<string, ReadonlyArray<string>> = new Map(
  Array.from(fullNames, ([full, display]) => [display, [full]])
)

const tally = (pairs: ReadonlyArray<Pair>, idsOf: (pair: Pair) => ReadonlyArray<string>) => {
  const counts = new Map<string, number>()
  for (const id of pairs.flatMap(idsOf)) counts.set(id, (counts.get(id) ?? 0) + 1)
  return (id: string): number => counts.get(id) ?? 0
}
