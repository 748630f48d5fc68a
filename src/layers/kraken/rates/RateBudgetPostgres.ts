import { Effect, Layer, type Redacted } from "effect"
import type { Limit, Tier } from "../../../domain/endpoints/rateCosts.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { openPostgres, type Postgres } from "../../storage/postgres.ts"
import { prepareOnce } from "../../storage/prepareOnce.ts"
import { makeRateBudget, type SharedLevels } from "./RateBudgetModel.ts"

/** Any constant of this program: one server at a time prepares the database. */
const preparing = 7_263_189

const preparation = `
  SELECT pg_advisory_xact_lock(${preparing});
  CREATE TABLE IF NOT EXISTS rate_levels (
    key TEXT NOT NULL,
    counter TEXT NOT NULL,
    level DOUBLE PRECISION NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    taken BOOLEAN NOT NULL,
    PRIMARY KEY (key, counter)
  )`

/** The time of the database in seconds, which all servers share. */
const now = "extract(epoch FROM clock_timestamp())::double precision"

/** The level that has decayed since it was written. */
const decayed = `greatest(0, rate_levels.level - greatest(0, ${now} - rate_levels.at) * $4)`

/** Sums of fractions differ a little. */
const fits = `${decayed} + $3 <= $5 + 1e-6`

const taking = `
  INSERT INTO rate_levels VALUES ($1, $2, $3, ${now}, TRUE)
  ON CONFLICT (key, counter) DO UPDATE SET
    level = ${decayed} + CASE WHEN ${fits} THEN $3 ELSE 0 END,
    at = greatest(rate_levels.at, ${now}),
    taken = ${fits}
  RETURNING level, taken`

const filling = `
  INSERT INTO rate_levels VALUES ($1, $2, $3, ${now}, TRUE)
  ON CONFLICT (key, counter) DO UPDATE SET level = greatest(${decayed}, $3), at = greatest(rate_levels.at, ${now})`

/**
 * Makes the counters of a key that all servers share through a database: one statement counts a call. While the database is
 * away, each server keeps its own; private calls need its nonces then, too.
 */
export const makePostgresLevels = Effect.fnUntraced(function* ({ execute, query }: Postgres, key: string) {
  const prepared = yield* prepareOnce(execute(preparation))
  const levels: SharedLevels = (counter, { decayPerSecond }: Limit) => ({
    take: (cost, most) =>
      prepared.pipe(
        Effect.zipRight(
          query<{ readonly level: number; readonly taken: boolean }>({
            name: "take_rate",
            text: taking,
            values: [key, counter, cost, decayPerSecond, most]
          })
        ),
        Effect.map(({ rows: [row] }) => row && { isTaken: row.taken, level: row.level }),
        Effect.orElseSucceed(() => undefined)
      ),
    fill: (most) =>
      prepared.pipe(
        Effect.zipRight(query({ name: "fill_rate", text: filling, values: [key, counter, most, decayPerSecond] })),
        Effect.ignore
      )
  })
  return levels
})

/** One budget for all servers that use a key, which is named by its hash. `label` is the name of the account in metrics. */
export const RateBudgetPostgres = (url: Redacted.Redacted, key: string, tier: Tier, label: string) =>
  Layer.scoped(
    RateBudget,
    Effect.gen(function* () {
      const database = yield* openPostgres(url, { isDurable: false })
      return makeRateBudget(tier, label, yield* makePostgresLevels(database, key))
    })
  )
