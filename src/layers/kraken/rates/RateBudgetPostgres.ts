import { Effect, Layer, type Redacted } from "effect"
import type { Limit, Tier } from "../../../domain/endpoints/rateCosts.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import type { Postgres } from "../../storage/postgres.ts"
import { exclusive, prepareOnce } from "../../storage/prepareOnce.ts"
import { quickPostgres } from "../../storage/SharedPostgres.ts"
import { makeRateBudget, type SharedRates } from "./RateBudgetModel.ts"

const preparation = exclusive(`
  CREATE TABLE IF NOT EXISTS rate_levels (
    key TEXT NOT NULL,
    counter TEXT NOT NULL,
    level DOUBLE PRECISION NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    taken BOOLEAN NOT NULL,
    PRIMARY KEY (key, counter)
  )`)

/** The time of the database in seconds, which all servers share. */
const now = "extract(epoch FROM clock_timestamp())::double precision"

/** The level that has decayed since it was written. */
const decayed = `greatest(0, rate_levels.level - greatest(0, ${now} - rate_levels.at) * $4)`

/** Sums of fractions differ a little. */
const fits = `${decayed} + $3 <= $5 + 1e-6`

/** The seconds that are left of a lockout: a counter that is full when it begins, and falls by one a second. */
const lockedFor = `l.level - greatest(0, ${now} - l.at)`

const taking = `
  INSERT INTO rate_levels VALUES ($1, $2, $3, ${now}, TRUE)
  ON CONFLICT (key, counter) DO UPDATE SET
    level = ${decayed} + CASE WHEN ${fits} THEN $3 ELSE 0 END,
    at = greatest(rate_levels.at, ${now}),
    taken = ${fits}
  RETURNING level, taken, (SELECT ${lockedFor} FROM rate_levels AS l WHERE l.key = $1 AND l.counter = 'lockout') AS locked`

const filling = `
  INSERT INTO rate_levels VALUES ($1, $2, $3, ${now}, TRUE)
  ON CONFLICT (key, counter) DO UPDATE SET level = greatest(${decayed}, $3), at = greatest(rate_levels.at, ${now})`

interface Count {
  readonly level: number
  readonly taken: boolean
  readonly locked: number | null
}

/**
 * Makes the counters of a key that all servers share through a database: one statement counts a call, and tells of a lockout
 * that another server has met. While the database is away, each server keeps its own; private calls need its nonces then, too.
 */
export const makePostgresRates = Effect.fnUntraced(function* ({ execute, query }: Postgres, key: string) {
  const prepared = yield* prepareOnce(execute(preparation))
  let lockedUntil = -Infinity
  const fill = (counter: string, most: number, decayPerSecond: number) =>
    prepared.pipe(
      Effect.zipRight(query({ name: "fill_rate", text: filling, values: [key, counter, most, decayPerSecond] })),
      Effect.ignore
    )
  const rates: SharedRates = {
    level: (counter, { decayPerSecond }: Limit) => ({
      take: (cost, most) =>
        prepared.pipe(
          Effect.zipRight(
            query<Count>({ name: "take_rate", text: taking, values: [key, counter, cost, decayPerSecond, most] })
          ),
          Effect.zipWith(monotonic, ({ rows: [row] }, now) => {
            if (row === undefined) return undefined
            lockedUntil = now + (row.locked ?? -Infinity) * 1000
            return { isTaken: row.taken, level: row.level }
          }),
          Effect.orElseSucceed(() => undefined)
        ),
      fill: (most) => fill(counter, most, decayPerSecond)
    }),
    lockedUntil: () => lockedUntil,
    lockOut: (seconds) => fill("lockout", seconds, 1)
  }
  return rates
})

/** One budget for all servers that use a key, which is named by its hash. `label` is the name of the account in metrics. */
export const RateBudgetPostgres = (url: Redacted.Redacted, key: string, tier: Tier, label: string) =>
  Layer.scoped(
    RateBudget,
    Effect.gen(function* () {
      const database = yield* quickPostgres(url)
      return makeRateBudget(tier, label, yield* makePostgresRates(database, key))
    })
  )
