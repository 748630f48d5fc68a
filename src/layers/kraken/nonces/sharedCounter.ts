import { SafeIntegers, type SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Effect, Random } from "effect"
import { randomUUID } from "node:crypto"
import { MayNotLeave } from "../../../services/NonceSource.ts"
import { type GiveBack, longestTurn, type Take } from "./nonceLane.ts"
import { lost } from "./NonceSourceMemory.ts"

/** How long a process that waits keeps the others from taking two turns in a row, in milliseconds. */
const claim = 50n

const lease = BigInt(longestTurn)

/** A condition of SQL at a time in Unix milliseconds. */
export type Condition = (now: bigint) => Fragment

/** Between reading the clock and writing, a process may have waited for the file this long at the most. */
const slack = 3000n

/**
 * The nonces of one key, shared by all processes through a row of a database. One statement takes the lease and the
 * next nonce; no transaction stays open while a request is under way. The lease is known by its nonce, so that one that
 * has run out can't be given back over its successor. Processes that wait take turns.
 *
 * Times are Unix milliseconds. One further ahead than it could have been set is the work of a clock that went back, and
 * does not count.
 */
export const makeSharedCounter = Effect.fnUntraced(function* (sql: SqlClient, key: string) {
  const me = randomUUID()
  yield* sql`CREATE TABLE IF NOT EXISTS lanes (
    key TEXT PRIMARY KEY,
    nonce INTEGER NOT NULL,
    factor INTEGER NOT NULL,
    leased_until INTEGER NOT NULL,
    wanted_by TEXT,
    wanted_until INTEGER NOT NULL
  ) STRICT`
  yield* sql`INSERT OR IGNORE INTO lanes VALUES (${key}, 0, 1, 0, NULL, 0)`

  const isFree = (now: bigint) => sql`(leased_until <= ${now} OR leased_until > ${now + lease + slack})`
  const isOurs = (now: bigint) =>
    sql`(wanted_by IS NULL OR wanted_by = ${me} OR wanted_until <= ${now} OR wanted_until > ${now + claim + slack})`

  const tryTake = (condition: Condition) =>
    Effect.flatMap(
      time,
      (now) =>
        sql<{ readonly nonce: bigint }>`UPDATE lanes
          SET nonce = max(nonce + 1, ${now * 1000n} * factor), leased_until = ${now + lease}, wanted_by = NULL
          WHERE key = ${key} AND ${isFree(now)} AND ${isOurs(now)} AND ${condition(now)}
          RETURNING nonce`
    ).pipe(Effect.provideService(SafeIntegers, true))

  const holds = (condition: Condition) =>
    Effect.map(
      Effect.flatMap(time, (now) => sql`SELECT 1 WHERE ${condition(now)}`),
      (rows) => rows.length > 0
    )

  const want = Effect.flatMap(
    time,
    (now) =>
      sql`UPDATE lanes SET wanted_by = ${me}, wanted_until = ${now + claim} WHERE key = ${key} AND ${isOurs(now)}`
  )

  const take: Take<SqlError> = (restore) =>
    Effect.flatMap(tryTake(always), ([taken]) =>
      taken === undefined
        ? want.pipe(Effect.zipRight(restore(shortWait)), Effect.zipRight(take(restore)))
        : Effect.succeed(taken.nonce)
    )

  const always: Condition = () => sql`1 = 1`

  /** Takes the next nonce if a condition holds when it is taken. Fails once the condition does not hold. */
  const takeIf =
    (condition: Condition): Take<SqlError | MayNotLeave> =>
    (restore) =>
      Effect.gen(function* () {
        const [taken] = yield* tryTake(condition)
        if (taken !== undefined) return taken.nonce
        if (!(yield* holds(condition))) return yield* new MayNotLeave({ reason: lost })
        yield* want
        yield* restore(shortWait)
        return yield* takeIf(condition)(restore)
      })

  const giveBack: GiveBack<SqlError> = (nonce) =>
    sql`UPDATE lanes SET leased_until = 0 WHERE key = ${key} AND nonce = ${nonce}`

  return {
    take,
    takeIf,
    giveBack,
    jump: sql`UPDATE lanes SET factor = 1000 WHERE key = ${key}`
  }
})

const time = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(Math.trunc(millis)))

/** In milliseconds; uneven, so that processes do not keep step. */
const shortWait = Effect.flatMap(Random.nextIntBetween(2, 7), Effect.sleep)
