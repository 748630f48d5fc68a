import * as Reactivity from "@effect/experimental/Reactivity"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Data, Effect, Predicate, Schedule, type Scope } from "effect"
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"

/** An unusable database file. */
export class DatabaseUnavailable extends Data.TaggedError("DatabaseUnavailable")<{
  /** A sentence for the operator, with the path. */
  readonly reason: string
  readonly cause: unknown
}> {
  override get message() {
    return this.reason
  }
}

/**
 * Opens a SQLite file that only its owner can read, and creates it and its folder if they are missing. Several
 * processes can use it at once. The native module is loaded here, not when the program starts.
 */
export const openDatabase = (file: string): Effect.Effect<SqlClient, DatabaseUnavailable, Scope.Scope> => {
  const unavailable = (what: string) => (cause: unknown) =>
    new DatabaseUnavailable({ reason: `The database ${file} can't be ${what}: ${wordsOf(cause)}.`, cause })
  return Effect.gen(function* () {
    yield* Effect.try({ try: () => makePrivate(file), catch: unavailable("created") })
    const { make } = yield* Effect.tryPromise({
      try: () => import("@effect/sql-sqlite-node/SqliteClient"),
      catch: unavailable("opened without the native module better-sqlite3")
    })
    const sql = yield* make({ filename: file }).pipe(
      Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
      // Opening throws if the module does not fit this machine, the file is not a database, or another process is
      // creating it.
      Effect.catchAllCause((cause) => Effect.fail(Cause.squash(cause))),
      Effect.retry({
        while: isLocked,
        schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(20))
      }),
      Effect.mapError(unavailable("opened"))
    )
    yield* Effect.mapError(sql`PRAGMA busy_timeout = 2000`, unavailable("used"))
    return sql
  })
}

/**
 * Creates the file for its owner only. SQLite would let everyone read it, and gives its mode to the files beside it.
 */
export const makePrivate = (file: string): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, "a", 0o600))
  try {
    chmodSync(file, 0o600)
  } catch {
    // The file of another user who gave this one access keeps its mode.
  }
}

export const isLocked = (error: unknown): boolean =>
  Predicate.hasProperty(error, "code") && String(error.code).startsWith("SQLITE_BUSY")

export const wordsOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
