import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect, Exit, Fiber, TestClock } from "effect"
import { statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { migrate, type Migration } from "../../../src/layers/storage/migrate.ts"
import { type DatabaseOptions, openDatabase } from "../../../src/layers/storage/openDatabase.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

/** Opens a new database, and returns its file and client. */
const open = Effect.fnUntraced(function* (options?: DatabaseOptions) {
  const file = join(yield* temporaryFolder, "state", "test.db")
  const sql = yield* openDatabase(file, options)
  yield* sql`CREATE TABLE counts (id INTEGER PRIMARY KEY, count INTEGER NOT NULL)`
  yield* sql`INSERT INTO counts VALUES (1, 0)`
  return { file, sql }
})

const countIn = (sql: SqlClient) =>
  Effect.map(sql<{ readonly count: number }>`SELECT count FROM counts`, ([row]) => row?.count)

describe("openDatabase", () => {
  it.scoped("creates a file and a folder for their owner only", () =>
    Effect.gen(function* () {
      const { file } = yield* open()
      assert.strictEqual(statSync(join(file, "..")).mode & 0o777, 0o700)
      for (const name of [file, `${file}-wal`, `${file}-shm`])
        assert.strictEqual(statSync(name).mode & 0o777, 0o600, name)
    })
  )

  it.scoped.each([
    ["NORMAL", 1],
    ["FULL", 2]
  ] as const)("synchronizes as asked for: %s", ([synchronous, level]) =>
    Effect.gen(function* () {
      const { sql } = yield* open({ synchronous })
      assert.deepStrictEqual(yield* sql`PRAGMA synchronous`, [{ synchronous: level }])
    })
  )

  it.scoped("fails with the path if the file is not a database", () =>
    Effect.gen(function* () {
      const file = join(yield* temporaryFolder, "test.db")
      writeFileSync(file, "This is no database, and never was one.".repeat(99))
      const error = yield* Effect.flip(openDatabase(file))
      assert.strictEqual(error._tag, "DatabaseUnavailable")
      assert.include(error.message, file)
    })
  )
})

describe("a transaction", () => {
  it.scoped("holds the write lock from its beginning until it is committed", () =>
    Effect.gen(function* () {
      const { file, sql } = yield* open()
      const other = new Sqlite(file, { timeout: 0 })
      yield* sql.withTransaction(
        Effect.gen(function* () {
          assert.throws(() => other.exec("UPDATE counts SET count = 9"), /locked/)
          yield* sql`UPDATE counts SET count = count + 1`
        })
      )
      assert.strictEqual(other.prepare("SELECT count FROM counts").pluck().get(), 1)
      other.close()
    })
  )

  it.scoped("is undone if it fails, and so is a nested one without the outer one", () =>
    Effect.gen(function* () {
      const { sql } = yield* open()
      const add = sql`UPDATE counts SET count = count + 1`
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sql.withTransaction(Effect.zipRight(add, Effect.fail("no"))))))
      assert.strictEqual(yield* countIn(sql), 0)
      const nested = Effect.ignore(sql.withTransaction(Effect.zipRight(add, Effect.fail("no"))))
      yield* sql.withTransaction(Effect.zipRight(add, nested))
      assert.strictEqual(yield* countIn(sql), 1)
    })
  )

  it.scoped("waits for another process without blocking the event loop, for a second at most", () =>
    Effect.gen(function* () {
      const { file, sql } = yield* open({ busyTimeout: 0 })
      const add = sql.withTransaction(sql`UPDATE counts SET count = count + 1`)
      const other = new Sqlite(file)
      other.exec("BEGIN IMMEDIATE")
      const waiting = yield* Effect.fork(add)
      yield* TestClock.adjust("500 millis")
      other.exec("COMMIT")
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(waiting)
      assert.strictEqual(yield* countIn(sql), 1)

      other.exec("BEGIN IMMEDIATE")
      const failing = yield* Effect.fork(Effect.flip(add))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(failing))._tag, "SqlError")
      other.exec("COMMIT")
      yield* add
      assert.strictEqual(yield* countIn(sql), 2)
      other.close()
    })
  )
})

describe("migrate", () => {
  const create: Migration = [
    "create",
    Effect.flatMap(SqlClient, (sql) => sql`CREATE TABLE IF NOT EXISTS counts (id INTEGER PRIMARY KEY, count INTEGER)`)
  ]
  const add: Migration = ["add", Effect.flatMap(SqlClient, (sql) => sql`UPDATE counts SET count = count + 1`)]

  it.scoped("runs each migration once, also on tables that are older than the first one", () =>
    Effect.gen(function* () {
      const { file, sql } = yield* open()
      yield* Effect.provideService(migrate([create]), SqlClient, sql)
      yield* Effect.provideService(migrate([create, add]), SqlClient, sql)
      yield* Effect.provideService(migrate([create, add]), SqlClient, yield* openDatabase(file))
      assert.strictEqual(yield* countIn(sql), 1)
    })
  )

  it.scoped("changes nothing if one of the migrations fails", () =>
    Effect.gen(function* () {
      const { sql } = yield* open()
      const wrong: Migration = ["wrong", Effect.flatMap(SqlClient, (sql) => sql`UPDATE nothing SET count = 1`)]
      const error = yield* Effect.flip(Effect.provideService(migrate([add, wrong]), SqlClient, sql))
      assert.strictEqual(error._tag, "MigrationError")
      assert.strictEqual(yield* countIn(sql), 0)
      yield* Effect.provideService(migrate([add]), SqlClient, sql)
      assert.strictEqual(yield* countIn(sql), 1)
    })
  )

  it.scoped("waits for another process that holds the database", () =>
    Effect.gen(function* () {
      const { file, sql } = yield* open({ busyTimeout: 0 })
      const other = new Sqlite(file)
      other.exec("BEGIN IMMEDIATE")
      const waiting = yield* Effect.fork(Effect.provideService(migrate([create, add]), SqlClient, sql))
      // The Migrator is loaded without the clock.
      yield* Effect.promise(() => import("@effect/sql/Migrator"))
      yield* TestClock.adjust("500 millis")
      other.exec("COMMIT")
      other.close()
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(waiting)
      assert.strictEqual(yield* countIn(sql), 1)
    })
  )
})
