import { type Schedule, type Tier, defaultFees } from "../../catalogue/fees.ts"
import { fit, format, scan } from "../../base/fixed.ts"
import type { Params } from "../../wire/params.ts"
import { Unreadable } from "./unreadable.ts"

type Rows = ReadonlyArray<{ readonly volume: number; readonly rate: bigint }>

/**
 * Reads the fees of a row of AssetPairs. Kraken has left these tables empty since 2026; the usual schedule applies
 * then.
 */
export const readFees = (row: Params): Schedule => {
  const [takers, makers] = [rowsOf(row["fees"], 0n), rowsOf(row["fees_maker"], -1_000_000n)]
  if (takers.length === 0 && makers.length === 0) return defaultFees
  if (!["ZUSD", "USD"].includes(String(row["fee_volume_currency"] ?? "ZUSD")))
    throw new Unreadable("its fees are not by dollars traded")
  // Makers pay the taker rates if they have no table of their own.
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

/** Prints the fee tables as AssetPairs does; empty for the usual schedule. */
export const printFees = (fees: Schedule): Params => {
  if (fees === defaultFees) return {}
  const table = (side: "taker" | "maker") => fees.map((tier) => [tier.volume, format(tier[side], 4)])
  return { fees: table("taker"), fees_maker: table("maker") }
}

const unclear = new Unreadable("its fee tables can't be read")

/** Reads a fee table by rising volume: `[[0, 0.4], [10000, "0.35"]]`, in percent. Makers of some pairs are paid. */
const rowsOf = (table: unknown, least: bigint): Rows => {
  if (table === undefined) return []
  if (!Array.isArray(table)) throw unclear
  const rows = table.map((row: unknown) => {
    const [volume, percent] = Array.isArray(row) ? row : []
    const scanned = scan(String(percent))
    const rate = scanned && fit(scanned, 4)
    if (!Number.isSafeInteger(Number(volume)) || Number(volume) < 0 || rate === undefined || rate < least) throw unclear
    return { volume: Number(volume), rate }
  })
  if (rows.some(({ volume }, i) => i > 0 && volume <= rows[i - 1]!.volume)) throw unclear
  return rows
}
