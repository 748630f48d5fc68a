import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Database } from "better-sqlite3"
import { Clock, Effect, Random } from "effect"
import { randomUUID } from "node:crypto"
import { MayNotLeave } from "../../../services/NonceSource.ts"
import type { IntentRef } from "../../../services/Record.ts"
import { retryWhileLocked } from "../../storage/databaseFile.ts"
import type { Migration } from "../../storage/migrate.ts"
import { attempt } from "../../storage/openConnection.ts"
import { type GiveBack, longestTurn, type Take } from "./nonceLane.ts"

/** The time for which a waiting process keeps the others from taking two turns in a row, in milliseconds. */
const claim = 50n

const lease = BigInt(longestTurn)

/**
 * A condition of SQL, and the reason for which nothing is sent if it does not hold. `@now` is the time in Unix milliseconds;
 * `@seq` and `@owner` are of the intent.
 */
export interface Requirement {
  readonly condition: string
  readonly otherwise: string
}

/** The longest time between reading the clock and writing, in milliseconds, since the file can be locked. */
const slack = 3000n

export const migrations: ReadonlyArray<Migration> = [
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

/** Nobody holds the lease, or this process has kept it since its last turn. */
const isFree = `(leased_until <= @now OR leased_until > @now + ${lease + slack} OR nonce = @kept)`

const isOurs = `(wanted_by IS NULL OR wanted_by = @process OR wanted_until <= @now
  OR wanted_until > @now + ${claim + slack})`

const takeWhere = (condition: string) =>
  `UPDATE lanes SET nonce = max(nonce + 1, @counted * factor), leased_until = @now + ${lease}, wanted_by = NULL
   WHERE key = @key AND ${isFree} AND ${isOurs} AND ${condition} RETURNING nonce`

/** No nonce of a lease. */
const none = -1n

interface Shared {
  readonly key: string
  readonly db: Database
  /** The conditions under which the request of an intent may leave. Their tables exist when `takeIf` is used first. */
  readonly requirements: ReadonlyArray<Requirement>
}

/**
 * Makes the counter of one key that all processes share through a row of a database. One statement takes the lease and
 * the next nonce; no transaction stays open while a request is under way. A lease is identified by its nonce, so that an
 * expired one can't be given back over its successor. Waiting processes take turns.
 *
 * Times are Unix milliseconds. A time further ahead than it could have been set comes from before the clock was set
 * back, and does not count.
 */
export const makeSharedCounter = Effect.fnUntraced(function* ({ db, key, requirements }: Shared) {
  const process = randomUUID()
  /** The milliseconds by which the clock of this machine is behind Kraken's. Times in the database do not include them. */
  let lag = 0n
  yield* retryWhileLocked(
    attempt(() => db.prepare("INSERT OR IGNORE INTO lanes VALUES (?, 0, 1, 0, NULL, 0)").run(key))
  )

  const taking = (condition: string) =>
    db.prepare<[object], { readonly nonce: bigint }>(takeWhere(condition)).safeIntegers()
  const takeNext = taking("1 = 1")
  const wantNext = db.prepare(
    `UPDATE lanes SET wanted_by = @process, wanted_until = @now + ${claim} WHERE key = @key AND ${isOurs}`
  )
  const endLease = db.prepare("UPDATE lanes SET leased_until = 0 WHERE key = ? AND nonce = ?")
  const countFaster = db.prepare("UPDATE lanes SET factor = 1000 WHERE key = ?")

  const giveBack: GiveBack<SqlError> = (nonce) => attempt(() => endLease.run(key, nonce))

  const want = Effect.flatMap(time, (now) => attempt(() => wantNext.run({ key, process, now })))

  const tryTake = (statement: typeof takeNext, kept: bigint, values?: object) =>
    Effect.flatMap(time, (now) =>
      attempt(() => statement.get({ key, process, now, kept, counted: (now + lag) * 1000n, ...values })?.nonce)
    )

  /** Waits after a failed try. Other processes can take the lease meanwhile. */
  const untilNextTry = (restore: Parameters<Take>[0], kept: bigint) =>
    Effect.zipRight(kept === none ? want : Effect.zipRight(giveBack(kept), want), restore(shortWait))

  const take: Take<SqlError> = (restore, kept = none) =>
    Effect.flatMap(tryTake(takeNext, kept), (nonce) =>
      nonce === undefined ? Effect.zipRight(untilNextTry(restore, kept), take(restore)) : Effect.succeed(nonce)
    )

  /** Takes the number after a nonce whose lease this process holds. Undefined if another process waits for its turn. */
  const takeAfter = (kept: bigint) => tryTake(takeNext, kept, { counted: 0n })

  let forIntents: { readonly take: typeof takeNext; readonly checks: ReadonlyArray<Check> } | undefined

  /** Prepares the statements for intents, once the tables of their conditions exist. */
  const prepared = attempt(() => {
    forIntents ??= {
      take: taking(requirements.map(({ condition }) => `(${condition})`).join(" AND ")),
      checks: requirements.map(({ condition, otherwise }) => ({
        holds: db.prepare(`SELECT 1 WHERE ${condition}`),
        otherwise
      }))
    }
    return forIntents
  })

  /** Takes the next nonce if the intent meets all requirements when it is taken. Fails once it does not. */
  const takeIf =
    (intent: IntentRef): Take<SqlError | MayNotLeave> =>
    (restore, kept = none) =>
      Effect.gen(function* () {
        const { owner } = intent
        const values = { seq: BigInt(intent.seq), owner }
        const statements = yield* prepared
        const nonce = yield* tryTake(statements.take, kept, values)
        if (nonce !== undefined) return nonce
        for (const { holds, otherwise } of statements.checks) {
          const now = yield* time
          if ((yield* attempt(() => holds.get({ ...values, now }))) === undefined) {
            if (kept !== none) yield* giveBack(kept)
            return yield* new MayNotLeave({ reason: otherwise })
          }
        }
        yield* untilNextTry(restore, kept)
        return yield* takeIf(intent)(restore)
      })

  return {
    take,
    takeAfter,
    takeIf,
    giveBack,
    jump: attempt(() => countFaster.run(key)),
    setLag: (millis: number) =>
      Effect.sync(() => {
        lag = BigInt(Math.trunc(millis))
      })
  }
})

interface Check {
  readonly holds: ReturnType<Database["prepare"]>
  readonly otherwise: string
}

const time = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(Math.trunc(millis)))

/** Random, in milliseconds, so that processes do not stay in step. */
const shortWait = Effect.flatMap(Random.nextIntBetween(2, 7), Effect.sleep)
