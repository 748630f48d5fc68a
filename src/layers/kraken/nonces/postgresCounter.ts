import { Clock, Effect, Random } from "effect"
import { createHash, randomUUID } from "node:crypto"
import { MayNotLeave } from "../../../services/NonceSource.ts"
import type { IntentRef } from "../../../services/Record.ts"
import type { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import type { Postgres } from "../../storage/postgres.ts"
import { exclusive, prepareOnce } from "../../storage/prepareOnce.ts"
import { mayLeaveIn } from "./attachedRecord.ts"
import { longestTurn, type Take } from "./nonceLane.ts"

/**
 * The time for which a waiting server keeps the others from taking two turns in a row, in milliseconds. It is longer than
 * its pause between two tries and the way to the database and back.
 */
const claim = 250

/** The number of a refusal in the list of requirements, or null. `p_` are parameters. */
const refusals = mayLeaveIn("")
  .map(({ condition }, n) => `IF NOT (${condition.replaceAll("@", "p_")}) THEN refusal := ${n}; END IF;`)
  .toReversed()
  .join("\n      ")

/**
 * A function that takes the lease and the next nonce in one round trip. It locks the row of the key before it reads the
 * record, and each of its statements sees what was committed before it. So a server that takes an intent over after that read
 * takes its next nonce after this one. Times are Unix milliseconds of the database's clock, which all servers share; `p_now`
 * is of the clock that set the time until which an intent may leave.
 *
 * If the nonce can't be taken now, `p_waits` keeps the next turn for this server, and ends the lease of `p_kept`.
 */
const body = `(
  p_key TEXT, p_process TEXT, p_kept BIGINT, p_counted BIGINT, p_waits BOOLEAN, p_seq BIGINT, p_owner TEXT, p_now BIGINT,
  OUT nonce BIGINT, OUT refusal INTEGER
) LANGUAGE plpgsql AS $$
DECLARE
  lane lanes%ROWTYPE;
  now_ms BIGINT;
  is_ours BOOLEAN;
BEGIN
  LOOP
    SELECT * INTO lane FROM lanes WHERE lanes.key = p_key FOR UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO lanes VALUES (p_key, 0, 1, 0, NULL, 0) ON CONFLICT DO NOTHING;
  END LOOP;
  now_ms := floor(extract(epoch FROM clock_timestamp()) * 1000);
  IF p_seq IS NOT NULL THEN
      ${refusals}
      IF refusal IS NOT NULL THEN
        UPDATE lanes SET leased_until = 0 WHERE lanes.key = p_key AND lanes.nonce = p_kept;
        RETURN;
      END IF;
  END IF;
  is_ours := lane.wanted_by IS NULL OR lane.wanted_by = p_process
    OR lane.wanted_until NOT BETWEEN now_ms + 1 AND now_ms + ${claim};
  IF is_ours AND (lane.nonce = p_kept OR lane.leased_until NOT BETWEEN now_ms + 1 AND now_ms + ${longestTurn}) THEN
    nonce := greatest(lane.nonce + 1, p_counted * lane.factor);
    UPDATE lanes SET nonce = take_nonce.nonce, leased_until = now_ms + ${longestTurn}, wanted_by = NULL
      WHERE lanes.key = p_key;
  ELSIF p_waits THEN
    UPDATE lanes SET
        leased_until = CASE WHEN lanes.nonce = p_kept THEN 0 ELSE lanes.leased_until END,
        wanted_by = CASE WHEN is_ours THEN p_process ELSE lanes.wanted_by END,
        wanted_until = CASE WHEN is_ours THEN now_ms + ${claim} ELSE lanes.wanted_until END
      WHERE lanes.key = p_key;
  END IF;
END $$`

/** The name of the function. Its text is that of a version of this program, and servers of two versions can run at once. */
const taking = `take_nonce_${createHash("sha256").update(body).digest("hex").slice(0, 12)}`

const preparation = exclusive(`
  CREATE TABLE IF NOT EXISTS lanes (
    key TEXT PRIMARY KEY,
    nonce BIGINT NOT NULL,
    factor BIGINT NOT NULL,
    leased_until BIGINT NOT NULL,
    wanted_by TEXT,
    wanted_until BIGINT NOT NULL
  );
  CREATE OR REPLACE FUNCTION ${taking} ${body.replaceAll("take_nonce.", `${taking}.`)}`)

/** Makes the table of the nonces, if it is missing. */
export const prepareLanes = ({ execute }: Postgres) => execute(preparation)

/** No nonce of a lease. */
const none = -1n

interface Demand {
  readonly kept: bigint
  readonly counted: bigint
  /** True if this server wants the next turn. */
  readonly waits: boolean
  readonly intent: IntentRef | undefined
}

/**
 * Makes the counter of one key that all servers share through a row of a database of PostgreSQL. It does what
 * `makeSharedCounter` does in a file: a lease is identified by its nonce, and waiting servers take turns.
 */
export const makePostgresCounter = Effect.fnUntraced(function* (database: Postgres, key: string) {
  const { query } = database
  const server = randomUUID()
  /** The milliseconds by which the clock of this machine is behind Kraken's. */
  let lag = 0n
  const prepared = yield* prepareOnce(prepareLanes(database))

  const tryTake = ({ counted, intent, kept, waits }: Demand) =>
    Effect.gen(function* () {
      yield* prepared
      const now = yield* time
      const { rows } = yield* query<{ readonly nonce: bigint | number | null; readonly refusal: number | null }>({
        name: taking,
        text: `SELECT nonce, refusal FROM ${taking}($1, $2, $3, $4, $5, $6, $7, $8)`,
        values: [key, server, kept, counted, waits, intent?.seq ?? null, intent?.owner ?? null, now]
      })
      const [row] = rows
      const refusal = typeof row?.refusal === "number" ? mayLeaveIn("")[row.refusal] : undefined
      if (refusal !== undefined) return yield* new MayNotLeave({ reason: refusal.otherwise })
      return typeof row?.nonce === "number" || typeof row?.nonce === "bigint" ? BigInt(row.nonce) : undefined
    })

  const takeFor =
    (intent: IntentRef | undefined): Take<DatabaseUnavailable | MayNotLeave> =>
    (restore, kept = none) =>
      Effect.gen(function* () {
        const nonce = yield* tryTake({ kept, counted: ((yield* time) + lag) * 1000n, waits: true, intent })
        if (nonce !== undefined) return nonce
        yield* restore(shortWait)
        return yield* takeFor(intent)(restore)
      })

  return {
    take: takeFor(undefined),
    takeIf: takeFor,
    /** Takes the number after a nonce whose lease this server holds. Undefined if another server waits for its turn. */
    takeAfter: (kept: bigint) => tryTake({ kept, counted: 0n, waits: false, intent: undefined }),
    giveBack: (nonce: bigint) =>
      query({
        name: "end_lease",
        text: "UPDATE lanes SET leased_until = 0 WHERE key = $1 AND nonce = $2",
        values: [key, nonce]
      }),
    jump: Effect.zipRight(
      prepared,
      query({
        name: "count_faster",
        text: "INSERT INTO lanes VALUES ($1, 0, 1000, 0, NULL, 0) ON CONFLICT (key) DO UPDATE SET factor = 1000",
        values: [key]
      })
    ),
    setLag: (millis: number) =>
      Effect.sync(() => {
        lag = BigInt(Math.trunc(millis))
      })
  }
})

const time = Effect.map(Clock.currentTimeMillis, (millis) => BigInt(Math.trunc(millis)))

/** Random, in milliseconds, so that servers do not stay in step. */
const shortWait = Effect.flatMap(Random.nextIntBetween(4, 12), Effect.sleep)
