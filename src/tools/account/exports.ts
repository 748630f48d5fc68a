import { Effect, Schema, Struct } from "effect"
import * as Report from "../../domain/wire/report.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import * as Arguments from "../kit/arguments.ts"
import { Settled, optionalTime, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { described, list, optional, withDefault } from "../kit/fields.ts"
import { listedAs } from "../kit/jsonSchema.ts"
import { time } from "../kit/timeFields.ts"
import * as Rows from "../kit/rows.ts"
import { unreadable } from "../kit/defects.ts"
import { aliases, filePaging, offsetPaging, pageByOffset, paged } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const report = Schema.Literal("trades", "ledgers")
const id = described("Id from get_export_status")

const both = ["all", "time"] as const
const ofTrades = ["ordertxid", "ordertype", "price", "cost", "vol", "margin", "misc", "ledgers"] as const
const ofLedgers = ["refid", "type", "subtype", "aclass", "asset", "amount", "balance", "wallet"] as const

export const requestExportReport = Tool.endpoint("request_export_report", {
  title: "Request a report",
  description:
    "Request a file of all trades or ledger entries of a period. Once get_export_status says Processed, call retrieve_export.",
  endpoint: "private/AddExport",
  input: {
    report,
    description: described("A name for it"),
    format: optional(Schema.Literal("CSV", "TSV").annotations({ description: "Default CSV" })),
    fields: optional(
      listedAs(list(Schema.Literal(...both, "fee", ...ofTrades, ...ofLedgers), ""), {
        type: "array",
        items: { type: "string" },
        description: "Columns (default all)"
      })
    ),
    starttm: optional(time("Default: first of this month")),
    endtm: optional(time("Default: now", "end"))
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
        createdtm: optionalTime,
        completedtm: optionalTime,
        datastarttm: optionalTime,
        dataendtm: optionalTime
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
  readonly file?: string
  readonly columns?: ReadonlyArray<string>
  readonly rows?: ReadonlyArray<ReadonlyArray<string>>
  readonly next_cursor?: string
}

export const retrieveExport = Tool.make("retrieve_export", {
  title: "Get a report",
  description: "Rows of a finished report, file by file, or as zip the file itself, if small.",
  endpoint: "private/RetrieveExport",
  input: {
    id,
    as: withDefault(Schema.Literal("zip", "rows"), "rows"),
    ...filePaging(50, 500)
  },
  aliases,
  handler: Effect.fn("Tool.retrieve_export")(function* ({ as, id, ...page }) {
    const kraken = yield* KrakenClient
    const zip = yield* kraken.download("private/RetrieveExport", { id })
    const files = yield* readable(() => Report.members(zip))
    const form = as === "zip" ? yield* wholeOf(id, zip) : yield* rowsOf(zip, files, page)
    const answer: Retrieved = { id, files, ...form }
    return answer
  }),
  files: ({ uri, zip }: Retrieved) => (uri && zip ? [{ uri, mimeType: "application/zip", bytes: zip }] : []),
  output: Schema.Struct({
    id: Schema.String,
    files: Schema.Array(Schema.Struct({ name: Schema.String, size: Schema.Number })),
    uri: optionalText,
    file: optionalText,
    columns: optionalTexts,
    rows: optional(Schema.Array(Schema.Array(Schema.String))),
    next_cursor: optionalText
  })
})

export const removeExport = Tool.endpoint("remove_export", {
  title: "Remove a report",
  description: "Delete a finished report, or cancel an unfinished one.",
  endpoint: "private/RemoveExport",
  input: {
    id,
    type: withDefault(
      Schema.Literal("delete", "cancel").annotations({ description: "cancel: unfinished ones" }),
      "delete"
    )
  },
  shape: (result) => ({ removed: Object.values(result).includes(true) }),
  output: Schema.Struct({ removed: Schema.Boolean, ...Settled })
})

interface Page {
  readonly cursor?: string
  readonly limit: number
}

/** Reads a page of rows. A cursor is a number of rows to skip and, from the second file on, the number of the file. */
const rowsOf = (zip: Uint8Array, files: ReadonlyArray<Report.Member>, { cursor = "0", limit }: Page) => {
  const tables = Report.tables(files)
  const [offset = "0", number = "0"] = cursor.split(":").toReversed()
  const table = tables[Number(number)]
  if (table === undefined) return Effect.succeed({ columns: [], rows: [] })
  if (table.size > Report.largest) return tooLarge(table)
  return readable(() => {
    const { columns, next_offset, rows } = Report.page(zip, table, { offset: Number(offset), limit })
    const following = Number(number) + 1
    const next = next_offset === undefined ? nextFile(following, tables.length) : place(Number(number), next_offset)
    return { ...(tables.length > 1 && { file: table.name }), columns, rows, ...Rows.compact({ next_cursor: next }) }
  })
}

const nextFile = (number: number, count: number) => (number < count ? place(number, 0) : undefined)

const place = (number: number, offset: number) => (number === 0 ? String(offset) : `${number}:${offset}`)

/**
 * The most bytes of a ZIP that is sent as a resource. As base64 that is as long as the longest text of an answer, which a
 * model reads again in every later turn.
 */
const largestZip = 60_000

const wholeOf = (id: string, zip: Uint8Array) =>
  zip.length > largestZip
    ? Effect.fail(
        fault("as", `must be rows: the ZIP has ${zip.length} bytes, and an answer holds at most ${largestZip}`)
      )
    : Effect.succeed({ uri: `kraken://exports/${encodeURIComponent(id)}.zip`, zip })

const readable = <A>(read: () => A) =>
  Effect.catchAllDefect(Effect.sync(read), (thrown) =>
    thrown instanceof Report.Broken
      ? unreadable("private/RetrieveExport", false, "a ZIP", `it can't be read: ${thrown.message}`)
      : Effect.die(thrown)
  )

const tooLarge = ({ name, size }: Report.Member) =>
  Effect.fail(
    fault(
      "id",
      `${name} has ${size} bytes, and at most ${Report.largest} are unpacked: request a report of a shorter period`
    )
  )

const fault = (path: string, fault: string) => Arguments.invalid("retrieve_export", [{ path, fault }])
