import * as D from "../numbers/decimal.ts"
import type { TaxRow } from "./bookkeeping.ts"

/** Columns of the CSV. Amounts of money are in the currency of the first column; times are ISO 8601 in UTC. */
const columns = [
  "currency",
  "kind",
  "asset",
  "amount",
  "acquired",
  "disposed",
  "proceeds",
  "cost",
  "gain",
  "note"
] as const

/** Facts beside the rows. */
export interface TaxFacts {
  readonly currency: string
  /** Sentences that make up the first rows, such as what is missing. */
  readonly notes: ReadonlyArray<string>
}

/**
 * Writes sales, fees, results of margin positions and rewards as CSV (RFC 4180), one row for each part of a lot, in the order
 * of time. What is not known is empty and has a note. Proceeds are after fees, and costs include them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180 read 2026-11-29
 */
export const taxCsv = (rows: ReadonlyArray<TaxRow>, { currency, notes }: TaxFacts): string => {
  const lines = [
    columns,
    ...notes.map((note) => columns.map((name) => (name === "kind" ? "note" : name === "note" ? note : ""))),
    ...rows.map((row) => cells(row, currency))
  ]
  return lines.map((line) => `${line.map(escaped).join(",")}\r\n`).join("")
}

const cells = ({ acquired, amount, asset, cost, kind, proceeds, time }: TaxRow, currency: string) => {
  // A reward is income of its value when it came.
  const basis = kind === "reward" ? D.zero : cost
  const gain = proceeds === undefined || basis === undefined ? undefined : D.subtract(proceeds, basis)
  const note = proceeds === undefined ? "price then not known" : basis === undefined ? "cost not known" : ""
  return [
    currency,
    kind,
    asset,
    D.format(amount),
    acquired === undefined ? "" : iso(acquired),
    kind === "reward" ? "" : iso(time),
    text(proceeds),
    text(basis),
    text(gain),
    note
  ]
}

const text = (value: D.Decimal | undefined): string => (value === undefined ? "" : D.format(value))

const iso = (seconds: number): string => `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`

/** Writes a cell. An apostrophe stands before text that a spreadsheet would run as a formula; numbers have none. */
const escaped = (cell: string): string => {
  const text = /^[=+\-@\t\r]/.test(cell) && !/^-\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
