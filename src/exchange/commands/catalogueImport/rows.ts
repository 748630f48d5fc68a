import { Predicate } from "effect"
import { assetAlias, pairAlias } from "../../../domain/assets/krakenLists.ts"
import type { Asset } from "../../catalogue/assets.ts"
import type { Catalogue } from "../../catalogue/catalogue.ts"
import { fit, format, rescale, scan } from "../../base/fixed.ts"
import { type Pair, statuses } from "../../catalogue/pairs.ts"
import type { Params } from "../../wire/params.ts"
import { printFees, readFees } from "./feeTables.ts"
import { Unreadable } from "./unreadable.ts"

/** Reads a row of Kraken's Assets. Throws Unreadable if a field that affects money is missing: nothing is guessed. */
export const readAsset = (id: string, row: unknown): Asset => {
  if (!Predicate.isRecord(row)) throw new Unreadable("it is no row of a list")
  const altname = textOf(row["altname"]) ?? id
  const decimals = decimalsOf(row, "decimals")
  const aclass = row["aclass"] ?? "currency"
  if (aclass !== "currency" && aclass !== "tokenized_asset") throw new Unreadable(`its class is ${String(aclass)}`)
  return {
    id,
    altname,
    display: assetAlias(altname),
    class: aclass,
    decimals,
    displayDecimals: row["display_decimals"] === undefined ? decimals : decimalsOf(row, "display_decimals")
  }
}

export const printAsset = ({ altname, class: aclass, decimals, displayDecimals }: Asset): Params => ({
  aclass,
  altname,
  decimals,
  display_decimals: displayDecimals
})

/** Reads a row of Kraken's AssetPairs, whose assets must be known. A missing minimum is 0. */
export const readPair = (id: string, row: unknown, { assets }: Pick<Catalogue, "assets">): Pair => {
  if (!Predicate.isRecord(row)) throw new Unreadable("it is no row of a list")
  const [base, quote] = ["base", "quote"].map((field) => {
    const asset = assets.get(String(row[field]))
    if (asset === undefined) throw new Unreadable(`nothing is known of its ${field} ${String(row[field])}`)
    return asset
  }) as [Asset, Asset]
  if (Number(row["lot_multiplier"] ?? 1) !== 1) throw new Unreadable("its lots are no units")
  const status = statuses.find((known) => known === row["status"])
  if (status === undefined) throw new Unreadable(`its status is ${String(row["status"])}`)
  const altname = textOf(row["altname"]) ?? id
  const wsname = textOf(row["wsname"]) ?? `${base.altname}/${quote.altname}`
  const priceDecimals = decimalsOf(row, "pair_decimals")
  const lotDecimals = decimalsOf(row, "lot_decimals")
  const texts = {
    ordermin: textOf(row["ordermin"]) ?? "0",
    costmin: textOf(row["costmin"]) ?? "0",
    tick: textOf(row["tick_size"]) ?? format(1n, priceDecimals)
  }
  return {
    id,
    altname,
    wsname,
    display: pairAlias(altname, wsname),
    base,
    quote,
    costDecimals: decimalsOf(row, "cost_decimals"),
    priceDecimals,
    lotDecimals,
    tick: tickOf(texts.tick, priceDecimals),
    ordermin: minimumOf(texts.ordermin, lotDecimals, "ordermin"),
    costmin: minimumOf(texts.costmin, quote.decimals, "costmin"),
    leverage: [],
    status,
    fees: readFees(row),
    text: texts
  }
}

/** Prints a pair as a row of AssetPairs, with the given status. */
export const printPair = (pair: Pair, status: string): Params => ({
  altname: pair.altname,
  wsname: pair.wsname,
  base: pair.base.id,
  quote: pair.quote.id,
  cost_decimals: pair.costDecimals,
  pair_decimals: pair.priceDecimals,
  lot_decimals: pair.lotDecimals,
  ordermin: pair.text.ordermin,
  costmin: pair.text.costmin,
  tick_size: pair.text.tick,
  ...printFees(pair.fees),
  status
})

/** Reads a text or a number as text: Kraken has changed the type of some numbers over the years. */
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined

/** The most decimals that are accepted. */
const maxDecimals = 18

const decimalsOf = (row: Params, field: string): number => {
  const value = Number(textOf(row[field]) ?? Number.NaN)
  if (Number.isInteger(value) && value >= 0 && value <= maxDecimals) return value
  throw new Unreadable(`its ${field} is ${String(row[field])}`)
}

const tickOf = (text: string, decimals: number): bigint => {
  const scanned = scan(text)
  const tick = scanned && fit(scanned, decimals)
  if (tick === undefined || tick <= 0n) throw new Unreadable(`its tick_size of ${text} does not fit its prices`)
  return tick
}

/** Rounds a minimum up to the decimals of the amounts it applies to, which accepts the same amounts. */
const minimumOf = (text: string, decimals: number, field: string): bigint => {
  const scanned = scan(text)
  if (scanned === undefined || scanned.value < 0n) throw new Unreadable(`its ${field} is ${text}`)
  return rescale(scanned.value, scanned.decimals, decimals, "ceil")
}
