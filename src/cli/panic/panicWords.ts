import { escapeText } from "../../domain/wire/escapeText.ts"
import { isDone, type PanicReport } from "../../layers/kraken/writes/panic/panicReport.ts"
import type { Freezing } from "./freeze.ts"

/** The end of the command. */
export interface PanicEnd {
  readonly freezing: Freezing
  readonly reports: ReadonlyArray<PanicReport>
  /** Sentences about things that could not be done for any account. */
  readonly problems: ReadonlyArray<string>
}

/** Tells whether the command did all that it was asked to do. */
export const isEndDone = ({ freezing, problems, reports }: PanicEnd): boolean =>
  (freezing.file || freezing.row) && problems.length === 0 && reports.every(isDone)

/** Makes the JSON of the command. */
export const toJson = (end: PanicEnd) => ({
  done: isEndDone(end),
  frozen: {
    since: iso(end.freezing.stop.since),
    by: end.freezing.stop.by,
    reason: end.freezing.stop.reason ?? null,
    was_frozen: end.freezing.wasFrozen,
    file: end.freezing.file,
    record: end.freezing.row
  },
  accounts: end.reports.map((report) => ({
    account: report.account,
    empty: report.isEmpty,
    open_before: report.openBefore ?? null,
    still_open: report.stillOpen,
    kept: report.kept,
    list: report.list ?? null,
    withdrawals: report.withdrawals.map(({ isCanceled, ...row }) => ({ ...row, canceled: isCanceled })),
    problems: report.problems,
    notes: report.notes
  })),
  problems: end.problems,
  notes: end.freezing.notes
})

/** Writes the report for people. */
export const toText = (end: PanicEnd): string => {
  const { freezing, problems, reports } = end
  return [
    frozenLine(freezing),
    ...freezing.notes,
    ...reports.flatMap(linesOf),
    ...problems.map((text) => `NOT DONE: ${text}`),
    "Nothing was sold. Trading stays frozen until: mcp-kraken resume"
  ]
    .map(escapeText)
    .join("\n")
}

/** Writes one line about the freeze. */
export const frozenLine = ({ file, row, stop, wasFrozen }: Freezing): string => {
  if (!file && !row) return "TRADING IS NOT FROZEN."
  const why = stop.reason === undefined ? "" : ` (${stop.reason})`
  return wasFrozen
    ? `Trading was frozen already, since ${iso(stop.since)} by ${stop.by}${why}.`
    : `Trading is frozen since ${iso(stop.since)}${why}.`
}

const linesOf = (report: PanicReport): ReadonlyArray<string> => {
  const { account, isEmpty, kept, list, notes, openBefore, problems, stillOpen, withdrawals } = report
  const before = openBefore === undefined ? "" : ` ${openBefore} were open at the beginning.`
  return [
    isEmpty
      ? `${account}: no order is open, read twice.${before}`
      : `${account}: NOT PROVEN that no order is open.${before}`,
    ...(stillOpen.length > 0 ? [`${account}: still open: ${stillOpen.join(", ")}`] : []),
    ...(kept.length > 0 ? [`${account}: left open: ${kept.join(", ")}`] : []),
    ...(list === undefined ? [] : [`${account}: the orders of the beginning are in ${list}`]),
    ...withdrawals.map(
      ({ amount, asset, isCanceled, refid, status }) =>
        `${account}: withdrawal ${refid} of ${amount} ${asset}: ${isCanceled ? "cancelled" : `pending (${status})`}`
    ),
    ...notes.map((text) => `${account}: ${text}`),
    ...problems.map((text) => `${account}: NOT DONE: ${text}`)
  ]
}

const iso = (millis: number): string => new Date(millis).toISOString()
