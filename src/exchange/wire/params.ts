import { parseJson } from "../../domain/wire/json.ts"
import { isShort } from "../../domain/numbers/numberText.ts"
import type { Asset } from "../catalogue/assets.ts"
import { findAsset, findListedPair, findPair } from "../catalogue/catalogue.ts"
import { fit, scan } from "../base/fixed.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Exchange } from "../state/state.ts"

/** Arguments from a form or a JSON body. Values are texts, numbers, booleans, or nested. */
export type Params = Readonly<Record<string, unknown>>

/** Reads a value as text; undefined if absent. A list becomes a text with commas. */
export const text = (params: Params, field: string): string | undefined => {
  const value = params[field]
  if (value === undefined || value === null) return undefined
  const string = Array.isArray(value) ? value.map((item) => plain(item, field)).join(",") : plain(value, field)
  if (string === "") throw invalid(field)
  return string
}

/** Converts a value to text. Objects are refused, since their text could be anything or fail. */
export const plain = (value: unknown, field: string): string => {
  if (typeof value === "object") throw invalid(field)
  return String(value)
}

export const required = (params: Params, field: string): string => {
  const value = text(params, field)
  if (value === undefined) throw invalid(field)
  return value
}

export const list = (params: Params, field: string): ReadonlyArray<string> | undefined =>
  text(params, field)
    ?.split(",")
    .map((item) => item.trim())

/**
 * Reads a list of names that limits an answer. An empty one limits nothing, as if it were absent: clients send `pair=`
 * for all pairs.
 */
export const names = (params: Params, field: string): ReadonlyArray<string> | undefined =>
  params[field] === "" ? undefined : list(params, field)

export const flag = (params: Params, field: string, otherwise = false): boolean => {
  const value = text(params, field)?.toLowerCase()
  if (value === undefined) return otherwise
  if (value === "true" || value === "1") return true
  if (value === "false" || value === "0") return false
  throw invalid(field)
}

export const integer = (params: Params, field: string, range: readonly [number, number]): number | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  if (!isShort(value) || !/^[+-]?\d+$/.test(value)) throw invalid(field)
  const number = Number(value)
  if (number < range[0] || number > range[1]) throw invalid(field)
  return number
}

export const oneOf = <const A extends string>(
  params: Params,
  field: string,
  values: ReadonlyArray<A>
): A | undefined => {
  const value = text(params, field)
  const found = values.find((known) => known === value)
  if (value !== undefined && found === undefined) throw invalid(field)
  return found
}

/**
 * Reads a list of objects or texts. JSON has arrays; forms have `orders[0]=…`, read as an array or as numbered keys.
 */
export const array = (params: Params, field: string): ReadonlyArray<unknown> | undefined => {
  const value = params[field]
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value
  if (typeof value === "object") return Object.values(value)
  return parsed(String(value)) ?? String(value).split(",")
}

const parsed = (json: string): ReadonlyArray<unknown> | undefined => {
  if (!json.startsWith("[")) return undefined
  try {
    return parseJson(json) as ReadonlyArray<unknown>
  } catch {
    return undefined
  }
}

/** Reads a positive amount of an asset, in its units. */
export const amount = (params: Params, field: string, asset: Asset): bigint | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  const read = units(value, asset)
  if (read === undefined || read <= 0n) throw invalid(field)
  return read
}

/**
 * Converts a decimal text to units of an asset; undefined if it is not a decimal or has more decimals than the asset.
 */
export const units = (value: string, asset: Asset): bigint | undefined => {
  const scanned = scan(value)
  return scanned && fit(scanned, asset.decimals)
}

export const assetNamed = ({ catalogue }: Exchange, name: string, otherwise = "EQuery:Unknown asset"): Asset => {
  const asset = findAsset(catalogue, name)
  if (asset === undefined) throw new Refusal(otherwise)
  return asset
}

/** Reads the asset class that a call is limited to. */
export const classNamed = (params: Params, field: "aclass" | "asset_class"): Asset["class"] =>
  oneOf(params, field, ["currency", "tokenized_asset"]) ?? "currency"

/** Reads the required asset of a call, by any of its names. A tokenised asset is found only if its class is named. */
export const assetClassed = (
  exchange: Exchange,
  params: Params,
  field: "aclass" | "asset_class",
  otherwise?: string
): Asset => {
  const wanted = classNamed(params, field)
  const asset = assetNamed(exchange, required(params, "asset"), otherwise)
  if (asset.class !== wanted) throw new Refusal(otherwise ?? "EQuery:Unknown asset")
  return asset
}

/** Finds a pair by any of its REST names. A tokenised pair is found only if its class is named. */
export const pairNamed = ({ catalogue, settings }: Exchange, params: Params, name: string): Pair => {
  // Commands did not know common names under the first rules.
  const pair = settings.rules < 2 ? findListedPair(catalogue, name) : findPair(catalogue, name)
  const wanted = oneOf(params, "asset_class", ["currency", "forex", "tokenized_asset"]) ?? "currency"
  const known = pair !== undefined && (pair.base.class === "tokenized_asset") === (wanted === "tokenized_asset")
  if (!known) throw new Refusal("EQuery:Unknown asset pair")
  return pair
}
