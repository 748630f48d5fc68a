import { Effect, Schema } from "effect"
import { readReport } from "../domain/report.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import type { KrakenError, KrakenUnreadable } from "../services/KrakenErrors.ts"
import { list, optional, Seconds, time, whole, withDefault, Written } from "./Fields.ts"
import * as Rows from "./Rows.ts"
import * as Tool from "./Tool.ts"

const report = Schema.Literal("trades", "ledgers").annotations({ description: "What it is about" })

const id = Schema.String.pipe(Schema.nonEmptyString(), Schema.annotations({ description: "Report id, e.g. TCJA" }))

export const requestExportReport = Tool.endpoint("request_export_report", {
  title: "Request an export",
  description:
    "Has Kraken write a report of trades or ledger entries; it is ready after a while (get_export_status), then retrieve_export gets it.",
  endpoint: "private/AddExport",
  permissions: [["export-data"]],
  intent: "write",
  input: {
    report,
    description: Schema.String.annotations({ description: "What to call it" }),
    format: withDefault(Schema.Literal("CSV", "TSV").annotations({ description: "Of the file" }), "CSV"),
    fields: optional(list(Schema.String, 'Columns, e.g. ["time", "amount"] (default all)')),
    starttm: optional(time("From: Unix seconds or ISO 8601 (default the first of this month)")),
    endtm: optional(time("Until: Unix seconds or ISO 8601 (default now)"))
  },
  output: Schema.Struct({ id: Schema.String, ...Written })
})

const Report = Schema.Struct({
  id: Schema.String,
  descr: optional(Schema.String),
  report: optional(Schema.String),
  status: Schema.String.annotations({ description: "Queued, Processing or Processed" }),
  format: optional(Schema.String),
  fields: optional(Schema.String),
  createdtm: optional(Seconds),
  completedtm: optional(Seconds),
  expiretm: optional(Seconds),
  datastarttm: optional(Seconds),
  dataendtm: optional(Seconds),
  error: optional(Schema.String)
})

export const getExportStatus = Tool.endpoint("get_export_status", {
  title: "Export status",
  description: "The reports that were requested, and how far they are.",
  endpoint: "private/ExportStatus",
  permissions: [["export-data"]],
  intent: "read",
  input: { report },
  shape: (result) => {
    const rows = result as ReadonlyArray<Rows.Row>
    return { reports: rows.map((row) => Rows.compact(row, { zeros: ["completedtm", "expiretm", "error"] })) }
  },
  output: Schema.Struct({ reports: Schema.Array(Report) })
})

export const retrieveExport = Tool.make("retrieve_export", {
  title: "Retrieve an export",
  description: "A processed report: its ZIP archive as a file, or with as: rows its lines, paged by offset.",
  endpoint: "private/RetrieveExport",
  permissions: [["export-data"]],
  intent: "read",
  input: {
    id,
    as: withDefault(Schema.Literal("zip", "rows").annotations({ description: "A file, or lines" }), "zip"),
    offset: withDefault(whole("Lines to skip: next_offset of the last answer", 0, 100_000_000), 0),
    limit: withDefault(whole("Lines to show", 1, 500), 50)
  },
  output: Schema.Struct({
    id: Schema.String,
    bytes: Schema.Number,
    count: optional(Schema.Number.annotations({ description: "Lines in all" })),
    rows: optional(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.String }))),
    next_offset: optional(Schema.Number)
  }),
  handler: (input) => retrieve(input),
  files: ({ id, zip }) =>
    zip === undefined ? [] : [{ uri: `kraken://exports/${id}.zip`, mimeType: "application/zip", bytes: zip }]
})

export const removeExport = Tool.endpoint("remove_export", {
  title: "Remove an export",
  description: "Deletes a processed report at Kraken, or cancels one that is not processed yet.",
  endpoint: "private/RemoveExport",
  permissions: [["export-data"]],
  intent: "write",
  input: {
    id,
    type: withDefault(
      Schema.Literal("delete", "cancel").annotations({ description: "cancel: not processed yet" }),
      "delete"
    )
  },
  shape: (result) => ({ removed: Object.values(Object(result)).includes(true) }),
  output: Schema.Struct({ removed: Schema.Boolean, ...Written })
})

interface Wanted {
  readonly id: string
  readonly as: "zip" | "rows"
  readonly offset: number
  readonly limit: number
}

interface Retrieved {
  readonly id: string
  readonly bytes: number
  readonly zip: Uint8Array | undefined
  readonly count?: number
  readonly rows?: ReadonlyArray<Record<string, string>>
  readonly next_offset?: number
}

/** The archive stays beside the answer: it travels as a file. */
const retrieve = Effect.fn(function* ({
  as,
  id,
  limit,
  offset
}: Wanted): Effect.fn.Return<Retrieved, KrakenError | KrakenUnreadable, KrakenClient> {
  const kraken = yield* KrakenClient
  const zip = yield* kraken.download("private/RetrieveExport", { id })
  const about: Retrieved = { id, bytes: zip.length, zip: as === "zip" ? zip : undefined }
  if (as === "zip") return about
  const all = yield* Effect.try({
    try: () => readReport(zip),
    catch: (cause) => Tool.unreadable("private/RetrieveExport", false, String(cause))
  })
  const next = offset + limit
  return {
    ...about,
    count: all.length,
    rows: all.slice(offset, next),
    ...(next < all.length && { next_offset: next })
  } satisfies Retrieved
})
