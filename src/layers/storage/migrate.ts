import type { MigrationError } from "@effect/sql/Migrator"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Option } from "effect"

/** A change of the tables, by its name. Never altered once it is released. */
export type Migration = readonly [name: string, run: Effect.Effect<unknown, SqlError, SqlClient>]

/**
 * Runs the migrations that the database has not seen, in one transaction. The first one meets files that were written
 * before migrations were counted, so it must not fail on tables that are there.
 */
export const migrate = (
  migrations: ReadonlyArray<Migration>
): Effect.Effect<void, MigrationError | SqlError, SqlClient> =>
  Effect.promise(() => import("@effect/sql/Migrator")).pipe(
    Effect.flatMap(({ make, MigrationError }) =>
      make({})({
        loader: Effect.succeed(migrations.map(([name, run], index) => [index + 1, name, Effect.succeed(run)] as const))
      }).pipe(
        // The Migrator dies if a migration fails.
        Effect.catchSomeDefect((defect) =>
          defect instanceof MigrationError ? Option.some(Effect.fail(defect)) : Option.none()
        )
      )
    ),
    Effect.asVoid
  )
