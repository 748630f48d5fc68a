import { Option } from "effect"
import { format, parse } from "../numbers/decimal.ts"
import { isDecimal, maxNumberLength } from "../numbers/numberText.ts"
import type { Asset, Pair } from "./names.ts"

/** The answers of `Assets` and `AssetPairs` for one asset class, as Kraken sent them. */
export interface Lists {
  readonly assets: unknown
  readonly pairs: unknown
}

/** What Kraken calls XBT and XDG, everybody else (and Kraken's own website) calls BTC and DOGE. */
const aliases: Readonly<Record<string, string>> = { XBT: "BTC", XDG: "DOGE" }

/** The rows of `Assets`; what is not a row is left out, and so are fields that nobody here needs. */
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

/** The rows of `AssetPairs`; `displayOf` gives an asset's display name, for pairs without a `wsname`. */
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

/** Dark-pool pairs such as `XBTUSD.d` share the names of their assets with the ordinary pair. */
export const pairAlias = (altname: string, name: string): string =>
  altname.endsWith(".d") ? altname : name.split("/").map(assetAlias).join("/")

/** `XBT` → `BTC`, and in a balance of its own `XBT.M` → `BTC.M`. */
export const assetAlias = (altname: string): string => {
  const [stem = altname, ...rest] = altname.split(".")
  return [aliases[stem] ?? stem, ...rest].join(".")
}

type Row = { readonly [field: string]: unknown }

const rows = (answer: unknown): Array<[string, Row]> =>
  isRow(answer) ? Object.entries(answer).flatMap(([id, row]) => (isRow(row) ? [[id, row]] : [])) : []

const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value)

/** Kraken sends some numbers as text in one year and as numbers in the next. */
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** A decimal above zero, in plain digits: a small number of JSON reads `1e-7`. */
const positive = (value: unknown): string | undefined => {
  const given = text(value)
  if (given === undefined || !(Number(given) > 0)) return undefined
  return isDecimal(given) ? given : Option.getOrUndefined(Option.map(parse(given), format))
}

/** A number of decimals; where Kraken gives none that can be, the most that it uses, so that nothing is refused for it. */
const count = (value: unknown, otherwise: number): number => {
  const given = Number(text(value) ?? Number.NaN)
  return Number.isInteger(given) && given >= 0 && given <= maxNumberLength ? given : otherwise
}

const numbers = (value: unknown): Array<number> =>
  Array.isArray(value) ? value.map((item) => Number(item)).filter((item) => Number.isFinite(item)) : []
