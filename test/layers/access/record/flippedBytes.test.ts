import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fc from "fast-check"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import { append } from "../../../../src/layers/access/record/append.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { verify } from "../../../../src/layers/access/record/verify.ts"
import { sampleEvents } from "../../../cli/audit/sampleRecord.ts"
import { runs } from "../../../Property.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"
import { runOnSqlite } from "../../../../src/layers/storage/sqliteSteps.ts"

const tables = ["events", "head", "intents", "made"]

/** All that a record says. */
const contents = (db: Sqlite.Database) =>
  tables.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY seq`).raw().all())

describe("a byte of the file that was changed", () => {
  it.scoped("is found, unless the record says the same without it", () =>
    Effect.gen(function* () {
      const folder = join(yield* temporaryFolder, "state")
      mkdirSync(folder)
      const file = join(folder, "authority.db")
      const made = new Sqlite(file)
      for (const migration of layout.migrations) made.exec(migration)
      for (let round = 0; round < 10; round++)
        for (const event of sampleEvents)
          runOnSqlite(made, append(event.kind === "outcome" ? { ...event, intent: event.intent + 5 * round } : event))
      const original = contents(made)
      made.close()
      const bytes = readFileSync(file)
      fc.assert(
        fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
          const changed = Buffer.from(bytes)
          changed[at] = (changed[at] ?? 0) ^ change
          for (const name of [file, `${file}-wal`, `${file}-shm`, `${file}-journal`]) rmSync(name, { force: true })
          writeFileSync(file, changed)
          const found = inspect(file)
          if (found !== "nothing") return
          const db = new Sqlite(file, { readonly: true })
          assert.deepStrictEqual(contents(db), original, `byte ${at}`)
          db.close()
        }),
        { numRuns: runs(100) }
      )
    })
  )
})

/** Verifies a record. A file that SQLite cannot read counts as found. */
const inspect = (file: string): "findings" | "unreadable" | "nothing" => {
  try {
    const db = new Sqlite(file, { readonly: true })
    try {
      return runOnSqlite(db, verify()).findings.length > 0 ? "findings" : "nothing"
    } finally {
      db.close()
    }
  } catch (error) {
    assert.match(String(Object(error).code), /^SQLITE_/)
    return "unreadable"
  }
}
