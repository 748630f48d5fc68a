import type { Authority } from "../../layers/access/record/authority.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import {
  isAtKraken,
  isDone,
  type PanicOptions,
  type PanicReport
} from "../../layers/kraken/writes/panic/panicReport.ts"
import type { EmergencySettings } from "../../layers/settings/emergency.ts"
import type { Freezing } from "./freeze.ts"

/** The end of the command. */
export interface PanicEnd {
  readonly freezing: Freezing
  readonly reports: ReadonlyArray<PanicReport>
  /** Sentences about things that could not be done for any account. */
  readonly problems: ReadonlyArray<string>
  /** Sentences about the settings that an operator should know. */
  readonly notes: ReadonlyArray<string>
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
    web_socket_tokens: report.webSocketTokens ?? null,
    withdrawals: report.withdrawals.map(({ isCanceled, ...row }) => ({ ...row, canceled: isCanceled })),
    problems: report.problems,
    notes: report.notes
  })),
  problems: end.problems,
  notes: [...end.notes, ...end.freezing.notes]
})

/** Writes the report for people. */
export const toText = (end: PanicEnd): string => {
  const { freezing, notes, problems, reports } = end
  return [
    frozenLine(freezing),
    ...notes,
    ...freezing.notes,
    ...reports.flatMap(linesOf),
    ...problems.map((text) => `NOT DONE: ${text}`),
    freezing.file || freezing.row
      ? "Nothing was sold. Trading stays frozen until: mcp-kraken resume"
      : "Nothing was sold."
  ]
    .map(escapeText)
    .join("\n")
}

/** Writes one line about the extent of the stop, before anything is done. */
export const scopeLine = ({ mode, stateDir }: Pick<EmergencySettings, "mode" | "stateDir">): string =>
  mode === "live"
    ? `Stopping real trading (mode live) through the state folder ${stateDir}.`
    : `Stopping simulated trading (mode paper) through the state folder ${stateDir}. Real orders stay.`

/** Writes one line about the freeze. */
export const frozenLine = ({ file, row, stop, wasFrozen }: Freezing): string => {
  if (!file && !row) return "TRADING IS NOT FROZEN."
  const why = stop.reason === undefined ? "" : ` (${stop.reason})`
  return wasFrozen
    ? `Trading was frozen already, since ${iso(stop.since)} by ${stop.by}${why}.`
    : `Trading is frozen since ${iso(stop.since)}${why}.`
}

/** The state that an interruption leaves. */
export interface Remains {
  /** Undefined before the settings were read. */
  readonly stateDir: string | undefined
  readonly authority: Authority | undefined
  /** Undefined before it was tried. */
  readonly isFrozen: boolean | undefined
  /** Servers were asked to do the work, and go on with it. */
  readonly isAsked: boolean
  /** The ids of the orders to cancel that were open at the last reading, by account. */
  readonly open: ReadonlyMap<string, ReadonlyArray<string>>
}

export const nothingYet: Remains = {
  stateDir: undefined,
  authority: undefined,
  isFrozen: undefined,
  isAsked: false,
  open: new Map()
}

/** The most ids that a line names. */
const mostNamed = 10

/** Writes the end of an interrupted command. */
export const interruptedText = (
  { isAsked, isFrozen, open }: Remains,
  { keepStops, scope }: Pick<PanicOptions, "keepStops" | "scope">
): string => {
  if (isFrozen === undefined) return "Interrupted before trading was frozen. Nothing was done."
  const named = (ids: ReadonlyArray<string>) =>
    `${ids.slice(0, mostNamed).join(", ")}${ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : ""}`
  const accounts = [...open].map(([account, ids]) =>
    ids.length === 0
      ? `${account}: no order was open at the last reading, which proves nothing yet.`
      : `${account}: ${ids.length} orders were open at the last reading: ${named(ids)}.`
  )
  return [
    isFrozen ? "Interrupted. Trading stays frozen." : "Interrupted. TRADING IS NOT FROZEN.",
    ...(isAsked ? ["Servers that were asked to cancel go on."] : []),
    ...(accounts.length > 0 ? accounts : isAsked ? [] : ["It is not known which orders are open."]),
    ...(scope === "all" && !keepStops && open.size > 0
      ? ["If the timer was set, Kraken cancels all orders of the account within 15 s."]
      : []),
    "Run panic again to finish."
  ].join("\n")
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
    ...(isAtKraken(account) ? [`${account}: ${tokensLine(report)}`] : []),
    ...notes.map((text) => `${account}: ${text}`),
    ...problems.map((text) => `${account}: NOT DONE: ${text}`)
  ]
}

/** Writes a sentence about tokens for Kraken's WebSocket, which no stop on this machine reaches. */
const tokensLine = ({ webSocketTokens: count }: PanicReport): string => {
  const danger = "a program that holds a token for Kraken's WebSocket can still place orders."
  const advice = "Delete the API key on kraken.com if you do not trust a program that might have one."
  if (count === 0)
    return "the record has no token for Kraken's WebSocket of the last 30 days, with which a program could still place orders."
  return count === undefined
    ? `${danger} It is not known if one was given out. ${advice}`
    : `${danger} The record has ${count} of the last 30 days. ${advice}`
}

const iso = (millis: number): string => new Date(millis).toISOString()
