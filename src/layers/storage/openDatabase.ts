import * as Reactivity from "@effect/experimental/Reactivity"
import { makeWithTransaction, SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import type { Database as SqliteDatabase } from "better-sqlite3"
import { Cause, Effect, Exit, Layer, Scope } from "effect"
import { type DatabaseUnavailable, openFile, retryWhileLocked, unavailable } from "./databaseFile.ts"

export interface DatabaseOptions {
  /**
   * The guarantee for a committed transaction. `NORMAL`: it survives the end of the process. `FULL`: it also survives a
   * power failure. SQLite then syncs the file at each commit.
   */
  readonly synchronous?: "NORMAL" | "FULL"
  /**
   * The longest time in milliseconds for which a statement waits for another process, and blocks the event loop. With 0,
   * only transactions wait, without blocking it, and other statements fail at once.
   */
  readonly busyTimeout?: number
}

/**
 * Opens a SQLite file that only its owner can read, in WAL mode: several processes can use it at once. Its transactions
 * take the write lock when they begin, so that what they read still holds when they write. They wait for the lock for a
 * second between attempts that do not block the event loop.
 */
export const openDatabase = (
  file: string,
  { busyTimeout = 2000, synchronous = "NORMAL" }: DatabaseOptions = {}
): Effect.Effect<SqlClient, DatabaseUnavailable, Scope.Scope> =>
  openFile(
    file,
    () => Promise.all([import("@effect/sql-sqlite-node/SqliteClient"), import("./driver.ts")]),
    ([{ make }, { default: Sqlite }]) =>
      // The client of `@effect/sql` would wait in the driver, and block the event loop for five seconds.
      Effect.try(() => useLog(new Sqlite(file, { timeout: 0 }))).pipe(
        Effect.zipRight(make({ filename: file })),
        Effect.provideServiceEffect(Reactivity.Reactivity, Reactivity.make),
        // Opening throws if the module does not fit this machine or the file is not a database.
        Effect.catchAllCause((cause) => Effect.fail(Cause.squash(cause)))
      )
  ).pipe(
    Effect.tap((sql) =>
      Effect.all([
        sql`PRAGMA busy_timeout = ${sql.literal(String(busyTimeout))}`,
        sql`PRAGMA synchronous = ${sql.literal(synchronous)}`
      ]).pipe(Effect.mapError(unavailable(file, "used")))
    ),
    Effect.map((sql) => Object.assign(sql, { withTransaction: immediateTransaction(sql) }))
  )

/** Gives a file a write-ahead log, if it has none yet, and closes it. */
const useLog = (db: SqliteDatabase): void => {
  try {
    db.pragma("journal_mode = WAL")
  } finally {
    db.close()
  }
}

/** Provides a database, opened when the layer is built. */
export const Database = (file: string, options?: DatabaseOptions): Layer.Layer<SqlClient, DatabaseUnavailable> =>
  Layer.scoped(SqlClient, openDatabase(file, options))

/** Makes `withTransaction` for transactions that begin immediate. `@effect/sql` begins deferred ones. */
const immediateTransaction = (sql: SqlClient): SqlClient["withTransaction"] => {
  const run = (connection: Connection, statement: string) =>
    Effect.asVoid(connection.executeUnprepared(statement, [], undefined))

  /** Begins here, since a failure of `begin` would be rolled back, which SQLite refuses without a transaction. */
  const acquireConnection = Effect.gen(function* () {
    const scope = yield* Scope.make()
    const connection = yield* Scope.extend(sql.reserve, scope).pipe(
      Effect.tap((connection) => retryWhileLocked(run(connection, "BEGIN IMMEDIATE"))),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
    return [scope, connection] as const
  })

  return makeWithTransaction({
    transactionTag: TransactionConnection,
    spanAttributes: [],
    acquireConnection,
    begin: () => Effect.void,
    savepoint: (connection, depth) => run(connection, `SAVEPOINT nested_${depth}`),
    // A transaction that can't be committed must not stay open.
    commit: (connection) =>
      Effect.tapError(run(connection, "COMMIT"), () => Effect.ignore(run(connection, "ROLLBACK"))),
    rollback: (connection) => run(connection, "ROLLBACK"),
    rollbackSavepoint: (connection, depth) => run(connection, `ROLLBACK TO nested_${depth}`)
  })
}
