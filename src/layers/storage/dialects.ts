import { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Layer, Option, type Redacted } from "effect"
import { type DatabaseUnavailable, reasonOf } from "./databaseFile.ts"
import { SharedPostgres } from "./SharedPostgres.ts"
import { postgresUnavailable } from "./postgresErrors.ts"

/** Parts of code that runs on SQLite and on PostgreSQL. */

/** Provides a database of PostgreSQL. Its driver is loaded when the layer is built. */
export const PostgresSql = (url: Redacted.Redacted): Layer.Layer<SqlClient, DatabaseUnavailable> =>
  Layer.scoped(
    SqlClient,
    Effect.serviceOption(SharedPostgres).pipe(
      Effect.flatMap(
        Option.match({
          onNone: () =>
            Effect.flatMap(
              Effect.tryPromise({ try: () => import("./postgres.ts"), catch: postgresUnavailable }),
              ({ openPostgres }) => openPostgres(url)
            ),
          onSome: Effect.succeed
        })
      ),
      Effect.flatMap(({ sql }) => sql)
    )
  )

/** The type of times in milliseconds. */
export const wholeNumber = (sql: SqlClient) =>
  sql.literal(sql.onDialectOrElse({ pg: () => "BIGINT", orElse: () => "INTEGER" }))

/** Tells why a database fails. `ofFile` makes the sentence for a file; a database of PostgreSQL is not named. */
export const failureOf = (sql: SqlClient, ofFile: (why: string) => string) =>
  sql.onDialectOrElse({
    pg: () => (cause: unknown) => postgresUnavailable(cause).message,
    orElse: () => (cause: unknown) => ofFile(reasonOf(cause))
  })
