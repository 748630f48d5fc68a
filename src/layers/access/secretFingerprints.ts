import { SqlClient } from "@effect/sql/SqlClient"
import type { Database } from "better-sqlite3"
import { Effect, Schema } from "effect"
import { TokenStoreError } from "../../services/TokenStore.ts"
import { failureOf } from "../storage/dialects.ts"
import { column, type Steps, value } from "../storage/steps.ts"

/**
 * Fingerprints of the operator secret in `tokens.db`, so that its tokens cannot be changed with the secret of another state
 * folder. There are two only while the secret is being changed. The Python mcp-kraken ignores the table.
 */

/** Creates the table. */
export const createOperatorSecrets = Effect.flatMap(
  SqlClient,
  (sql) => sql`CREATE TABLE IF NOT EXISTS operator_secrets (fingerprint TEXT PRIMARY KEY)`
)

const decode = Schema.decodeUnknown(Schema.Array(Schema.Struct({ fingerprint: Schema.String })))

/** Uses the database of the tokens. */
const using = <A>(use: (sql: SqlClient) => Effect.Effect<A, unknown>): Effect.Effect<A, TokenStoreError, SqlClient> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.mapError(
      use(sql),
      (cause) =>
        new TokenStoreError({
          reason: failureOf(sql, (why) => `The token database can't be used: ${why}.`)(cause),
          cause
        })
    )
  )

/** Reads the fingerprints. None: no secret is needed for this database. */
export const readFingerprints: Effect.Effect<ReadonlyArray<string>, TokenStoreError, SqlClient> = using((sql) =>
  sql`SELECT fingerprint FROM operator_secrets`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) => rows.map(({ fingerprint }) => fingerprint))
  )
)

/** Reads the fingerprints by a connection that changes nothing. A database of another program has none. */
export const fingerprintsIn = (db: Database): ReadonlyArray<string> =>
  db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'operator_secrets'").get() === undefined
    ? []
    : (db.prepare("SELECT fingerprint FROM operator_secrets").pluck().all() as ReadonlyArray<string>)

/** Reads the fingerprints in the database of PostgreSQL that also has the record. */
export function* fingerprintsBesideRecord(): Steps<ReadonlyArray<string>> {
  return (yield* value("SELECT to_regclass('operator_secrets')")) === null
    ? []
    : yield* column<string>("SELECT fingerprint FROM operator_secrets")
}

/** Adds a fingerprint. */
export const addFingerprint = (fingerprint: string): Effect.Effect<void, TokenStoreError, SqlClient> =>
  using((sql) => Effect.asVoid(sql`INSERT INTO operator_secrets VALUES (${fingerprint}) ON CONFLICT DO NOTHING`))

/** Removes a fingerprint. */
export const forgetFingerprint = (fingerprint: string): Effect.Effect<void, TokenStoreError, SqlClient> =>
  using((sql) => Effect.asVoid(sql`DELETE FROM operator_secrets WHERE fingerprint = ${fingerprint}`))
