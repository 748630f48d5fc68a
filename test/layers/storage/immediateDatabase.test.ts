import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import { Effect, Exit, Fiber, Option, TestClock } from "effect"
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import process from "node:process"
import { type Layout, openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import { column, run, value } from "../../../src/layers/storage/steps.ts"
import { Unreadable } from "../../../src/layers/storage/transactionalDatabase.ts"
import { temporaryFolder } from "../../temporaryFolder.ts"

const layout: Layout = {
  applicationId: 7,
  migrations: ["CREATE TABLE notes (text TEXT NOT NULL)", "CREATE TABLE more (text TEXT)"]
}

const somewhere = Effect.map(temporaryFolder, (folder) => join(folder, "state", "notes.db"))

const open = (file: string, options: { readonly readonly?: true; readonly existing?: true } = {}) =>
  openImmediateDatabase({ file, layout, ...options })

const note = (text: string) => () => run("INSERT INTO notes VALUES (?)", text)
const notes = () => column<string>("SELECT text FROM notes ORDER BY rowid")
const pragma = (name: string) => () => value(`PRAGMA ${name}`)

/** The reason why opening fails. */
const refused = (file: string, options: { readonly readonly?: true; readonly existing?: true } = {}) =>
  Effect.map(Effect.flip(Effect.scoped(open(file, options))), ({ _tag, reason }) => {
    assert.strictEqual(_tag, "DatabaseUnavailable")
    assert.include(reason, file)
    return reason
  })

describe("openImmediateDatabase", () => {
  it.scoped("makes the folder and the file for their owner only, with a log that is synced on each commit", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const db = yield* open(file)
      yield* db.write(note("a"))
      for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.strictEqual(statSync(name).mode & 0o777, 0o600)
      assert.strictEqual(statSync(join(file, "..")).mode & 0o777, 0o700)
      assert.deepStrictEqual(
        [
          yield* db.read(pragma("journal_mode")),
          yield* db.read(pragma("synchronous")),
          yield* db.read(pragma("fullfsync"))
        ],
        ["wal", 2, 1]
      )
    })
  )

  it.scoped("leads an older layout to the newest, once, although several open it at the same time", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      yield* Effect.scoped(
        openImmediateDatabase({ file, layout: { ...layout, migrations: [layout.migrations[0] ?? ""] } })
      )
      const [first] = yield* Effect.all(
        Array.from({ length: 4 }, () => open(file)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(yield* first?.read(pragma("user_version")) ?? Effect.void, 2)
    })
  )

  it.scoped(
    "refuses a newer layout, another program's file, a damaged one and a folder, and leaves them as they are",
    () =>
      Effect.gen(function* () {
        const file = yield* somewhere
        yield* Effect.scoped(open(file))
        const newer = new Sqlite(file)
        newer.pragma("user_version = 3")
        newer.close()
        yield* refused(file)
        const other = join(file, "..", "other.db")
        const others = new Sqlite(other)
        others.exec("CREATE TABLE theirs (text TEXT)")
        others.close()
        yield* refused(other)
        const marked = join(file, "..", "marked.db")
        const marks = new Sqlite(marked)
        marks.pragma("application_id = 8")
        marks.close()
        yield* refused(marked)
        const damaged = join(file, "..", "damaged.db")
        writeFileSync(damaged, "Not a database, but long enough to have the header of one, had it one.\n".repeat(100))
        yield* refused(damaged)
        const folder = join(file, "..", "folder.db")
        mkdirSync(folder)
        yield* refused(folder)
        const untouched = new Sqlite(other, { readonly: true })
        assert.deepStrictEqual(untouched.prepare("SELECT name FROM sqlite_master").pluck().all(), ["theirs"])
        untouched.close()
      })
  )

  it.scoped("creates nothing if it is to read, or to use an existing file", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      yield* refused(file, { readonly: true })
      yield* refused(file, { existing: true })
      assert.isFalse(existsSync(join(file, "..")))
      writeFileSync(`${file.replace("state/", "")}`, "")
      yield* refused(file.replace("state/", ""), { readonly: true })
    })
  )

  // The superuser may write everything.
  it.scoped.skipIf(process.getuid?.() === 0)(
    "refuses a file or a folder that cannot be written, and reads the file",
    () =>
      Effect.gen(function* () {
        const file = yield* somewhere
        yield* Effect.scoped(Effect.flatMap(open(file), (db) => db.write(note("a"))))
        const folder = join(file, "..")
        chmodSync(folder, 0o500)
        yield* refused(join(folder, "other.db"))
        chmodSync(folder, 0o700)
        chmodSync(file, 0o400)
        const reader = yield* open(file, { readonly: true })
        assert.deepStrictEqual(yield* reader.read(notes), ["a"])
      })
  )

  it.scoped("reads beside a process that writes, and cannot write", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const writer = yield* open(file)
      const reader = yield* open(file, { readonly: true })
      yield* writer.write(note("a"))
      assert.deepStrictEqual(yield* reader.read(notes), ["a"])
      assert.strictEqual((yield* Effect.flip(reader.write(note("b"))))._tag, "DatabaseUnavailable")
    })
  )
})

describe("a transaction", () => {
  it.scoped("takes the lock before the body reads, so that no other process decides on the same state", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const databases = [yield* open(file), yield* open(file)]
      const add = function* () {
        return yield* note(String((yield* notes()).length))()
      }
      yield* Effect.all(
        Array.from({ length: 40 }, (_, i) => databases[i % 2]?.write(add) ?? Effect.void),
        { concurrency: "unbounded" }
      )
      const [first] = databases
      assert.deepStrictEqual(
        yield* first?.read(notes) ?? Effect.void,
        Array.from({ length: 40 }, (_, i) => String(i))
      )
    })
  )

  it.scoped("keeps nothing of a body that throws", () =>
    Effect.gen(function* () {
      const db = yield* open(yield* somewhere)
      const fail = (error: unknown) =>
        db.write(function* () {
          yield* note("a")()
          throw error
        })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(fail(new Error("a defect")))))
      assert.strictEqual((yield* Effect.flip(fail(new Unreadable({ message: "row 1" }))))._tag, "DatabaseUnavailable")
      assert.deepStrictEqual(yield* db.read(notes), [])
    })
  )

  // A wait that blocks the event loop would keep this test from ending its own transaction.
  it.scoped("waits for a busy file while other fibers run", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const db = yield* open(file)
      const holder = new Sqlite(file)
      holder.exec("BEGIN IMMEDIATE")
      const writing = yield* Effect.fork(db.write(note("a")))
      yield* TestClock.adjust("4 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.poll(writing)))
      holder.exec("COMMIT")
      holder.close()
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(writing)
      assert.deepStrictEqual(yield* db.read(notes), ["a"])
    })
  )

  it.scoped("gives a busy file up after its time, and is not run afterwards", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const db = yield* open(file)
      const holder = new Sqlite(file)
      holder.exec("BEGIN IMMEDIATE")
      const writing = yield* Effect.fork(Effect.flip(db.write(note("a"), "1 second")))
      yield* TestClock.adjust("1100 millis")
      assert.include((yield* Fiber.join(writing)).reason, file)
      holder.exec("COMMIT")
      holder.close()
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* db.read(notes), [])
    })
  )

  it.scoped("fails on a full disk, keeps nothing of it, and works again when there is room", () =>
    Effect.gen(function* () {
      const db = yield* open(yield* somewhere)
      const pages = Number(yield* db.read(pragma("page_count")))
      yield* db.read(pragma(`max_page_count = ${pages}`))
      const large = "x".repeat(100_000)
      assert.strictEqual((yield* Effect.flip(db.write(note(large))))._tag, "DatabaseUnavailable")
      yield* db.read(pragma("max_page_count = 100000"))
      yield* db.write(note("small"))
      assert.deepStrictEqual(yield* db.read(notes), ["small"])
    })
  )

  it.scoped("fails on a file that was damaged since it was opened", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const db = yield* open(file)
      yield* db.write(function* () {
        for (let i = 0; i < 1000; i++) yield* note("x".repeat(200))()
      })
      yield* db.read(pragma("page_count"))
      new Sqlite(file).pragma("wal_checkpoint(TRUNCATE)")
      const opened = openSync(file, "r+")
      writeSync(opened, Buffer.alloc(100_000, 0xff), 0, 100_000, 8192)
      closeSync(opened)
      const other = yield* Effect.either(Effect.flatMap(open(file), (db) => db.read(notes)))
      assert.strictEqual(other._tag === "Left" && other.left._tag, "DatabaseUnavailable")
    })
  )

  it.scoped("fails after the file was removed, replaced or closed", () =>
    Effect.gen(function* () {
      const file = yield* somewhere
      const db = yield* open(file)
      renameSync(file, `${file}.old`)
      assert.strictEqual((yield* Effect.flip(db.write(note("a"))))._tag, "DatabaseUnavailable")
      yield* open(file)
      assert.strictEqual((yield* Effect.flip(db.read(notes)))._tag, "DatabaseUnavailable")
      const closed = yield* Effect.scoped(open(file))
      assert.strictEqual((yield* Effect.flip(closed.write(note("a"))))._tag, "DatabaseUnavailable")
    })
  )
})
