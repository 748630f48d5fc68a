import type { Database } from "better-sqlite3"
import { type Cause, Duration, Effect, Schedule, type Scope } from "effect"
import { existsSync } from "node:fs"
import { DatabaseUnavailable, isLocked, makePrivate, wordsOf } from "./openDatabase.ts"

/**
 * A SQLite file whose transactions take the write lock at once and are on disk when they end. Several processes can use
 * it at the same time.
 *
 * Bodies are synchronous, so that what a transaction reads, decides and writes is one step. A file that another process
 * holds is waited for without blocking the event loop.
 */
export interface ImmediateDatabase {
  readonly file: string
  /**
   * Runs a body in a transaction. Nothing is kept if it throws; what it throws is a defect. Fails if the file is held
   * for longer than `wait`, or cannot be written.
   */
  readonly write: <A>(body: (db: Database) => A, wait?: Duration.DurationInput) => Effect.Effect<A, DatabaseUnavailable>
  /** Runs a body that only reads, on one consistent state. */
  readonly read: <A>(body: (db: Database) => A) => Effect.Effect<A, DatabaseUnavailable>
}

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
}

/**
 * Opens a file, and creates it for its owner only if it is missing. The native module is loaded here, not when the
 * program starts. Fails on a damaged file, on one of another program, and on one of a newer version.
 */
export const openImmediateDatabase = Effect.fn("storage.openImmediateDatabase")(function* ({
  file,
  layout,
  readonly = false
}: Options): Effect.fn.Return<ImmediateDatabase, DatabaseUnavailable, Scope.Scope> {
  const unavailable = (what: string) => (cause: unknown) =>
    new DatabaseUnavailable({ reason: `The database ${file} can't be ${what}: ${wordsOf(cause)}.`, cause })
  const { default: Sqlite } = yield* Effect.tryPromise({
    try: () => import("./driver.ts"),
    catch: unavailable("opened without the native module better-sqlite3")
  })
  if (readonly && !existsSync(file)) return yield* unavailable("opened")(new Error("there is no such file"))
  if (!readonly && file !== ":memory:")
    yield* Effect.try({ try: () => makePrivate(file), catch: unavailable("created") })
  const open = Effect.try(() => {
    const db = new Sqlite(file, { timeout: 0, readonly })
    try {
      prepare(db, layout, readonly)
    } catch (error) {
      db.close()
      throw error
    }
    return db
  })
  const db = yield* Effect.acquireRelease(whenFree(open, defaultWait), (db) => Effect.sync(() => db.close())).pipe(
    Effect.mapError(({ error }) => unavailable("opened")(error))
  )
  return {
    file,
    write: (body, wait = defaultWait) =>
      attempt(() => db.transaction(body).immediate(db), wait, unavailable("written")),
    read: (body) => attempt(() => db.transaction(body).deferred(db), defaultWait, unavailable("read"))
  }
})

const prepare = (db: Database, { applicationId, migrations }: Layout, readonly: boolean): void => {
  const found = db.pragma("application_id", { simple: true })
  const layout = Number(db.pragma("user_version", { simple: true }))
  if (layout > migrations.length)
    throw new Error(`a newer version of mcp-kraken wrote it (layout ${layout}, known up to ${migrations.length})`)
  if (layout > 0 && found !== applicationId) throw new Error("another program wrote it")
  if (readonly) {
    if (layout < migrations.length) throw new Error(layout === 0 ? "it is empty" : "an older version wrote it")
    return
  }
  db.pragma("journal_mode = WAL")
  // With a write-ahead log, FULL syncs the log to the disk before a commit returns; NORMAL does not.
  db.pragma("synchronous = FULL")
  if (layout === migrations.length) return
  db.transaction(() => {
    // Another process can have migrated the file in the meantime.
    const current = Number(db.pragma("user_version", { simple: true }))
    for (const migration of migrations.slice(current)) db.exec(migration)
    db.pragma(`application_id = ${applicationId}`)
    db.pragma(`user_version = ${migrations.length}`)
  }).immediate()
}

/** Runs a synchronous step. SQLite's errors are the file's; others are defects. */
const attempt = <A>(
  step: () => A,
  wait: Duration.DurationInput,
  unavailable: (cause: unknown) => DatabaseUnavailable
): Effect.Effect<A, DatabaseUnavailable> =>
  Effect.catchAll(whenFree(Effect.try(step), wait), ({ error }) =>
    isSqliteError(error) ? Effect.fail(unavailable(error)) : Effect.die(error)
  )

/** Runs a step again for as long as another process holds the file. */
const whenFree = <A>(step: Effect.Effect<A, Cause.UnknownException>, wait: Duration.DurationInput) =>
  Effect.retry(step, {
    while: ({ error }) => isLocked(error),
    schedule: Schedule.intersect(Schedule.spaced(pause), Schedule.recurUpTo(wait))
  })

const isSqliteError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_")
