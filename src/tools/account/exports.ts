import { Effect, Schema, Struct } from "effect"
import * as Report from "../../domain/wire/report.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import * as Arguments from "../kit/arguments.ts"
import { Settled, optionalSeconds, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { described, list, optional, withDefault } from "../kit/fields.ts"
import { time } from "../kit/timeFields.ts"
import * as Rows from "../kit/rows.ts"
import { unreadable } from "../kit/defects.ts"
import { offsetOf, offsetPaging, pageByOffset, paged } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const report = Schema.Literal("trades", "ledgers").annotations({ description: "Contents of the report" })
const id = described("Id from get_export_status")

const both = ["all", "time"] as const
const ofTrades = ["ordertxid", "ordertype", "price", "cost", "vol", "margin", "misc", "ledgers"] as const
const ofLedgers = ["refid", "type", "subtype", "aclass", "asset", "amount", "balance", "wallet"] as const

export const requestExportReport = Tool.endpoint("request_export_report", {
  title: "Request a report",
  description:
    "Request a file of all trades or ledger entries in a period. Moves no money. Once get_export_status says Processed, call retrieve_export.",
  endpoint: "private/AddExport",
  input: {
    report,
    description: described("A name for it"),
    format: optional(Schema.Literal("CSV", "TSV").annotations({ description: "Default CSV" })),
    fields: optional(list(Schema.Literal(...both, "fee", ...ofTrades, ...ofLedgers), "Columns (default all)")),
    starttm: optional(time("From: as in get_ledgers (default: first of this month)")),
    endtm: optional(time("Until: as in get_ledgers (default: now)", "end"))
  },
  rules: ({ fields, report }) => {
    const foreign: ReadonlyArray<string> = report === "trades" ? ofLedgers : ofTrades
    return (fields ?? []).flatMap((field, index) =>
      foreign.includes(field) ? [{ path: `fields.${index}`, fault: `${field} is not a column of ${report}` }] : []
    )
  },
  output: Schema.Struct({ id: Schema.String, ...Settled })
})

export const getExportStatus = Tool.endpoint("get_export_status", {
  title: "Export reports",
  description: "Export reports, newest first, with status Queued, Processing or Processed.",
  endpoint: "private/ExportStatus",
  input: { report, ...offsetPaging(25, 500) },
  params: (input) => Struct.omit(input, "limit", "cursor"),
  shape: (result, { input }) => {
    const { page, rows } = pageByOffset(Rows.newestFirst(result, "createdtm"), input)
    return { reports: rows.map((row) => Rows.compact(row, { zeros: times })), ...page }
  },
  output: Schema.Struct({
    reports: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        descr: optionalText,
        report: optionalText,
        format: optionalText,
        status: Schema.String,
        error: optionalText,
        fields: optionalText,
        asset: optionalText,
        createdtm: optionalSeconds,
        completedtm: optionalSeconds,
        datastarttm: optionalSeconds,
        dataendtm: optionalSeconds
      })
    ),
    ...paged
  })
})

const times = ["createdtm", "completedtm", "datastarttm", "dataendtm"]

interface Retrieved {
  readonly id: string
  readonly files: ReadonlyArray<Report.Member>
  readonly uri?: string
  readonly zip?: Uint8Array
  readonly columns?: ReadonlyArray<string>
  readonly rows?: ReadonlyArray<ReadonlyArray<string>>
  readonly next_cursor?: string
}

export const retrieveExport = Tool.make("retrieve_export", {
  title: "Get a report",
  description:
    "A finished report: as zip, the ZIP file as a resource, with the names of its files; as rows, its lines in pages.",
  endpoint: "private/RetrieveExport",
  input: {
    id,
    as: withDefault(Schema.Literal("zip", "rows").annotations({ description: "Form of the answer" }), "zip"),
    ...offsetPaging(50, 500)
  },
  aliases: { offset: "cursor" },
  handler: Effect.fn("Tool.retrieve_export")(function* ({ as, id, ...page }) {
    const kraken = yield* KrakenClient
    const zip = yield* kraken.download("private/RetrieveExport", { id })
    const files = yield* readable(() => Report.members(zip))
    const form =
      as === "zip" ? { uri: `kraken://exports/${encodeURIComponent(id)}.zip`, zip } : yield* rowsOf(zip, files, page)
    const answer: Retrieved = { id, files, ...form }
    return answer
  }),
  files: ({ uri, zip }: Retrieved) => (uri && zip ? [{ uri, mimeType: "application/zip", bytes: zip }] : []),
  output: Schema.Struct({
    id: Schema.String,
    files: Schema.Array(Schema.Struct({ name: Schema.String, size: Schema.Number })),
    uri: optionalText,
    columns: optionalTexts,
    rows: optional(Schema.Array(Schema.Array(Schema.String))),
    next_cursor: optionalText
  })
})

export const removeExport = Tool.endpoint("remove_export", {
  title: "Remove a report",
  description: "Delete a finished report, or cancel one that is not finished. Moves no money.",
  endpoint: "private/RemoveExport",
  input: {
    id,
    type: withDefault(
      Schema.Literal("delete", "cancel").annotations({ description: "cancel for Queued and Processing ones" }),
      "delete"
    )
  },
  shape: (result) => ({ removed: Object.values(result).includes(true) }),
  output: Schema.Struct({ removed: Schema.Boolean, ...Settled })
})

const rowsOf = (
  zip: Uint8Array,
  files: ReadonlyArray<Report.Member>,
  page: { readonly cursor?: string; readonly limit: number }
) => {
  const table = Report.table(files)
  if (table === undefined) return Effect.succeed({ columns: [], rows: [] })
  return table.size > Report.largest ? tooLarge(table) : readable(() => pageOf(zip, table, page))
}

const pageOf = (zip: Uint8Array, table: Report.Member, page: { readonly cursor?: string; readonly limit: number }) => {
  const { next_offset, ...rows } = Report.page(zip, table, { offset: offsetOf(page), limit: page.limit })
  return { ...rows, ...(next_offset !== undefined && { next_cursor: String(next_offset) }) }
}

const readable = <A>(read: () => A) =>
  Effect.catchAllDefect(Effect.sync(read), (thrown) =>
    thrown instanceof Report.Broken
      ? unreadable("private/RetrieveExport", false, "a ZIP", `it can't be read: ${thrown.message}`)
      : Effect.die(thrown)
  )

const tooLarge = ({ name, size }: Report.Member) =>
  Arguments.invalid("retrieve_export", [
    {
      path: "as",
      fault: `must be zip: ${name} has ${size} bytes, and rows takes at most ${Report.largest}. Or request a report of a shorter period`
    }
  ])
