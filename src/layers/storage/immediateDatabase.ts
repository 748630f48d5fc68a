import type { Database } from "better-sqlite3"
import { type Cause, Duration, Effect, Schedule, type Scope } from "effect"
import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { clocks, type Reading } from "../../services/Clocks.ts"
import { type DatabaseUnavailable, isLocked, makePrivate, unavailable as unavailableFile } from "./databaseFile.ts"
import { runOnSqlite } from "./sqliteSteps.ts"
import { syncFolder } from "./syncFolder.ts"
import { type Body, type TransactionalDatabase, Unreadable } from "./transactionalDatabase.ts"

/** The identity of a kind of file, and the SQL that leads from each layout to the next. */
export interface Layout {
  /** SQLite's `application_id`, so that another database is not taken for one of this kind. */
  readonly applicationId: number
  readonly migrations: ReadonlyArray<string>
}

/** The longest wait for a file that another process holds. */
const defaultWait = Duration.seconds(5)

const pause = "5 millis"

interface Options {
  readonly file: string
  readonly layout: Layout
  /** Opens an existing file only, to read it. */
  readonly readonly?: boolean
  /** Opens an existing file only. */
  readonly existing?: boolean
}

/**
 * Opens a SQLite file whose transactions take the write lock at once and are on disk when they end. Several processes can
 * use it at the same time. A file that another process holds is waited for without blocking the event loop.
 *
 * The file is created for its owner only if it is missing. The native module is loaded here, not when the
 * program starts. Fails on a damaged file, on one of another program, and on one of a newer version.
 */
export const openImmediateDatabase = Effect.fn("storage.openImmediateDatabase")(function* ({
  existing = false,
  file,
  layout,
  readonly = false
}: Options): Effect.fn.Return<TransactionalDatabase, DatabaseUnavailable, Scope.Scope> {
  const unavailable = (what: string) => unavailableFile(file, what)
  const { default: Sqlite } = yield* Effect.tryPromise({
    try: () => import("./driver.ts"),
    catch: unavailable("opened without the native module better-sqlite3")
  })
  const isFile = file !== ":memory:"
  if (isFile && (readonly || existing) && !existsSync(file))
    return yield* unavailable("opened")(new Error("there is no such file"))
  if (isFile && !readonly) yield* Effect.try({ try: () => create(file), catch: unavailable("created") })
  const open = Effect.try(() => {
    const db = new Sqlite(file, { timeout: 0, readonly })
    try {
      prepare(db, layout, readonly)
      return { db, id: isFile ? idOf(file) : undefined }
    } catch (error) {
      db.close()
      throw error
    }
  })
  const { db, id } = yield* Effect.acquireRelease(whenFree(open, defaultWait), ({ db }) =>
    Effect.sync(() => db.close())
  ).pipe(Effect.mapError(({ error }) => unavailable("opened")(error)))
  const transaction = db.transaction(<A>(body: Body<A>, at: Reading) => runOnSqlite(db, body(at)))

  /** Rows that are written to a file that was removed or replaced are lost, so nothing is written to one. */
  const check = (): void => {
    if (!db.open) throw new Unreadable({ message: "it is closed" })
    if (isFile && id !== idOf(file))
      throw new Unreadable({ message: "it was removed or replaced while this program used it" })
  }
  const attempt = <A>(
    body: Body<A>,
    behavior: "immediate" | "deferred",
    wait: Duration.DurationInput,
    what: string
  ) => {
    const step = Effect.flatMap(clocks, (at) =>
      Effect.try(() => {
        check()
        return transaction[behavior](body, at) as A
      })
    )
    return Effect.catchAll(whenFree(step, wait), ({ error }) =>
      isSqliteError(error) || error instanceof Unreadable ? Effect.fail(unavailable(what)(error)) : Effect.die(error)
    )
  }
  return {
    write: (body, wait = defaultWait) => Effect.suspend(() => attempt(body, "immediate", wait, "written")),
    read: (body) => Effect.suspend(() => attempt(body, "deferred", defaultWait, "read"))
  }
})

/** Creates a file for its owner only, and puts its name on the disk. */
const create = (file: string): void => {
  const isNew = !existsSync(file)
  makePrivate(file)
  // SQLite syncs the folder with a new log, but not the folder above it, which might be new as well.
  if (isNew) for (const folder of [dirname(file), dirname(dirname(file))]) syncFolder(folder)
}

/** The identity of the file under a name. Undefined if there is none. */
const idOf = (file: string): string | undefined => {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.dev}:${found.ino}`
}

const prepare = (db: Database, layout: Layout, readonly: boolean): void => {
  const { applicationId, migrations } = layout
  const current = layoutOf(db, layout)
  if (readonly) {
    if (current < migrations.length) throw new Error(current === 0 ? "it is empty" : "an older version wrote it")
    return
  }
  db.pragma("journal_mode = WAL")
  // With a write-ahead log, FULL syncs the log to the disk before a commit returns; NORMAL does not. The first sync of a
  // new log also syncs its folder.
  db.pragma("synchronous = FULL")
  // A plain fsync of macOS leaves the data in the drive's cache.
  db.pragma("fullfsync = ON")
  if (current === migrations.length) return
  db.transaction(() => {
    // Another process can have migrated the file in the meantime, even to a newer layout.
    for (const migration of migrations.slice(layoutOf(db, layout))) db.exec(migration)
    db.pragma(`application_id = ${applicationId}`)
    db.pragma(`user_version = ${migrations.length}`)
  }).immediate()
}

/** The number of migrations that a file has seen. Throws on a file of another program or of a newer version. */
const layoutOf = (db: Database, { applicationId, migrations }: Layout): number => {
  const found = Number(db.pragma("application_id", { simple: true }))
  const current = Number(db.pragma("user_version", { simple: true }))
  const isEmpty = current === 0 && found === 0 && db.prepare("SELECT 1 FROM sqlite_master").get() === undefined
  if (!isEmpty && found !== applicationId) throw new Error("another program wrote it")
  if (current > migrations.length)
    throw new Error(`a newer version of mcp-kraken wrote it (layout ${current}, known up to ${migrations.length})`)
  return current
}

/** Runs a step, and again for as long as another process holds the file. */
const whenFree = <A>(step: Effect.Effect<A, Cause.UnknownException>, wait: Duration.DurationInput) =>
  Effect.catchAll(step, (error) =>
    isLocked(error.error)
      ? Effect.retry(Effect.delay(step, pause), {
          while: ({ error }) => isLocked(error),
          schedule: Schedule.intersect(Schedule.spaced(pause), Schedule.recurUpTo(wait))
        })
      : Effect.fail(error)
  )

const isSqliteError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_")
