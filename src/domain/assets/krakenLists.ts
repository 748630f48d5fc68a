import { Predicate } from "effect"
import { format, parse } from "../numbers/decimal.ts"
import { isDecimal, maxNumberLength } from "../numbers/numberText.ts"
import type { Asset, Pair } from "./model.ts"

/** The answers of `Assets` and `AssetPairs` for one asset class, as Kraken sent them. */
export interface Lists {
  readonly assets: unknown
  readonly pairs: unknown
}

/**
 * Common names of the assets that Kraken calls XBT and XDG. Kraken's own website uses the common names too.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-asset-info read 2026-08-17
 */
const aliases: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" }

/**
 * Reads the rows of `Assets`. Malformed rows and unused fields are left out.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-asset-info read 2026-08-17
 */
export const assetsOf = (assetClass: Asset["assetClass"], answer: unknown): Array<Asset> =>
  rows(answer).map(([id, row]) => {
    const altname = text(row["altname"]) ?? id
    return {
      id,
      altname,
      display: assetAlias(altname),
      assetClass,
      decimals: count(row["decimals"], 8),
      status: text(row["status"]) ?? "enabled"
    }
  })

/**
 * Reads the rows of `AssetPairs`. `displayOf` gives an asset's display name, for pairs without a `wsname`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export const pairsOf = (
  assetClass: Pair["assetClass"],
  answer: unknown,
  displayOf: (assetId: string) => string
): Array<Pair> =>
  rows(answer).flatMap(([id, row]) => {
    const base = text(row["base"])
    const quote = text(row["quote"])
    if (base === undefined || quote === undefined) return []
    const altname = text(row["altname"]) ?? id
    const pair: Pair = {
      id,
      altname,
      display: pairAlias(altname, text(row["wsname"]) ?? `${displayOf(base)}/${displayOf(quote)}`),
      base,
      quote,
      assetClass,
      status: text(row["status"]) ?? "online",
      pairDecimals: count(row["pair_decimals"], 10),
      lotDecimals: count(row["lot_decimals"], 8),
      costDecimals: count(row["cost_decimals"], 10),
      ordermin: positive(row["ordermin"]),
      costmin: positive(row["costmin"]),
      tickSize: positive(row["tick_size"]),
      leverageBuy: numbers(row["leverage_buy"]),
      leverageSell: numbers(row["leverage_sell"])
    }
    return [pair]
  })

/**
 * Reads the rows of `AssetPairs` for pairs of another venue than Kraken's international one, such as `ETHUSD:BTNL`. Rows
 * of the international venue are left out, as are rows without a venue in their names: requests would confuse them with
 * the international pair.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-11-29
 */
export const venuePairsOf = (answer: unknown, displayOf: (assetId: string) => string): Array<Pair> => {
  const others = rows(answer).filter(([, row]) => text(row["execution_venue"]) !== "international")
  return pairsOf("currency", Object.fromEntries(others), displayOf).flatMap((pair) => {
    const name = [pair.altname, pair.id].find((name) => venueOf(name) !== "")
    if (name === undefined) return []
    const display = venueOf(pair.display) === "" ? pair.display + venueOf(name) : pair.display
    return [{ ...pair, altname: name, display }]
  })
}

/** Returns the venue at the end of a pair's name, with its colon: `ETHUSD:BTNL` → `:BTNL`. Empty if there is none. */
export const venueOf = (name: string): string => /:[^:/]+$/.exec(name)?.[0] ?? ""

/**
 * Returns the display name of a pair. A dark-pool pair such as `XBTUSD.d` keeps its altname, since its `wsname` equals
 * that of the ordinary pair.
 */
export const pairAlias = (altname: string, name: string): string =>
  altname.endsWith(".d") ? altname : name.split("/").map(assetAlias).join("/")

/** Returns the display name of an asset: `XBT` → `BTC`, with a balance suffix or a venue `XBT.M` → `BTC.M`. */
export const assetAlias = (altname: string): string => {
  const [stem = altname] = altname.split(/[.:]/)
  return (aliases[stem] ?? stem) + altname.slice(stem.length)
}

type Row = { readonly [field: string]: unknown }

const rows = (answer: unknown): Array<[string, Row]> =>
  Predicate.isRecord(answer)
    ? Object.entries(answer).flatMap(([id, row]) => (Predicate.isRecord(row) ? [[id, row]] : []))
    : []

/** Reads text or a number as text. Kraken has changed some fields from one to the other. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** Reads a decimal above zero as plain digits. A small JSON number would otherwise print as `1e-7`. */
const positive = (value: unknown): string | undefined => {
  const given = text(value)
  if (given === undefined || !(Number(given) > 0)) return undefined
  if (isDecimal(given)) return given
  const number = parse(given)
  return number && format(number)
}

/**
 * Reads a number of decimals. If it is missing or invalid, `otherwise` (the most that Kraken uses) keeps an order from
 * being refused because of it.
 */
const count = (value: unknown, otherwise: number): number => {
  const given = Number(text(value) ?? Number.NaN)
  return Number.isInteger(given) && given >= 0 && given <= maxNumberLength ? given : otherwise
}

const numbers = (value: unknown): Array<number> =>
  Array.isArray(value) ? value.map((item) => Number(item)).filter((item) => Number.isFinite(item)) : []
