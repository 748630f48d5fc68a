import type { Lists } from "../../../domain/assets/krakenLists.ts"
import type { Asset } from "../../catalogue/assets.ts"
import { addAsset, addPair, type Catalogue, makeCatalogue } from "../../catalogue/catalogue.ts"
import { isObject } from "../../wire/params.ts"
import { readAsset, readPair } from "./rows.ts"
import { Unreadable } from "./Unreadable.ts"

/** What Kraken lists, as far as it can be traded here. */
export interface ListedCatalogue {
  readonly catalogue: Catalogue
  /** When they were asked for, in epoch milliseconds. */
  readonly at: number
  /** Why the others can't, by their ids and altnames in capitals. */
  readonly unsupported: ReadonlyMap<string, string>
  /** The classes whose lists these are: what is in none of them may be listed all the same. */
  readonly classes: ReadonlySet<Asset["class"]>
}

export const emptyLists: ListedCatalogue = {
  catalogue: makeCatalogue([], []),
  at: 0,
  unsupported: new Map(),
  classes: new Set()
}

/** Kraken's answers to Assets and AssetPairs, each class's own, of a moment. */
export const readLists = (lists: Readonly<Partial<Record<Asset["class"], Lists>>>, at: number): ListedCatalogue => {
  const catalogue = makeCatalogue([], [])
  const unsupported = new Map<string, string>()
  const classes = (["currency", "tokenized_asset"] as const).flatMap((name) => {
    const answers = lists[name]
    return answers === undefined ? [] : [{ name, assets: rowsOf(answers.assets), pairs: rowsOf(answers.pairs) }]
  })
  // Staked and other balances have rows too, but are no assets. An asset that can't be read is missed by its pairs.
  for (const { assets } of classes) {
    for (const [id, row] of assets) if (!/\.[A-Z]+$/.test(id)) attempt(() => addAsset(catalogue, readAsset(id, row)))
  }
  for (const { pairs } of classes) {
    for (const [id, row] of pairs) {
      const reason = attempt(() => addPair(catalogue, readPair(id, row, catalogue)))
      if (reason === undefined) continue
      for (const name of [id, isObject(row) ? row["altname"] : id]) unsupported.set(String(name).toUpperCase(), reason)
    }
  }
  const full = classes.filter(({ pairs }) => pairs.length > 0)
  return { catalogue, at, unsupported, classes: new Set(full.map(({ name }) => name)) }
}

/** Why a row can't be read; nothing if it can. */
const attempt = (read: () => void): string | undefined => {
  try {
    read()
    return undefined
  } catch (unreadable) {
    if (unreadable instanceof Unreadable) return unreadable.reason
    throw unreadable
  }
}

const rowsOf = (answer: unknown): ReadonlyArray<[string, unknown]> => (isObject(answer) ? Object.entries(answer) : [])
