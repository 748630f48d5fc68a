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

/** Makes the memory of a key's lockout. `label` is the name of the account in metrics. */
export const makeLockout = (label = "") => {
  /** The end of the lockout, in milliseconds of the monotonic clock. */
  let until = -Infinity

  return {
    /** Refuses a private call as long as the key is locked out. */
    check: (endpoint: Endpoint): Effect.Effect<void, KrakenLockout> =>
      Effect.flatMap(clocks, ({ monotonic, wall }) =>
        monotonic < until
          ? new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + until - monotonic) })
          : Effect.void
      ),
    /** Begins the lockout, or begins it again. */
    begin: (endpoint: Endpoint): Effect.Effect<KrakenLockout> =>
      Effect.map(clocks, ({ monotonic, wall }) => {
        rateRefusals.add("lockout", label)
        const lasts = Duration.toMillis(duration)
        until = monotonic + lasts
        return new KrakenLockout({ endpoint, until: DateTime.unsafeMake(wall + lasts) })
      })
  }
}
