import type { Directory } from "../assets/model.ts"
import { escapeText } from "../wire/escapeText.ts"
import type { Mandate, ServerLimits } from "./mandate.ts"

/** A name in a mandate, with the limit that has it. */
interface Named {
  readonly limit: string
  readonly name: string
}

/** The names of assets, each with the flag that gave it. A budget gives those of limits that were not given themselves. */
const assetNames = (mandate: Mandate, given: ReadonlyArray<string>): ReadonlyArray<Named> => {
  const { ask, capital, grants, keep, spending, withdraw } = mandate
  const budgeted = (limit: string) => (given.includes("budget") && !given.includes(limit) ? "budget" : limit)
  const [max, capitalFlag] = [budgeted("max"), budgeted("capital")]
  const isOne = max === capitalFlag && spending.currency === capital?.asset
  const named = (limit: string, ...names: ReadonlyArray<string | undefined>): ReadonlyArray<Named> =>
    names.flatMap((name) => (name === undefined ? [] : [{ limit, name }]))
  return [
    ...named(max, spending.currency),
    ...(isOne ? [] : named(capitalFlag, capital?.asset)),
    ...named("grant", ...Object.keys(grants)),
    ...named("keep", ...Object.keys(keep)),
    ...Object.entries(withdraw ?? {}).flatMap(([key, { asset }]) => named(`withdraw ${key}`, asset)),
    ...named("ask above", ask.above?.asset)
  ]
}

const patterns = ({ notPairs, pairs }: Mandate): ReadonlyArray<Named> => [
  ...(pairs ?? []).map((name) => ({ limit: "pairs", name })),
  ...notPairs.map((name) => ({ limit: "not-pairs", name }))
]

/** Splits a pattern that has a star into its sides. Undefined if it is the name of one pair. */
const sidesOf = (pattern: string): { readonly base: string; readonly quote: string } | undefined => {
  const [base = "", quote = ""] = pattern.split("/")
  return base === "*" || quote === "*" ? { base, quote } : undefined
}

/** Finds an asset that can be traded. Balances such as `DOT.S` can't. */
const findAsset = ({ findAsset }: Directory, name: string) => {
  const found = findAsset(name)
  return found?.suffix === "" ? found.asset : undefined
}

const unknown = ({ limit, name }: Named, kind: string, nearest: ReadonlyArray<string>): string =>
  escapeText(
    `${limit}: Kraken has no ${kind} ${name}.${nearest.length === 0 ? "" : ` The nearest names are ${nearest.join(", ")}.`}`
  )

/**
 * Lists the currencies, assets and pairs that Kraken lacks, with the nearest names, and those that are named twice. `given`
 * are the flags by which the mandate was made or changed.
 */
export const nameFaults = (
  mandate: Mandate,
  directory: Directory,
  given: ReadonlyArray<string> = []
): ReadonlyArray<string> => [
  ...assetNames(mandate, given)
    .filter(({ name }) => findAsset(directory, name) === undefined)
    .map((named) => unknown(named, "asset", directory.nearestAssets(named.name, 3))),
  ...patterns(mandate).flatMap((named) => patternFaults(named, directory)),
  ...(["grants", "keep"] as const).flatMap((field) =>
    repeated(Object.keys(mandate[field]).map(directory.assetDisplay)).map(
      (name) => `${field === "grants" ? "grant" : field}: ${name} is named twice.`
    )
  ),
  ...([mandate.pairs ?? [], mandate.notPairs] as const).flatMap((list, index) =>
    repeated(list.map((name) => displayPattern(name, directory))).map(
      (name) => `${index === 0 ? "pairs" : "not-pairs"}: ${name} is named twice.`
    )
  )
]

/** Lists the currencies of the limits that all callers share which Kraken lacks, with the nearest names. */
export const serverNameFaults = ({ ask, spending }: ServerLimits, directory: Directory): ReadonlyArray<string> =>
  [
    { limit: "max", name: spending.currency },
    { limit: "ask above", name: ask.above?.asset }
  ].flatMap(({ limit, name }) =>
    name === undefined || findAsset(directory, name) !== undefined
      ? []
      : [unknown({ limit, name }, "asset", directory.nearestAssets(name, 3))]
  )

const repeated = (names: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(names.filter((name, index) => names.indexOf(name) !== index))
]

const patternFaults = (named: Named, directory: Directory): ReadonlyArray<string> => {
  const sides = sidesOf(named.name)
  if (sides === undefined)
    return directory.findPair(named.name) === undefined
      ? [unknown(named, "pair", directory.nearestPairs(named.name, 3))]
      : []
  return [sides.base, sides.quote]
    .filter((name) => name !== "*" && findAsset(directory, name.split(":")[0] ?? "") === undefined)
    .map((name) => unknown({ ...named, name }, "asset", directory.nearestAssets(name, 3)))
}

/** Replaces names of a mandate by Kraken's display names. Names that Kraken lacks stay. */
export const displayNames = (mandate: Mandate, directory: Directory): Mandate => {
  const { ask, capital, grants, keep, notPairs, pairs, spending, withdraw } = mandate
  const asset = directory.assetDisplay
  const amounts = (given: Mandate["grants"]) =>
    Object.fromEntries(Object.entries(given).map(([name, amount]) => [asset(name), amount]))
  const money = <A extends { readonly asset: string }>(given: A) => ({ ...given, asset: asset(given.asset) })
  const list = (given: ReadonlyArray<string>) => given.map((name) => displayPattern(name, directory))
  return {
    ...mandate,
    spending: {
      ...spending,
      ...(spending.currency !== undefined && { currency: asset(spending.currency) })
    },
    ...(capital !== undefined && { capital: money(capital) }),
    grants: amounts(grants),
    keep: amounts(keep),
    ...(pairs !== undefined && { pairs: list(pairs) }),
    notPairs: list(notPairs),
    ...(withdraw !== undefined && {
      withdraw: Object.fromEntries(Object.entries(withdraw).map(([key, limit]) => [key, money(limit)]))
    }),
    ask: { ...ask, ...(ask.above !== undefined && { above: money(ask.above) }) }
  }
}

/** Replaces names in the limits that all callers share by Kraken's display names. Names that Kraken lacks stay. */
export const serverDisplayNames = ({ ask, spending }: ServerLimits, directory: Directory): ServerLimits => ({
  spending: {
    ...spending,
    ...(spending.currency !== undefined && { currency: directory.assetDisplay(spending.currency) })
  },
  ask: {
    ...ask,
    ...(ask.above !== undefined && { above: { ...ask.above, asset: directory.assetDisplay(ask.above.asset) } })
  }
})

const displayPattern = (pattern: string, directory: Directory): string => {
  const sides = sidesOf(pattern)
  if (sides === undefined) return directory.pairDisplay(pattern)
  const side = (name: string) => {
    const [asset = "", ...venue] = name.split(":")
    return [asset === "*" ? asset : directory.assetDisplay(asset), ...venue].join(":")
  }
  return `${side(sides.base)}/${side(sides.quote)}`
}
