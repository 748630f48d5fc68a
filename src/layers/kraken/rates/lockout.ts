import { DateTime, Duration, Effect } from "effect"
import type { Endpoint } from "../../../domain/endpoints/endpoints.ts"
import { clocks } from "../../../services/Clocks.ts"
import { KrakenLockout } from "../../../services/KrakenErrors.ts"
import { rateRefusals } from "../../metrics/instruments.ts"

/**
 * The time for which a key is locked out.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-errors read 2026-08-17
 */
const duration = Duration.minutes(15)

/** The lockout that all servers of a key share. */
export interface SharedLockout {
  /** Returns the end of the lockout that other servers last told of, in milliseconds of the monotonic clock. */
  readonly lockedUntil: () => number
  /** Tells the other servers of a lockout that lasts so many seconds. */
  readonly lockOut: (seconds: number) => Effect.Effect<void>
}

/**
 * Makes the memory of a key's lockout. `label` is the name of the account in metrics. Several servers of a key share
 * `shared`.
 */
export const makeLockout = (label = "", shared?: SharedLockout) => {
  /** The end of the lockout of which Kraken told this process, in milliseconds of the monotonic clock. */
  let met = -Infinity

  return {
    /** Refuses a private call as long as the key is locked out. */
    check: (endpoint: Endpoint): Effect.Effect<void, KrakenLockout> =>
      Effect.flatMap(clocks, ({ monotonic, wall }) => {
        const until = Math.max(met, shared?.lockedUntil() ?? -Infinity)
        return monotonic < until
          ? new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + until - monotonic) })
          : Effect.void
      }),
    /** Begins the lockout, or begins it again. */
    begin: Effect.fnUntraced(function* (endpoint: Endpoint) {
      rateRefusals.add("lockout", label)
      const { monotonic, wall } = yield* clocks
      const lasts = Duration.toMillis(duration)
      met = monotonic + lasts
      if (shared !== undefined) yield* shared.lockOut(Duration.toSeconds(duration))
      return new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + lasts) })
    })
  }
}
