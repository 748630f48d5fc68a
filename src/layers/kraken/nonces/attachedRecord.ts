import { SqlError } from "@effect/sql/SqlError"
import type { Database } from "better-sqlite3"
import { Duration, Effect } from "effect"
import { existsSync } from "node:fs"
import { isStopped } from "../../access/record/stopped.ts"
import { attempt } from "../../storage/openConnection.ts"
import { frozenMeanwhile, lost } from "./NonceSourceMemory.ts"
import type { Requirement } from "./sharedCounter.ts"

/**
 * Makes the record readable to the statements of a connection. A statement takes the lock of its own file before it reads
 * the record. So a process that takes an intent over after that read takes its next nonce after this one. A failure is tried
 * again on the next use.
 */
export const attachRecord = Effect.fnUntraced(function* (db: Database, file: string) {
  const attach = Effect.suspend(() =>
    // Attaching would create a missing file.
    existsSync(file)
      ? attempt(() => void db.prepare("ATTACH DATABASE ? AS record").run(file))
      : Effect.fail(new SqlError({ cause: undefined, message: `there is no file ${file}` }))
  )
  const [once, again] = yield* Effect.cachedInvalidateWithTTL(attach, Duration.infinity)
  return Effect.tapError(once, () => again)
})

/**
 * The intent is still its owner's and was not dropped, the time until which it may leave has not passed, and neither
 * everybody nor its caller is frozen, unless it is a cancel. `schema` is the prefix of the record's tables.
 */
export const mayLeaveIn = (schema: "" | "record."): ReadonlyArray<Requirement> => [
  {
    condition: `EXISTS (SELECT 1 FROM ${schema}intents JOIN ${schema}leases USING (seq) WHERE seq = @seq AND owner = @owner
      AND until > 0 AND state = 'open' AND leave_by >= @now
      AND seq NOT IN (SELECT seq FROM ${schema}dropped))`,
    otherwise: lost
  },
  {
    condition: `NOT EXISTS (SELECT 1 FROM ${schema}intents WHERE seq = @seq AND ${isStopped(schema)})`,
    otherwise: frozenMeanwhile
  }
]
