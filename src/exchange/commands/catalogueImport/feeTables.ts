import { type Schedule, type Tier, usual } from "../../catalogue/fees.ts"
import { fit, format, scan } from "../../base/fixed.ts"
import type { Params } from "../../wire/params.ts"
import { Unreadable } from "./Unreadable.ts"

type Rows = ReadonlyArray<{ readonly volume: number; readonly rate: bigint }>

/** The fees of a row of AssetPairs. Since 2026 Kraken leaves these tables empty: then its usual schedule holds. */
export const readFees = (row: Params): Schedule => {
  const [takers, makers] = [rowsOf(row["fees"]), rowsOf(row["fees_maker"])]
  if (takers.length === 0 && makers.length === 0) return usual
  if (!["ZUSD", "USD"].includes(String(row["fee_volume_currency"] ?? "ZUSD")))
    throw new Unreadable("its fees are not by dollars traded")
  // Without a table of their own, makers pay what takers do.
  const rates = { taker: takers, maker: makers.length === 0 ? takers : makers }
  const volumes = [...new Set([...rates.taker, ...rates.maker].map(({ volume }) => volume))].toSorted((a, b) => a - b)
  const at = (rows: Rows, volume: number) => rows.findLast((row) => row.volume <= volume)?.rate
  const tiers = volumes.map((volume): Tier => {
    const [taker, maker] = [at(rates.taker, volume), at(rates.maker, volume)]
    if (taker === undefined || maker === undefined) throw unclear
    return { volume, taker, maker }
  })
  const [first, ...others] = tiers
  if (first?.volume !== 0) throw unclear
  return [first, ...others]
}

/** The tables again; none for the usual ones. */
export const printFees = (fees: Schedule): Params => {
  if (fees === usual) return {}
  const table = (side: "taker" | "maker") => fees.map((tier) => [tier.volume, format(tier[side], 4)])
  return { fees: table("taker"), fees_maker: table("maker") }
}

const unclear = new Unreadable("its fee tables can't be read")

/** By rising volume: `[[0, 0.4], [10000, "0.35"]]`, percent. */
const rowsOf = (table: unknown): Rows => {
  if (table === undefined) return []
  if (!Array.isArray(table)) throw unclear
  const rows = table.map((row: unknown) => {
    const [volume, percent] = Array.isArray(row) ? row : []
    const scanned = scan(String(percent))
    const rate = scanned && fit(scanned, 4)
    if (!Number.isSafeInteger(Number(volume)) || Number(volume) < 0 || rate === undefined || rate < 0n) throw unclear
    return { volume: Number(volume), rate }
  })
  if (rows.some(({ volume }, i) => i > 0 && volume <= rows[i - 1]!.volume)) throw unclear
  return rows
}
