import { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Effect, Layer, Redacted } from "effect"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { failureOf, PostgresSql, wholeNumber } from "../../storage/dialects.ts"
import { migrate, type Migration } from "../../storage/migrate.ts"
import { postgresUnavailable } from "../../storage/postgresErrors.ts"
import { onFirstUse } from "../../storage/onFirstUse.ts"
import { Database } from "../../storage/openDatabase.ts"
import { makeRequestStateKeyMemory } from "./RequestStateKeyMemory.ts"

const migrations: ReadonlyArray<Migration> = [
  [
    "create_seals",
    Effect.flatMap(SqlClient, (sql) =>
      Effect.zipRight(
        sql`CREATE TABLE IF NOT EXISTS seal_key (id INTEGER PRIMARY KEY CHECK (id = 1), key TEXT NOT NULL)`,
        sql`CREATE TABLE IF NOT EXISTS used_seals (id TEXT PRIMARY KEY, expires ${wholeNumber(sql)} NOT NULL)`
      )
    )
  ]
]

/** One key for all processes that use the database, and the ids of the request states that were redeemed. */
export const RequestStateKeySql = Layer.effect(
  RequestStateKey,
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const file = fileOf(yield* Config)
    const failure = failureOf(sql, (why) => `The database ${file} fails: ${why}.`)
    yield* migrate(migrations, "request_states")
    const key = Redacted.make<Uint8Array>(yield* readKey(sql))
    return RequestStateKey.of({
      key: Effect.succeed(key),
      // A request state is refused if its use can't be stored.
      redeem: (id, expires) =>
        redeem(sql, id, expires).pipe(Effect.catchAll((error) => Effect.as(Effect.logWarning(failure(error)), false)))
    })
  })
)

/**
 * The key in the state folder, for all processes of the user, or in the database of all servers. It is opened on first use.
 * Paper mode has another key, always in the state folder: an answer that a user gave on paper does not count for the real
 * account. If the key can't be read, this process has one of its own, for this use only if the database is on the network.
 */
export const RequestStateKeyOfState = Layer.scoped(
  RequestStateKey,
  Effect.gen(function* () {
    const config = yield* Config
    const url = config.mode === "paper" ? undefined : config.databaseUrl
    const database = url === undefined ? Database(fileOf(config)) : PostgresSql(url)
    const shared = Layer.provide(RequestStateKeySql, [database, Layer.succeed(Config, config)])
    const service = yield* onFirstUse(
      RequestStateKey,
      shared,
      (error) =>
        Effect.as(
          Effect.logWarning(
            `${url === undefined ? error.message : postgresUnavailable(error).message} Calls that ask the user end with this process.`
          ),
          makeRequestStateKeyMemory()
        ),
      () => url !== undefined
    )
    return RequestStateKey.of({
      key: Effect.flatMap(service, ({ key }) => key),
      redeem: (id, expires) => Effect.flatMap(service, ({ redeem }) => redeem(id, expires))
    })
  })
)

const fileOf = ({ mode, stateDir }: typeof Config.Service): string =>
  join(stateDir, mode === "paper" ? "paper-seals.db" : "seals.db")

const readKey = Effect.fnUntraced(function* (sql: SqlClient) {
  // Of two processes that start at once, the second keeps the key of the first.
  yield* sql`INSERT INTO seal_key (id, key) VALUES (1, ${randomBytes(32).toString("base64")}) ON CONFLICT DO NOTHING`
  const [row] = yield* sql<{ readonly key: string }>`SELECT key FROM seal_key WHERE id = 1`
  return Buffer.from(row?.key ?? "", "base64")
})

const redeem = Effect.fnUntraced(function* (sql: SqlClient, id: string, expires: number) {
  yield* sql`DELETE FROM used_seals WHERE expires < ${yield* Clock.currentTimeMillis}`
  const rows = yield* sql`INSERT INTO used_seals (id, expires) VALUES (${id}, ${expires}) ON CONFLICT DO NOTHING
    RETURNING id`
  return rows.length === 1
})
