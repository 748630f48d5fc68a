import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { strToU8, zipSync } from "fflate"
import * as Exports from "../../src/tools/Exports.ts"
import { TestKraken } from "../TestKraken.ts"

const kraken = (options: Parameters<typeof TestKraken>[0], calls: Array<object> = []) =>
  TestKraken({
    granted: ["export-data"],
    onCall: (endpoint, params) => calls.push({ endpoint, ...params }),
    ...options
  })

describe("an export", () => {
  it.effect("is requested with times in any form, and gets an id", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Exports.requestExportReport.call({
        report: "trades",
        description: "October",
        fields: ["time", "price"],
        starttm: "2025-10-01T00:00:00Z",
        endtm: 1761000000
      })
      assert.deepStrictEqual(structuredContent, { id: "TCJA" })
      assert.deepStrictEqual(calls, [
        {
          endpoint: "private/AddExport",
          report: "trades",
          description: "October",
          format: "CSV",
          fields: "time,price",
          starttm: "1759276800",
          endtm: "1761000000"
        }
      ])
    }).pipe(Effect.provide(kraken({ answers: { "private/AddExport": { id: "TCJA" } } }, calls)))
  })

  it.effect("says how far it is", () =>
    Effect.gen(function* () {
      const { reports } = yield* Exports.getExportStatus.run({ report: "trades" })
      assert.deepStrictEqual(reports, [{ id: "TCJA", descr: "October", status: "Queued", createdtm: 1761000020 }])
    }).pipe(
      Effect.provide(
        kraken({
          answers: {
            "private/ExportStatus": [
              { id: "TCJA", descr: "October", status: "Queued", createdtm: "1761000020", completedtm: "0", flags: "0" }
            ]
          }
        })
      )
    )
  )

  it.effect("is removed, or cancelled before it is done", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { removed } = yield* Exports.removeExport.run({ id: "TCJA", type: "cancel" })
      assert.isTrue(removed)
      assert.deepStrictEqual(calls, [{ endpoint: "private/RemoveExport", id: "TCJA", type: "cancel" }])
    }).pipe(Effect.provide(kraken({ answers: { "private/RemoveExport": { cancel: true } } }, calls)))
  })
})

describe("retrieve_export", () => {
  const csv = ['"time","amount"', ...Array.from({ length: 60 }, (_, i) => `${i},"-0.0000000${i}"`)].join("\n")
  const zip = zipSync({ "ledgers.csv": strToU8(csv) })
  const tsv = zipSync({ "trades.tsv": strToU8("time\tprice\n1\t2.50\n") })

  it.effect("gives the archive as a file, byte for byte", () =>
    Effect.gen(function* () {
      const { content, structuredContent } = yield* Exports.retrieveExport.call({ id: "TCJA" })
      assert.deepStrictEqual(structuredContent, { id: "TCJA", bytes: zip.length })
      assert.deepStrictEqual(content[1], {
        type: "resource",
        resource: {
          uri: "kraken://exports/TCJA.zip",
          mimeType: "application/zip",
          blob: Buffer.from(zip).toString("base64")
        }
      })
    }).pipe(Effect.provide(kraken({ files: { "private/RetrieveExport": zip } })))
  )

  it.effect("gives its lines, a page at a time, as text to the last digit", () =>
    Effect.gen(function* () {
      const first = yield* Exports.retrieveExport.run({ id: "TCJA", as: "rows", offset: 0, limit: 50 })
      assert.deepInclude(first, { count: 60, next_offset: 50 })
      assert.deepStrictEqual(first.rows?.[7], { time: "7", amount: "-0.00000007" })
      const last = yield* Exports.retrieveExport.run({ id: "TCJA", as: "rows", offset: 50, limit: 50 })
      assert.strictEqual(last.rows?.length, 10)
      assert.isUndefined(last.next_offset)
    }).pipe(Effect.provide(kraken({ files: { "private/RetrieveExport": zip } })))
  )

  it.effect("reads tabs as well as commas", () =>
    Effect.gen(function* () {
      const { rows } = yield* Exports.retrieveExport.run({ id: "T", as: "rows", offset: 0, limit: 50 })
      assert.deepStrictEqual(rows, [{ time: "1", price: "2.50" }])
    }).pipe(Effect.provide(kraken({ files: { "private/RetrieveExport": tsv } })))
  )

  it.effect("says so where the archive is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Exports.retrieveExport.run({ id: "T", as: "rows", offset: 0, limit: 50 }))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(Effect.provide(kraken({ files: { "private/RetrieveExport": strToU8("PK nonsense") } })))
  )
})
