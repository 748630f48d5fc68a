import { SqlClient } from "@effect/sql/SqlClient"
import { DateTime, Duration, Effect, FiberSet } from "effect"
import type { TokenId } from "../../services/TokenStore.ts"
import { toIso } from "./time.ts"

/** The shortest time between two writes for one token, in milliseconds. */
const interval = Duration.toMillis("1 minute")

/** The time in which uses are collected for one write. */
const collecting = "100 millis"

/**
 * Makes the notes of when tokens were used. There is no write for each request, nor for each of many tokens; the last use
 * of each token is written when the process stops.
 */
export const makeLastUse = Effect.gen(function* () {
  const sql = yield* SqlClient
  const entriesOf = sql.onDialectOrElse({
    pg: () => (json: string) => sql`json_each_text(${json}::json)`,
    orElse: () => (json: string) => sql`json_each(${json})`
  })
  const written = new Map<TokenId, number>()
  /** Uses to be written with the next write, and those that wait for the end of the interval or of the process. */
  const [due, pending] = [new Map<TokenId, DateTime.Utc>(), new Map<TokenId, DateTime.Utc>()]
  const write = (...uses: ReadonlyArray<Map<TokenId, DateTime.Utc>>) =>
    Effect.suspend(() => {
      const rows = uses.flatMap((some) => Array.from(some, ([id, at]) => [id, toIso(at)]))
      for (const some of uses) some.clear()
      if (rows.length === 0) return Effect.void
      const json = JSON.stringify(Object.fromEntries(rows))
      return Effect.ignoreLogged(
        sql`UPDATE tokens SET last_used_at = used.value FROM ${entriesOf(json)} AS used WHERE tokens.id = used.key`
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
        return due.size > 1 ? Effect.void : Effect.asVoid(FiberSet.run(writes, Effect.delay(write(due), collecting)))
      })
  }
})
