import { Effect, Schema, Struct } from "effect"
import * as Report from "../../domain/wire/report.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import * as Arguments from "../kit/arguments.ts"
import { list, optional, Seconds, Settled, time, whole, withDefault } from "../kit/fields.ts"
import * as Rows from "../kit/rows.ts"
import { unreadable } from "../kit/defects.ts"
import * as Tool from "../kit/tool.ts"

const words = optional(Schema.String)
const seconds = optional(Seconds)

const report = Schema.Literal("trades", "ledgers").annotations({ description: "What the report is about" })
const id = Schema.String.annotations({ description: "Id from get_export_status" })

const both = ["all", "time"] as const
const ofTrades = ["ordertxid", "ordertype", "price", "cost", "vol", "margin", "misc", "ledgers"] as const
const ofLedgers = ["refid", "type", "subtype", "aclass", "asset", "amount", "balance", "wallet"] as const

export const requestExportReport = Tool.endpoint("request_export_report", {
  title: "Request a report",
  description:
    "Have Kraken make a file of all trades or ledger entries of a period. Moves no money. When get_export_status says Processed, retrieve_export gets it.",
  endpoint: "private/AddExport",
  input: {
    report,
    description: Schema.String.annotations({ description: "A name for it" }),
    format: optional(Schema.Literal("CSV", "TSV").annotations({ description: "Default CSV" })),
    fields: optional(list(Schema.Literal(...both, "fee", ...ofTrades, ...ofLedgers), "Columns (default all)")),
    starttm: optional(time("From: Unix seconds or ISO 8601 (default: first of this month)")),
    endtm: optional(time("Until: Unix seconds or ISO 8601 (default: now)"))
  },
  rules: ({ fields, report }) => {
    const foreign: ReadonlyArray<string> = report === "trades" ? ofLedgers : ofTrades
    return (fields ?? []).flatMap((field, index) =>
      foreign.includes(field) ? [{ path: `fields.${index}`, fault: `${field} is no column of ${report}` }] : []
    )
  },
  output: Schema.Struct({ id: Schema.String, ...Settled })
})

export const getExportStatus = Tool.endpoint("get_export_status", {
  title: "Reports",
  description: "Reports, newest first, and how far they are: Queued, Processing or Processed.",
  endpoint: "private/ExportStatus",
  input: { report, limit: withDefault(whole("Newest reports to show", 1, 500), 25) },
  params: (input) => Struct.omit(input, "limit"),
  shape: (result, { input }) => {
    const rows = Rows.newestFirst(result, "createdtm")
    return {
      reports: rows.slice(0, input.limit).map((row) => Rows.compact(row, { zeros: times })),
      ...(rows.length > input.limit && { omitted: rows.length - input.limit })
    }
  },
  output: Schema.Struct({
    reports: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        descr: words,
        report: words,
        format: words,
        status: Schema.String,
        error: words,
        fields: words,
        asset: words,
        createdtm: seconds,
        completedtm: seconds,
        datastarttm: seconds,
        dataendtm: seconds
      })
    ),
    omitted: optional(Schema.Number.annotations({ description: "Older ones beyond limit" }))
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
  readonly next_offset?: number
}

export const retrieveExport = Tool.make("retrieve_export", {
  title: "Get a report",
  description:
    "A finished report: as zip, the ZIP file as a resource beside the names of what it holds; as rows, its lines in pages, to be read.",
  endpoint: "private/RetrieveExport",
  input: {
    id,
    as: withDefault(Schema.Literal("zip", "rows").annotations({ description: "Form of the answer" }), "zip"),
    offset: withDefault(
      Schema.NonNegativeInt.annotations({ description: "Rows to skip: next_offset of the last answer" }),
      0
    ),
    limit: withDefault(whole("Rows to show", 1, 500), 50)
  },
  handler: Effect.fn("Tool.retrieve_export")(function* ({ as, id, ...part }) {
    const kraken = yield* KrakenClient
    const zip = yield* kraken.download("private/RetrieveExport", { id })
    const files = yield* readable(() => Report.members(zip))
    const form =
      as === "zip" ? { uri: `kraken://exports/${encodeURIComponent(id)}.zip`, zip } : yield* rowsOf(zip, files, part)
    const answer: Retrieved = { id, files, ...form }
    return answer
  }),
  files: ({ uri, zip }: Retrieved) => (uri && zip ? [{ uri, mimeType: "application/zip", bytes: zip }] : []),
  output: Schema.Struct({
    id: Schema.String,
    files: Schema.Array(Schema.Struct({ name: Schema.String, size: Schema.Number })),
    uri: words,
    columns: optional(Schema.Array(Schema.String)),
    rows: optional(Schema.Array(Schema.Array(Schema.String))),
    next_offset: optional(Schema.Number)
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

const rowsOf = (zip: Uint8Array, files: ReadonlyArray<Report.Member>, part: Report.Page) => {
  const table = Report.table(files)
  if (table === undefined) return Effect.succeed({ columns: [], rows: [] })
  return table.size > Report.largest ? tooLarge(table) : readable(() => Report.page(zip, table, part))
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
      fault: `must be zip: ${name} has ${size} bytes, and rows takes at most ${Report.largest}. Or request a report of a shorter time`
    }
  ])
