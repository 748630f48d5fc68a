import type { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { existsSync } from "node:fs"
import type { IntentRef } from "../../../services/Record.ts"
import type { Condition } from "./sharedCounter.ts"

/**
 * Makes the record readable to the statements of a connection. A statement takes the lock of its own file before it reads
 * the record. So a process that takes an intent over after that read takes its next nonce after this one.
 */
export const makeAttachedRecord = Effect.fnUntraced(function* (sql: SqlClient, file: string) {
  const attach = Effect.suspend(() =>
    // Attaching would create a missing file.
    existsSync(file)
      ? Effect.asVoid(sql`ATTACH DATABASE ${file} AS record`)
      : Effect.fail(new SqlError({ cause: undefined, message: `there is no file ${file}` }))
  )
  /** Attaches the file once. A failure is tried again on the next use. */
  const [once, again] = yield* Effect.cachedInvalidateWithTTL(attach, Duration.infinity)
  const open = Effect.tapError(once, () => again)

  /** The intent is still its owner's and was not dropped, and the time until which it may leave has not passed. */
  const mayLeave =
    ({ owner, seq }: IntentRef): Condition =>
    (now) =>
      sql`EXISTS (SELECT 1 FROM record.intents JOIN record.leases USING (seq) WHERE seq = ${seq} AND owner = ${owner}
        AND until > 0 AND state = 'open' AND leave_by >= ${now}
        AND seq NOT IN (SELECT seq FROM record.dropped))`

  return { open, mayLeave }
})
