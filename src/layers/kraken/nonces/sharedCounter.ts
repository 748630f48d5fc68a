import { SafeIntegers, SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Clock, Effect, Random } from "effect"
import { randomUUID } from "node:crypto"
import { MayNotLeave } from "../../../services/NonceSource.ts"
import { retryWhileLocked } from "../../storage/databaseFile.ts"
import { migrate, type Migration } from "../../storage/migrate.ts"
import { type GiveBack, longestTurn, type Take } from "./nonceLane.ts"
import { lost } from "./NonceSourceMemory.ts"

/** The time for which a waiting process keeps the others from taking two turns in a row, in milliseconds. */
const claim = 50n

const lease = BigInt(longestTurn)

/** A condition of SQL at a time in Unix milliseconds. */
export type Condition = (now: bigint) => Fragment

/** The longest time between reading the clock and writing, in milliseconds, since the file can be locked. */
const slack = 3000n

const migrations: ReadonlyArray<Migration> = [
  [
    "create_lanes",
    Effect.flatMap(
      SqlClient,
      (sql) => sql`CREATE TABLE IF NOT EXISTS lanes (
        key TEXT PRIMARY KEY,
        nonce INTEGER NOT NULL,
        factor INTEGER NOT NULL,
        leased_until INTEGER NOT NULL,
        wanted_by TEXT,
        wanted_until INTEGER NOT NULL
      ) STRICT`
    )
  ]
]

/**
 * Makes the counter of one key that all processes share through a row of a database. One statement takes the lease and
 * the next nonce; no transaction stays open while a request is under way. A lease is identified by its nonce, so that an
 * expired one can't be given back over its successor. Waiting processes take turns.
 *
 * Times are Unix milliseconds. A time further ahead than it could have been set comes from before the clock was set
 * back, and does not count.
 */
export const makeSharedCounter = Effect.fnUntraced(function* (key: string) {
  const sql = yield* SqlClient
  const process = randomUUID()
  /** The milliseconds by which the clock of this machine is behind Kraken's. Times in the database do not include them. */
  let lag = 0n
  yield* migrate(migrations)
  yield* retryWhileLocked(sql`INSERT OR IGNORE INTO lanes VALUES (${key}, 0, 1, 0, NULL, 0)`)

  const isFree = (now: bigint) => sql`(leased_until <= ${now} OR leased_until > ${now + lease + slack})`
  const isOurs = (now: bigint) =>
    sql`(wanted_by IS NULL OR wanted_by = ${process} OR wanted_until <= ${now} OR wanted_until > ${now + claim + slack})`

  const tryTake = (condition: Condition) =>
    Effect.flatMap(
      time,
      (now) =>
        sql<{ readonly nonce: bigint }>`UPDATE lanes
          SET nonce = max(nonce + 1, ${(now + lag) * 1000n} * factor), leased_until = ${now + lease}, wanted_by = NULL
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
      sql`UPDATE lanes SET wanted_by = ${process}, wanted_until = ${now + claim} WHERE key = ${key} AND ${isOurs(now)}`
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
    jump: sql`UPDATE lanes SET factor = 1000 WHERE key = ${key}`,
    setLag: (millis: number) =>
      Effect.sync(() => {
        lag = BigInt(Math.trunc(millis))
      })
  }
})

const time = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(Math.trunc(millis)))

/** Random, in milliseconds, so that processes do not stay in step. */
const shortWait = Effect.flatMap(Random.nextIntBetween(2, 7), Effect.sleep)
