import type { SqlClient } from "@effect/sql/SqlClient"
import { DateTime, Duration, Effect, FiberSet } from "effect"
import type { TokenId } from "../../services/TokenStore.ts"
import { toIso } from "./time.ts"

/** The use of a token is written this often at the most; the last one is written when the process stops. */
const interval = Duration.toMillis("1 minute")

/** Notes when tokens were used, without a write to the file for each request. */
export const makeLastUse = (sql: SqlClient) =>
  Effect.gen(function* () {
    const written = new Map<TokenId, number>()
    const pending = new Map<TokenId, DateTime.Utc>()
    const write = (id: TokenId, at: DateTime.Utc) =>
      Effect.ignoreLogged(sql`UPDATE tokens SET last_used_at = ${toIso(at)} WHERE id = ${id}`)
    yield* Effect.addFinalizer(() => Effect.forEach(pending, ([id, at]) => write(id, at), { discard: true }))
    const writes = yield* FiberSet.make<void>()
    yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(writes))
    return {
      note: (id: TokenId, now: DateTime.Utc): Effect.Effect<void> =>
        Effect.suspend(() => {
          if (now.epochMillis - (written.get(id) ?? -Infinity) < interval) {
            pending.set(id, now)
            return Effect.void
          }
          written.set(id, now.epochMillis)
          pending.delete(id)
          return Effect.asVoid(FiberSet.run(writes, write(id, now)))
        })
    }
  })
