import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Database } from "better-sqlite3"
import { Effect } from "effect"
import { openFile } from "./databaseFile.ts"
import { migrate, type Migration } from "./migrate.ts"
import { openDatabase } from "./openDatabase.ts"

/**
 * Opens a SQLite file as `openDatabase` does, and returns a connection of the driver itself. It is for statements of which
 * each call runs several: those of `@effect/sql` take three times the processor time. No statement waits for another
 * process.
 */
export const openConnection = Effect.fn("storage.openConnection")(function* (
  file: string,
  migrations: ReadonlyArray<Migration>
) {
  yield* Effect.scoped(
    Effect.provideServiceEffect(migrate(migrations), SqlClient, openDatabase(file, { busyTimeout: 0 }))
  )
  return yield* Effect.acquireRelease(
    openFile(
      file,
      () => import("./driver.ts"),
      ({ default: Sqlite }) => Effect.try(() => configured(new Sqlite(file, { timeout: 0 })))
    ),
    (db) => Effect.sync(() => db.close())
  )
})

const configured = (db: Database): Database => {
  db.pragma("synchronous = NORMAL")
  return db
}

/** Runs statements of a connection. Fails as `@effect/sql` does. */
export const attempt = <A>(run: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({ try: run, catch: (cause) => new SqlError({ cause, message: "a statement failed" }) })
