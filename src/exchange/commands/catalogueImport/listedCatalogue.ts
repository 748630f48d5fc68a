import { Predicate } from "effect"
import type { Lists } from "../../../domain/assets/krakenLists.ts"
import type { Asset } from "../../catalogue/assets.ts"
import { addAsset, addPair, type Catalogue, makeCatalogue } from "../../catalogue/catalogue.ts"
import { readAsset, readPair } from "./rows.ts"
import { Unreadable } from "./unreadable.ts"

/** Kraken's lists, as far as their pairs can be traded on paper. */
export interface ListedCatalogue {
  readonly catalogue: Catalogue
  /** Time at which the lists were requested, in epoch milliseconds. */
  readonly at: number
  /** Reasons why other pairs can't be traded on paper, by their ids and altnames in capitals. */
  readonly unsupported: ReadonlyMap<string, string>
  /** Asset classes whose lists were read. A pair of another class might be listed although it is missing here. */
  readonly classes: ReadonlySet<Asset["class"]>
}

export const emptyLists: ListedCatalogue = {
  catalogue: makeCatalogue([], []),
  at: 0,
  unsupported: new Map(),
  classes: new Set()
}

/**
 * Reads Kraken's answers to Assets and AssetPairs, one pair of answers for each asset class. `at` is in epoch
 * milliseconds.
 */
export const readLists = (lists: Readonly<Partial<Record<Asset["class"], Lists>>>, at: number): ListedCatalogue => {
  const catalogue = makeCatalogue([], [])
  const unsupported = new Map<string, string>()
  const classes = (["currency", "tokenized_asset"] as const).flatMap((name) => {
    const answers = lists[name]
    return answers === undefined ? [] : [{ name, assets: rowsOf(answers.assets), pairs: rowsOf(answers.pairs) }]
  })
  // Staked and similar balances have rows too, but are not assets. Pairs of an unreadable asset become unreadable.
  for (const { assets } of classes) {
    for (const [id, row] of assets) if (!/\.[A-Z]+$/.test(id)) attempt(() => addAsset(catalogue, readAsset(id, row)))
  }
  for (const { pairs } of classes) {
    for (const [id, row] of pairs) {
      const reason = attempt(() => addPair(catalogue, readPair(id, row, catalogue)))
      if (reason === undefined) continue
      for (const name of [id, Predicate.isRecord(row) ? row["altname"] : id])
        unsupported.set(String(name).toUpperCase(), reason)
    }
  }
  const full = classes.filter(({ pairs }) => pairs.length > 0)
  return { catalogue, at, unsupported, classes: new Set(full.map(({ name }) => name)) }
}

/** Runs a reader and returns the reason if the row is unreadable; undefined if it is readable. */
const attempt = (read: () => void): string | undefined => {
  try {
    read()
    return undefined
  } catch (unreadable) {
    if (unreadable instanceof Unreadable) return unreadable.reason
    throw unreadable
  }
}

const rowsOf = (answer: unknown): ReadonlyArray<[string, unknown]> =>
  Predicate.isRecord(answer) ? Object.entries(answer) : []
