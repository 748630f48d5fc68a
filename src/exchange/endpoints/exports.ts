import { strToU8, zipSync } from "fflate"
import type { Endpoint } from "../wire/call.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import type { History } from "../base/history.ts"
import { reportId } from "../base/ids.ts"
import { integer, list, oneOf, required } from "../wire/params.ts"
import { invalid } from "../base/refusal.ts"
import { showEntry, showTrade } from "../wire/show.ts"
import type { Account, Report } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"
import { walletOf } from "../accounts/strategies.ts"

/** Columns whose cells have no quotation marks. */
const numbers = new Set(["price", "cost", "fee", "vol", "margin", "amount", "balance"])

const columns = {
  trades: "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers".split(","),
  ledgers: "txid,refid,time,type,subtype,aclass,asset,wallet,amount,fee,balance".split(",")
}

/**
 * Age in milliseconds at which a report is processed, done and deleted: it is queued for two seconds, processed for
 * three, and kept for two weeks.
 */
const startsAfter = 2000
const doneAfter = 5000
const keptFor = 14 * 86_400_000

export const AddExport: Endpoint = (exchange, { account, key, params }) => {
  const report = oneOf({ report: required(params, "report") }, "report", ["trades", "ledgers"])!
  const description = required(params, "description")
  const format = oneOf(params, "format", ["CSV", "TSV"]) ?? "CSV"
  const fields = list(params, "fields") ?? ["all"]
  if (fields.join() !== "all" && fields.some((field) => !columns[report].includes(field))) throw invalid("fields")
  const now = new Date(exchange.now)
  const from = integer(params, "starttm", [0, 2 ** 40]) ?? Date.UTC(now.getUTCFullYear(), now.getUTCMonth()) / 1000
  const to = integer(params, "endtm", [0, 2 ** 40]) ?? Math.floor(exchange.now / 1000)
  let id = reportId(exchange.settings.seed, nextNumber(exchange))
  while (account.reports.some((known) => known.id === id)) id = reportId(exchange.settings.seed, nextNumber(exchange))
  account.reports.push({
    id,
    description,
    report,
    format,
    fields: fields.join(","),
    created: exchange.now,
    // A report is limited to the part of the history that the key may query.
    from: Math.max(from, key.queryFrom ?? 0),
    to: Math.min(to, key.queryTo || Infinity)
  })
  return { id }
}

export const ExportStatus: Endpoint = (exchange, { account, params }) => {
  const report = oneOf({ report: required(params, "report") }, "report", ["trades", "ledgers"])
  return kept(exchange, account)
    .filter((each) => each.report === report)
    .map((each) => showReport(exchange, each))
    .toReversed()
}

/** Returns the bytes of a ZIP with one file. This is the only answer that is not JSON. */
export const RetrieveExport: Endpoint = (exchange, { account, params }) => {
  const report = named(exchange, account, required(params, "id"))
  if (statusOf(exchange, report) !== "Processed") throw invalid("id")
  const name = `${report.report}.${report.format.toLowerCase()}`
  const rows = report.report === "trades" ? tradeRows(account, report) : ledgerRows(exchange, account, report)
  return zipSync({ [name]: [strToU8(table(report, rows)), { mtime: new Date(report.created) }] })
}

export const RemoveExport: Endpoint = (exchange, { account, params }) => {
  const report = named(exchange, account, required(params, "id"))
  const done = statusOf(exchange, report) === "Processed"
  const type = oneOf(params, "type", ["delete", "cancel"]) ?? (done ? "delete" : "cancel")
  if (done !== (type === "delete")) throw invalid("type")
  account.reports.splice(account.reports.indexOf(report), 1)
  return { [type]: true }
}

const kept = (exchange: Exchange, account: Account) =>
  account.reports.filter(({ created }) => exchange.now < created + keptFor)

const named = (exchange: Exchange, account: Account, id: string): Report => {
  const report = kept(exchange, account).find((each) => each.id === id)
  if (report === undefined) throw invalid("id")
  return report
}

const statusOf = (exchange: Exchange, { created }: Report): "Queued" | "Processing" | "Processed" =>
  exchange.now < created + startsAfter ? "Queued" : exchange.now < created + doneAfter ? "Processing" : "Processed"

const showReport = (exchange: Exchange, report: Report) => {
  const status = statusOf(exchange, report)
  const moment = (millis: number) => String(Math.floor(millis / 1000))
  return {
    id: report.id,
    descr: report.description,
    format: report.format,
    report: report.report,
    subtype: "all",
    status,
    error: "0",
    flags: "0",
    fields: report.fields,
    createdtm: moment(report.created),
    expiretm: moment(report.created + keptFor),
    starttm: status === "Queued" ? "0" : moment(report.created + startsAfter),
    completedtm: status === "Processed" ? moment(report.created + doneAfter) : "0",
    datastarttm: String(report.from),
    dataendtm: String(report.to),
    aclass: "forex",
    asset: "all",
    delete: "0"
  }
}

type Row = Record<string, string>

/** Returns the entries in the report's range that were there when the report was requested. */
const reported = <A>(history: History<A>, { created, from, to }: Report): Iterable<A> =>
  history.between(from * 1000, Math.min(to * 1000 + 999, created))

const tradeRows = (account: Account, report: Report): ReadonlyArray<Row> =>
  Array.from(reported(account.trades, report), (trade) => {
    const shown = showTrade(trade, false) as Row
    // Trade times have a tenth of a millisecond; times of ledger entries do not.
    const time = `${moment(trade.time)}.${String(trade.time % 1000).padStart(3, "0")}0`
    return { ...shown, txid: trade.id, time, ledgers: trade.ledgers.join(",") }
  })

const ledgerRows = (exchange: Exchange, account: Account, report: Report): ReadonlyArray<Row> =>
  Array.from(reported(account.ledger, report), (entry) => {
    const isSpot = entry.asset === assetOf(exchange.catalogue, entry.asset).id
    const wallet = isSpot ? "spot / main" : walletOf(entry.asset)
    return { ...showEntry(exchange, entry), txid: entry.id, time: moment(entry.time), wallet }
  })

const moment = (millis: number) => new Date(millis).toISOString().slice(0, 19).replace("T", " ")

const table = (report: Report, rows: ReadonlyArray<Row>): string => {
  const fields = report.fields.split(",")
  const names = report.fields === "all" ? columns[report.report] : ["txid", ...fields.filter((name) => name !== "txid")]
  const [between, mark] = report.format === "TSV" ? ["\t", ""] : [",", '"']
  const quoted = (value: string) => `${mark}${value}${mark}`
  const cell = (row: Row) => (name: string) => (numbers.has(name) ? row[name]! : quoted(row[name] ?? ""))
  const lines = [names.map(quoted), ...rows.map((row) => names.map(cell(row)))]
  return lines.map((line) => `${line.join(between)}\n`).join("")
}
