import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, TestClock } from "effect"
import { DatabaseUnavailable } from "../../../src/layers/storage/databaseFile.ts"
import type { Layout } from "../../../src/layers/storage/immediateDatabase.ts"
import { openPostgres, type Postgres } from "../../../src/layers/storage/postgres.ts"
import { openPostgresDatabase } from "../../../src/layers/storage/postgresDatabase.ts"
import { column, exists, first, run, value } from "../../../src/layers/storage/steps.ts"
import { Unreadable } from "../../../src/layers/storage/transactionalDatabase.ts"
import { makeDatabaseProxy } from "../../databaseProxy.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../postgres.ts"

const layout: Layout = {
  applicationId: 7,
  migrations: [
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT",
    "CREATE TABLE more (text TEXT)"
  ]
}

const note = (text: string) =>
  function* () {
    const id = Number(yield* value("SELECT count(*) FROM notes"))
    yield* run("INSERT INTO notes (id, text) VALUES (?, ?)", id, text)
  }
const notes = () => column<string>("SELECT text FROM notes ORDER BY id")

const server = Effect.flatMap(newPostgresDatabase, openPostgres)
const opened = Effect.flatMap(server, (postgres) => openPostgresDatabase(postgres, layout))

const failureOf = <A, R>(use: Effect.Effect<A, DatabaseUnavailable, R>) =>
  Effect.map(Effect.flip(use), ({ reason }) => reason)

describe.skipIf(isPostgresMissing)(`the transactions of a database ${inPostgres}`, () => {
  it.scopedLive("come one after the other, so that no other server decides on the same state", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const open = Effect.flatMap(openPostgres(url), (postgres) => openPostgresDatabase(postgres, layout))
      const servers = yield* Effect.all([open, open, open], { concurrency: "unbounded" })
      const add = function* () {
        yield* note(String((yield* notes()).length))()
      }
      yield* Effect.all(
        Array.from({ length: 30 }, (_, i) => servers[i % 3]?.write(add) ?? Effect.void),
        { concurrency: "unbounded" }
      )
      const [one] = servers
      assert.deepStrictEqual(
        yield* one.read(notes),
        Array.from({ length: 30 }, (_, i) => String(i))
      )
    })
  )

  it.scopedLive("keep nothing of a body that throws, and change nothing while they read", () =>
    Effect.gen(function* () {
      const db = yield* opened
      const fail = (error: unknown) =>
        db.write(function* () {
          yield* note("a")()
          throw error
        })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(fail(new Error("a defect")))))
      assert.include(yield* failureOf(fail(new Unreadable({ message: "row 1 was altered" }))), "row 1")
      yield* failureOf(db.read(note("b")))
      assert.deepStrictEqual(yield* db.read(notes), [])
    })
  )

  it.scopedLive("are given up if another one takes too long, and not run afterwards", () =>
    Effect.gen(function* () {
      const db = yield* opened
      const long = yield* Effect.fork(db.write(() => exists("SELECT pg_sleep(1)")))
      // Until the other one holds the database, there is nothing to wait for.
      yield* Effect.retry(Effect.flip(db.write(notes, "50 millis")), { times: 100 })
      yield* Fiber.join(long)
      assert.deepStrictEqual(yield* db.write(notes), [])
    })
  )

  it.scopedLive("work again once the database is back", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      const db = yield* openPostgresDatabase(yield* openPostgres(proxy.url), layout)
      yield* db.write(note("before"))
      yield* proxy.cut
      yield* failureOf(db.write(note("meanwhile")))
      yield* failureOf(db.read(notes))
      yield* proxy.mend
      yield* db.write(note("after"))
      assert.deepStrictEqual(yield* db.read(notes), ["before", "after"])
    })
  )

  /** Loses what a database answers to `COMMIT`. `reaches` says if the database gets it. */
  const losing = (postgres: Postgres, reaches: boolean): Postgres => ({
    ...postgres,
    connection: Effect.map(postgres.connection, (connection) => ({
      ...connection,
      execute: (text) => {
        if (text !== "COMMIT") return connection.execute(text)
        const lost = new DatabaseUnavailable({ reason: "the connection broke", cause: undefined })
        return reaches
          ? Effect.zipRight(connection.execute(text), lost)
          : Effect.zipRight(connection.execute("ROLLBACK"), lost)
      }
    }))
  })

  it.scopedLive.each([true, false])("end as the database says if its answer is lost (committed: %s)", (reaches) =>
    Effect.gen(function* () {
      const postgres = yield* server
      const db = yield* openPostgresDatabase(postgres, layout)
      const unlucky = yield* openPostgresDatabase(losing(postgres, reaches), layout)
      assert.strictEqual(Exit.isSuccess(yield* Effect.exit(unlucky.write(note("a")))), reaches)
      assert.deepStrictEqual(yield* db.read(notes), reaches ? ["a"] : [])
    })
  )

  it.scopedLive("lead an older layout to the newest, and refuse a newer one", () =>
    Effect.gen(function* () {
      const postgres = yield* server
      const [oldest = ""] = layout.migrations
      const old = yield* openPostgresDatabase(postgres, { ...layout, migrations: [oldest] })
      yield* old.write(note("a"))
      const db = yield* openPostgresDatabase(postgres, layout)
      assert.deepStrictEqual(yield* db.read(() => column("SELECT text FROM more")), [])
      assert.deepStrictEqual(yield* db.read(notes), ["a"])
      assert.include(yield* failureOf(openPostgresDatabase(postgres, { ...layout, migrations: [oldest] })), "newer")
    })
  )

  it.scopedLive("hold any text, and no number that is not exact", () =>
    Effect.gen(function* () {
      const db = yield* opened
      for (const text of ["a\0b", "\ud800", "\u{1f980}", "?", "@text"]) {
        yield* db.write(() => run("DELETE FROM notes"))
        yield* db.write(note(text))
        assert.isTrue(yield* db.read(() => exists("SELECT 1 FROM notes WHERE text = @text", { text })), text)
      }
      yield* db.write(() => run("UPDATE notes SET id = ?", 2n ** 60n))
      assert.include(yield* failureOf(db.read(() => first("SELECT id FROM notes"))), "too large")
    })
  )

  it.scoped("go by the clock of a test, which is not that of the database", () =>
    Effect.gen(function* () {
      const db = yield* opened
      yield* TestClock.setTime(5000)
      const wall = yield* db.write(function* ({ wall }) {
        yield* note("a")()
        return wall
      })
      assert.strictEqual(wall, 5000)
    })
  )
})
