import { assert, describe, it } from "@effect/vitest"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { lookInto } from "../../../src/layers/storage/lookInto.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

/** Makes a database with one row, and leaves it open. */
const makeDatabase = (file: string, mode: "WAL" | "DELETE") => {
  const db = new Database(file)
  db.pragma(`journal_mode = ${mode}`)
  db.exec("CREATE TABLE rows (n); INSERT INTO rows VALUES (1)")
  return db
}

const look = (file: string) =>
  lookInto(file, (db) => db.prepare("SELECT count(*) FROM rows").pluck().get(), "200 millis")

describe("lookInto", () => {
  it.scopedLive.each(["WAL", "DELETE"] as const)("reads a closed file in mode %s and leaves no trace", (mode) =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "one.db")
      makeDatabase(file, mode).close()
      const before = readFileSync(file)
      assert.deepStrictEqual(yield* look(file), { _tag: "Read", value: 1 })
      assert.deepStrictEqual(readdirSync(folder), ["one.db"])
      assert.deepStrictEqual(readFileSync(file), before)
    })
  )

  it.scopedLive("reads what another process has written last and still holds in the log", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const file = join(folder, "one.db")
      const db = makeDatabase(file, "WAL")
      db.exec("INSERT INTO rows VALUES (2)")
      const before = readdirSync(folder)
      assert.deepStrictEqual(yield* look(file), { _tag: "Read", value: 2 })
      assert.deepStrictEqual(readdirSync(folder), before)
      db.close()
    })
  )

  it.scopedLive.each(["WAL", "DELETE"] as const)("says that a file is locked in mode %s", (mode) =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "one.db")
      const db = makeDatabase(file, mode)
      db.pragma("locking_mode = EXCLUSIVE")
      db.exec("BEGIN EXCLUSIVE")
      assert.deepStrictEqual(yield* look(file), { _tag: "Locked" })
      db.close()
    })
  )

  it.scopedLive("tells a missing file from one that is no database, and makes neither", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const text = join(folder, "text.db")
      writeFileSync(text, "no database ".repeat(100))
      assert.deepStrictEqual(yield* look(join(folder, "missing.db")), { _tag: "Missing" })
      assert.deepStrictEqual(yield* look(join(text, "below.db")), { _tag: "Missing" })
      assert.strictEqual((yield* look(text))._tag, "Unusable")
      assert.strictEqual((yield* look(folder))._tag, "Unusable")
      assert.deepStrictEqual(readdirSync(folder), ["text.db"])
    })
  )

  // The superuser may read every file.
  it.scopedLive.skipIf(process.getuid?.() === 0)("says that a file of another user can't be read", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "one.db")
      makeDatabase(file, "WAL").close()
      chmodSync(file, 0o000)
      assert.deepStrictEqual(yield* look(file), { _tag: "Forbidden" })
    })
  )
})
