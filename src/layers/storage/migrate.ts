import type { MigrationError } from "@effect/sql/Migrator"
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"

/** A change of the tables, by its name. Never altered once it is released. */
export type Migration = readonly [name: string, run: Effect.Effect<unknown, SqlError, SqlClient>]

/**
 * Runs the migrations that the database has not seen, in one transaction. The first one meets files that were written
 * before migrations were counted, so it must not fail on tables that are there.
 */
export const migrate = Effect.fnUntraced(function* (
  migrations: ReadonlyArray<Migration>
): Effect.fn.Return<void, MigrationError | SqlError, SqlClient> {
  const { make, MigrationError } = yield* Effect.promise(() => import("@effect/sql/Migrator"))
  const sql = yield* SqlClient
  const run = make({})({
    loader: Effect.succeed(migrations.map(([name, run], index) => [index + 1, name, Effect.succeed(run)] as const))
  })
  // The Migrator creates its own table outside of its transaction, so that one is nested in this one.
  yield* sql.withTransaction(
    // The Migrator dies if a migration fails.
    Effect.catchSomeDefect(run, (defect) =>
      defect instanceof MigrationError ? Option.some(Effect.fail(defect)) : Option.none()
    )
  )
})
