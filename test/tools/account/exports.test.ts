import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { strToU8, zipSync } from "fflate"
import * as Exports from "../../../src/tools/account/exports.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { readOnly } from "../../doubles/TestPrincipal.ts"

const kraken = (answers: Record<string, unknown>, calls: Array<object> = []) =>
  TestKraken({ answers, granted: ["export-data"], onCall: (_, params) => calls.push(params) })

const download = (zip: Uint8Array, calls: Array<object> = []) =>
  TestKraken({
    files: { "private/RetrieveExport": zip },
    granted: ["export-data"],
    onCall: (_, params) => calls.push(params)
  })

const rowsOf = { id: "TCJA", as: "rows", limit: 50 } as const

describe("request_export_report", () => {
  it.effect("asks for a report with times in words", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const { structuredContent } = yield* Exports.requestExportReport.call({
        report: "trades",
        description: "October trades",
        fields: "time, price,vol",
        starttm: "2025-10-01T00:00:00Z",
        endtm: 1761000000
      })
      assert.deepStrictEqual(structuredContent, { id: "TCJA" })
      assert.deepStrictEqual(calls, [
        {
          report: "trades",
          description: "October trades",
          fields: "time,price,vol",
          starttm: "1759276800",
          endtm: "1761000000"
        }
      ])
    }).pipe(Effect.provide(kraken({ "private/AddExport": { id: "TCJA" } }, calls)))
  })

  it.effect("knows which columns each report has", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Exports.requestExportReport.call({ report: "ledgers", description: "x", fields: ["time", "price"] })
      )
      assertFaults(faultsIn(error), [["fields.1", "price", "ledgers"]])
    }).pipe(Effect.provide(TestKraken({ granted: ["export-data"], onCall: () => assert.fail("Kraken was asked") })))
  )

  it.effect("is a write, as removing one is", () =>
    Effect.gen(function* () {
      const request = yield* Effect.flip(Exports.requestExportReport.run({ report: "trades", description: "x" }))
      assert.strictEqual(request._tag, "ReadOnlyMode")
      const remove = yield* Effect.flip(Exports.removeExport.run({ id: "TCJA", type: "delete" }))
      assert.strictEqual(remove._tag, "ReadOnlyMode")
    }).pipe(readOnly, Effect.provide(TestKraken({ onCall: () => assert.fail("Kraken was asked") })))
  )
})

describe("get_export_status", () => {
  const report = {
    id: "TCJA",
    descr: "October trades",
    format: "CSV",
    report: "trades",
    subtype: "all",
    status: "Processed",
    flags: "0",
    fields: "all",
    createdtm: "1761000020",
    expiretm: "1761210020",
    starttm: "1761000025",
    completedtm: "1761000027",
    datastarttm: "1759276800",
    dataendtm: "1761000000",
    aclass: "forex",
    asset: "all"
  }

  it.effect("shows reports, the newest first, and of many the newest", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const answer = yield* Exports.getExportStatus.run({ report: "trades", limit: 1 })
      assert.deepStrictEqual(answer, {
        reports: [
          {
            id: "TCJA",
            descr: "October trades",
            report: "trades",
            format: "CSV",
            status: "Processed",
            fields: "all",
            asset: "all",
            createdtm: "2025-10-20T22:40:20Z",
            completedtm: "2025-10-20T22:40:27Z",
            datastarttm: "2025-10-01T00:00:00Z",
            dataendtm: "2025-10-20T22:40:00Z"
          }
        ],
        count: 2,
        next_cursor: "1"
      })
      assert.deepStrictEqual(calls, [{ report: "trades" }])
    }).pipe(
      Effect.provide(
        kraken(
          {
            "private/ExportStatus": [
              { ...report, id: "OLD", status: "Queued", createdtm: "1", completedtm: "0" },
              report
            ]
          },
          calls
        )
      )
    )
  })
})

describe("retrieve_export", () => {
  const csv =
    '"txid","time","misc"\r\n"T1","2025-10-20 22:40:00","a, b"\r\n"T2","2025-10-20 22:41:00","line\nbreak"\r\n"T3","",""\r\n'
  const zip = zipSync({ "trades.csv": strToU8(csv) })

  it.effect("gives rows if nothing else is asked for", () =>
    Effect.gen(function* () {
      const { content, structuredContent } = yield* Exports.retrieveExport.call({ id: "TCJA" })
      assert.deepInclude(structuredContent, { columns: ["txid", "time", "misc"] })
      assert.strictEqual(content.length, 1)
    }).pipe(Effect.provide(download(zip)))
  )

  it.effect("gives the ZIP as a resource, byte for byte, beside what it holds", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      const answer = yield* Exports.retrieveExport.call({ id: "TC/JA", as: "zip" })
      assert.deepStrictEqual(answer.structuredContent, {
        id: "TC/JA",
        files: [{ name: "trades.csv", size: csv.length }],
        uri: "kraken://exports/TC%2FJA.zip"
      })
      assert.deepStrictEqual(answer.content[1], {
        type: "resource",
        resource: {
          uri: "kraken://exports/TC%2FJA.zip",
          mimeType: "application/zip",
          blob: Buffer.from(zip).toString("base64")
        }
      })
      assert.deepStrictEqual(calls, [{ id: "TC/JA" }])
    }).pipe(Effect.provide(download(zip, calls)))
  })

  it.effect("or its rows in pages", () =>
    Effect.gen(function* () {
      const first = yield* Exports.retrieveExport.call({ id: "TCJA", as: "rows", limit: 2 })
      assert.deepStrictEqual(first.structuredContent, {
        id: "TCJA",
        files: [{ name: "trades.csv", size: csv.length }],
        columns: ["txid", "time", "misc"],
        rows: [
          ["T1", "2025-10-20 22:40:00", "a, b"],
          ["T2", "2025-10-20 22:41:00", "line\nbreak"]
        ],
        next_cursor: "2"
      })
      assert.strictEqual(first.content.length, 1)
      const second = yield* Exports.retrieveExport.run({ ...rowsOf, cursor: "2" })
      assert.deepStrictEqual(second.rows, [["T3", "", ""]])
      assert.isUndefined(second.next_cursor)
      const beyond = yield* Exports.retrieveExport.run({ ...rowsOf, cursor: "9" })
      assert.deepStrictEqual([beyond.rows, beyond.next_cursor], [[], undefined])
    }).pipe(Effect.provide(download(zip)))
  )

  it.effect("reads tabs, a byte order mark, and reports without rows", () =>
    Effect.gen(function* () {
      const { columns, rows } = yield* Exports.retrieveExport.run(rowsOf)
      assert.deepStrictEqual([columns, rows], [["refid", "amount"], []])
    }).pipe(Effect.provide(download(zipSync({ "ledgers.tsv": strToU8("\uFEFFrefid\tamount\n") }))))
  )

  it.effect("of an empty ZIP there is nothing to read", () =>
    Effect.gen(function* () {
      const { columns, files, rows } = yield* Exports.retrieveExport.run(rowsOf)
      assert.deepStrictEqual([files, columns, rows], [[], [], []])
    }).pipe(Effect.provide(download(zipSync({}))))
  )

  it.effect("does not unpack what is too large, and says what would do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Exports.retrieveExport.run(rowsOf))
      assertFaults(faultsIn(error), [["id", "33554433", "33554432"]])
      const asZip = yield* Exports.retrieveExport.run({ ...rowsOf, as: "zip" })
      assert.deepStrictEqual(asZip.files, [{ name: "trades.csv", size: 33554433 }])
    }).pipe(Effect.provide(download(zipSync({ "trades.csv": new Uint8Array(32 * 1024 * 1024 + 1) }))))
  )

  it.effect("unpacks no more than a ZIP says that it holds", () =>
    Effect.gen(function* () {
      const { columns, files } = yield* Exports.retrieveExport.run(rowsOf)
      assert.deepStrictEqual(files, [{ name: "trades.csv", size: 10 }])
      assert.deepStrictEqual(columns, ["x".repeat(10)])
    }).pipe(Effect.provide(download(claiming(zipSync({ "trades.csv": strToU8("x".repeat(1_000_000)) }), 10))))
  )

  it.effect("gives the rows of every file, one after the other", () =>
    Effect.gen(function* () {
      const pages: Array<unknown> = []
      for (let cursor: string | undefined = "0"; cursor !== undefined;) {
        const page: { readonly structuredContent?: { readonly [name: string]: unknown } | undefined } =
          yield* Exports.retrieveExport.call({ id: "TCJA", limit: 1, cursor })
        const { file, next_cursor, rows } = page.structuredContent ?? {}
        pages.push([file, rows])
        cursor = typeof next_cursor === "string" ? next_cursor : undefined
      }
      assert.deepStrictEqual(pages, [
        ["1.csv", [["T1"]]],
        ["1.csv", [["T2"]]],
        ["2.csv", [["T3"]]]
      ])
      const beyond = yield* Exports.retrieveExport.run({ ...rowsOf, cursor: "9:0" })
      assert.deepStrictEqual([beyond.rows, beyond.next_cursor], [[], undefined])
    }).pipe(
      Effect.provide(
        download(
          zipSync({
            "readme.md": strToU8("x"),
            "1.csv": strToU8("txid\nT1\nT2\n"),
            "empty.csv": strToU8(""),
            "2.csv": strToU8("txid\nT3\n")
          })
        )
      )
    )
  )

  it.effect("refuses a ZIP that would fill the answer, and says that rows would do", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Exports.retrieveExport.call({ id: "TCJA", as: "zip" }))
      assertFaults(faultsIn(error), [["as", "rows", "60000"]])
      const { rows = [] } = yield* Exports.retrieveExport.run(rowsOf)
      assert.lengthOf(rows, 50)
    }).pipe(Effect.provide(download(zipSync({ "trades.csv": strToU8("a,b\n1,2\n".repeat(20_000)) }, { level: 0 }))))
  )

  it.effect("does not list a ZIP that names thousands of files", () =>
    Effect.gen(function* () {
      for (const as of ["rows", "zip"] as const) {
        const error = yield* Effect.flip(Exports.retrieveExport.run({ ...rowsOf, as }))
        assert.deepInclude(error, { _tag: "KrakenUnreadable", carriedOut: false })
      }
    }).pipe(
      Effect.provide(
        download(zipSync(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`${i}.csv`, strToU8("a\n1\n")]))))
      )
    )
  )

  it.effect("does not count through the billions of files that the end of a ZIP claims", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Exports.retrieveExport.run(rowsOf))
      assert.deepInclude(error, { _tag: "KrakenUnreadable", carriedOut: false })
    }).pipe(Effect.provide(download(claimingFiles(0xffff_ffff))))
  )

  it.effect("unpacks only the first of many files with one name", () =>
    Effect.gen(function* () {
      const { files, rows } = yield* Exports.retrieveExport.run(rowsOf)
      assert.deepStrictEqual(
        files.map(({ name }) => name),
        ["a.csv", "a.csv"]
      )
      assert.deepStrictEqual(rows, [["1"]])
    }).pipe(
      Effect.provide(
        download(renamed(zipSync({ "a.csv": strToU8("x\n1\n"), "b.csv": strToU8("x\n2\n") }), "b.csv", "a.csv"))
      )
    )
  )

  it.effect("bytes that are no ZIP are said to be none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Exports.retrieveExport.run(rowsOf))
      assert.deepInclude(error, { _tag: "KrakenUnreadable", endpoint: "private/RetrieveExport", carriedOut: false })
    }).pipe(Effect.provide(download(strToU8("PK and nothing else"))))
  )
})

describe("remove_export", () => {
  it.effect("deletes, or cancels", () => {
    const calls: Array<object> = []
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* Exports.removeExport.run({ id: "TCJA", type: "delete" }), { removed: true })
      yield* Exports.removeExport.call({ id: "TCJA", type: "cancel" })
      assert.deepStrictEqual(calls, [
        { id: "TCJA", type: "delete" },
        { id: "TCJA", type: "cancel" }
      ])
    }).pipe(Effect.provide(kraken({ "private/RemoveExport": { delete: true } }, calls)))
  })
})

/** Replaces a name in a ZIP by another one of the same length. */
const renamed = (zip: Uint8Array, from: string, to: string): Uint8Array =>
  Buffer.from(Buffer.from(zip).toString("latin1").replaceAll(from, to), "latin1")

/** Changes the directory of a ZIP so that its only member claims to have `size` bytes. */
const claiming = (zip: Uint8Array, size: number): Uint8Array => {
  const lying = zip.slice()
  const view = new DataView(lying.buffer)
  const directory = view.getUint32(lying.length - 22 + 16, true)
  view.setUint32(directory + 24, size, true)
  return lying
}

/** A ZIP64 without files, whose end claims a number of them. */
const claimingFiles = (count: number): Uint8Array => {
  const zip = Buffer.alloc(144)
  zip.write("PK\u0003\u0004")
  // The end of ZIP64, its locator, and the end that refers to it.
  zip.writeUInt32LE(0x06064b50, 46)
  zip.writeUInt32LE(count, 46 + 32)
  zip.writeUInt32LE(0x07064b50, 102)
  zip.writeUInt32LE(46, 102 + 8)
  zip.writeUInt32LE(0x06054b50, 122)
  zip.writeUInt16LE(0xffff, 122 + 8)
  zip.writeUInt32LE(0xffff_ffff, 122 + 16)
  return new Uint8Array(zip)
}
