import type { MigrationError } from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"

/** A change of the tables, by its name. Never altered once it is released. */
export type Migration = readonly [name: string, run: Effect.Effect<unknown, SqlError, SqlClient>]

/** The lock that one process at a time holds while it migrates a database of PostgreSQL. Any constant of this program. */
const migrating = 7_263_187

/**
 * Runs the migrations that the database has not seen, in one transaction. The first one meets files that were written
 * before migrations were counted, so it must not fail on tables that are there. `of` names what the tables are for: a
 * database of PostgreSQL holds the tables that have files of their own in SQLite, and counts their migrations apart.
 */
export const migrate = Effect.fnUntraced(function* (
  migrations: ReadonlyArray<Migration>,
  of = "state"
): Effect.fn.Return<void, MigrationError | SqlError, SqlClient> {
  const { make, MigrationError } = yield* Effect.promise(() => import("@effect/sql/Migrator"))
  const sql = yield* SqlClient
  const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const table = `migrations_of_${of}`
  /** The Migrator finds out by a failure that its table is missing, after which a transaction of PostgreSQL cannot go on. */
  const prepare = Effect.zipRight(
    sql`SELECT pg_advisory_xact_lock(${migrating})`,
    sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
      migration_id INTEGER PRIMARY KEY,
      created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
      name TEXT NOT NULL
    )`
  )
  const run = make({})({
    ...(isPostgres && { table }),
    loader: Effect.succeed(migrations.map(([name, run], index) => [index + 1, name, Effect.succeed(run)] as const))
  })
  // The Migrator creates its own table outside of its transaction, so that one is nested in this one.
  yield* sql.withTransaction(
    Effect.zipRight(
      isPostgres ? prepare : Effect.void,
      // The Migrator dies if a migration fails.
      Effect.catchSomeDefect(run, (defect) =>
        defect instanceof MigrationError ? Option.some(Effect.fail(defect)) : Option.none()
      )
    )
  )
})
