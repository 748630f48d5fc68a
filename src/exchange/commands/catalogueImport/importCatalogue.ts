import { Predicate } from "effect"
import type { Asset } from "../../catalogue/assets.ts"
import { addAsset, addPair, removeMarket } from "../../catalogue/catalogue.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import type { Params } from "../../wire/params.ts"
import { invalid } from "../../base/refusal.ts"
import { changeMode } from "../../engine/changeMode.ts"
import { type Exchange, makePairState, type PairState } from "../../state/state.ts"
import { printPair, readAsset, readPair } from "./rows.ts"
import { Unreadable } from "./unreadable.ts"

/**
 * Imports rows of Kraken's lists, read at `seen` (epoch milliseconds). `assets` and `pairs` are rows of Assets and
 * AssetPairs by id; `gone` holds the ids of delisted pairs. New assets and pairs are added. A known pair takes over its
 * status immediately and the other rules for later orders. While a pair has open orders, it keeps its decimals, and its
 * rules if the decimals changed. A known asset never changes, since balances are in its decimals.
 */
export const importCatalogue = (exchange: Exchange, params: Params): void => {
  const { catalogue } = exchange
  const assets = read(params, "assets", readAsset).filter(({ id }) => !catalogue.assets.has(id))
  const known = { assets: new Map<string, Asset>([...catalogue.assets, ...assets.map((it) => [it.id, it] as const)]) }
  const pairs = read(params, "pairs", (id, row) => readPair(id, row, known))
  const seen = Number(params["seen"])
  if (!Number.isSafeInteger(seen)) throw invalid("seen")
  const gone = Array.isArray(params["gone"]) ? params["gone"].map(String) : []
  for (const asset of assets) addAsset(catalogue, asset)
  for (const pair of pairs) if (isNewer(exchange, pair.id, seen)) importPair(exchange, pair, seen)
  for (const id of gone) {
    const state = exchange.pairStates.get(id)
    if (state === undefined || !isNewer(exchange, id, seen)) continue
    state.listed = seen
    changeMode(exchange, () => (state.status = "delisted"))
    removeMarket(catalogue, state.pair)
  }
}

/**
 * Returns true if lists read at `seen` are not older than those last imported for a pair. Another process might have
 * imported newer ones.
 */
export const isNewer = ({ pairStates }: Exchange, id: string, seen: number): boolean =>
  seen >= (pairStates.get(id)?.listed ?? 0)

/** Returns true if importing a row would change anything now. */
export const isChange = (exchange: Exchange, listed: Pair, seen: number): boolean => {
  const state = exchange.pairStates.get(listed.id)
  if (!isNewer(exchange, listed.id, seen)) return false
  if (state === undefined || state.status !== listed.status) return true
  const same = JSON.stringify(printPair(state.pair, state.status)) === JSON.stringify(printPair(listed, listed.status))
  return !same && !mustWait(exchange, state, listed)
}

const importPair = (exchange: Exchange, listed: Pair, seen: number): void => {
  const { catalogue, pairStates } = exchange
  const state = pairStates.get(listed.id)
  if (state === undefined || (!isSameInstrument(state.pair, listed) && !mustWait(exchange, state, listed))) {
    addPair(catalogue, listed)
    pairStates.set(listed.id, { ...makePairState(listed), listed: seen })
    return
  }
  const { pair } = state
  if (isSameInstrument(pair, listed)) {
    const { costmin, fees, ordermin, text, tick } = listed
    Object.assign(pair, { costmin, fees, ordermin, text, tick })
  }
  addPair(catalogue, pair)
  state.listed = seen
  changeMode(exchange, () => (state.status = listed.status))
}

/** Returns true if both have the same names, assets and decimals, so that orders of one are valid for the other. */
const isSameInstrument = (one: Pair, other: Pair): boolean =>
  one.priceDecimals === other.priceDecimals &&
  one.lotDecimals === other.lotDecimals &&
  one.costDecimals === other.costDecimals &&
  one.altname === other.altname &&
  one.wsname === other.wsname &&
  one.base.id === other.base.id &&
  one.quote.id === other.quote.id

const mustWait = (exchange: Exchange, { pair }: PairState, listed: Pair): boolean =>
  !isSameInstrument(pair, listed) &&
  [...exchange.accounts.values()].some(({ open }) => [...open.values()].some((order) => order.pair === pair))

const read = <A>(params: Params, field: string, readRow: (id: string, row: unknown) => A): ReadonlyArray<A> => {
  const rows = params[field] ?? {}
  if (!Predicate.isRecord(rows)) throw invalid(field)
  return Object.entries(rows).map(([id, row]) => {
    try {
      return readRow(id, row)
    } catch (unreadable) {
      throw unreadable instanceof Unreadable ? invalid(`${field}:${id}, ${unreadable.reason}`) : unreadable
    }
  })
}
