import type { SqlClient } from "@effect/sql/SqlClient"
import { DateTime, Duration, Effect, FiberSet } from "effect"
import type { TokenId } from "../../services/TokenStore.ts"
import { toIso } from "./time.ts"

/** The use of a token is written this often at the most; the last one is written when the process stops. */
const interval = Duration.toMillis("1 minute")

/** Uses that come together are one write. */
const together = "100 millis"

/** Notes when tokens were used, without a write to the file for each request, nor for each of many tokens. */
export const makeLastUse = (sql: SqlClient) =>
  Effect.gen(function* () {
    const written = new Map<TokenId, number>()
    /** To be written soon, and when the process stops. */
    const [due, pending] = [new Map<TokenId, DateTime.Utc>(), new Map<TokenId, DateTime.Utc>()]
    const write = (...uses: ReadonlyArray<Map<TokenId, DateTime.Utc>>) =>
      Effect.suspend(() => {
        const rows = uses.flatMap((some) => Array.from(some, ([id, at]) => [id, toIso(at)]))
        for (const some of uses) some.clear()
        if (rows.length === 0) return Effect.void
        const json = JSON.stringify(Object.fromEntries(rows))
        return Effect.ignoreLogged(
          sql`UPDATE tokens SET last_used_at = used.value FROM json_each(${json}) AS used WHERE tokens.id = used.key`
        )
      })
    const writes = yield* FiberSet.make<void>()
    yield* Effect.addFinalizer(() => write(due, pending))
    return {
      note: (id: TokenId, now: DateTime.Utc): Effect.Effect<void> =>
        Effect.suspend(() => {
          if (now.epochMillis - (written.get(id) ?? -Infinity) < interval) {
            pending.set(id, now)
            return Effect.void
          }
          written.set(id, now.epochMillis)
          pending.delete(id)
          due.set(id, now)
          return due.size > 1 ? Effect.void : Effect.asVoid(FiberSet.run(writes, Effect.delay(write(due), together)))
        })
    }
  })
