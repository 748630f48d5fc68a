import type { SqlClient } from "@effect/sql/SqlClient"
import { Clock, Effect, Layer, Redacted, Scope } from "effect"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { Config } from "../../../services/Config.ts"
import { RequestStateKey } from "../../../services/RequestStateKey.ts"
import { makeRequestStateKeyMemory } from "./RequestStateKeyMemory.ts"
import { openDatabase } from "../../storage/openDatabase.ts"

/**
 * One key for all processes of the user, in the state folder, made on first need; and what was sealed with it and used.
 * Paper mode has another: what a user agreed to on paper does not count for the real account. Where the file can't be
 * used, this process has a key of its own.
 */
export const RequestStateKeySqlite = Layer.scoped(
  RequestStateKey,
  Effect.gen(function* () {
    const { mode, stateDir } = yield* Config
    const opened = open(join(stateDir, mode === "paper" ? "paper-seals.db" : "seals.db")).pipe(
      Effect.catchAll((error) =>
        Effect.as(Effect.logWarning(`${error.message} Calls that ask the user end with this process.`), memory)
      )
    )
    const memory = makeRequestStateKeyMemory()
    const seals = yield* Effect.cached(Effect.uninterruptible(Scope.extend(opened, yield* Effect.scope)))
    return RequestStateKey.of({
      key: Effect.flatMap(seals, ({ key }) => key),
      redeem: (id, expires) => Effect.flatMap(seals, ({ redeem }) => redeem(id, expires))
    })
  })
)

const open = Effect.fnUntraced(function* (file: string) {
  const sql = yield* openDatabase(file)
  const key = Redacted.make<Uint8Array>(yield* readKey(sql))
  return RequestStateKey.of({
    key: Effect.succeed(key),
    // Where it can't be noted that a seal was used, it is not taken.
    redeem: (id, expires) =>
      redeem(sql, id, expires).pipe(
        Effect.catchAll((error) => Effect.as(Effect.logWarning(`The database ${file} fails: ${error.message}.`), false))
      )
  })
})

const readKey = Effect.fnUntraced(function* (sql: SqlClient) {
  yield* sql`CREATE TABLE IF NOT EXISTS seal_key (id INTEGER PRIMARY KEY CHECK (id = 1), key TEXT NOT NULL)`
  yield* sql`CREATE TABLE IF NOT EXISTS used_seals (id TEXT PRIMARY KEY, expires INTEGER NOT NULL)`
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
