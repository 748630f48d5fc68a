import { DateTime, Effect } from "effect"
import { clocks, clockTolerance, wasSet } from "../../../services/Clocks.ts"
import type { KrakenClient } from "../../../services/KrakenClient.ts"

/** The time at which a write left, as far as it is known by now. */
export interface Timing {
  /** Unix seconds on Kraken's clock, by its latest reading. */
  readonly sentAt: number
  /** The earlier one of `sentAt` and Kraken's clock as it was read when the write left, in Unix seconds. */
  readonly earliest: number
  /** Uncertainty of `sentAt` in seconds, if `inDoubt` is false. */
  readonly within: number
  /** Milliseconds since the write left, on our monotonic clock. */
  readonly elapsed: number
  /** True if a clock was set since, or if Kraken's clock is not known well enough to compare times. */
  readonly inDoubt: boolean
}

/** The moment at which a write leaves. */
export interface Departure {
  /** Kraken's clock as it was known then. */
  readonly at: DateTime.Utc
  readonly timing: Effect.Effect<Timing>
}

/** Takes the time of a write that leaves now. */
export const depart = (kraken: typeof KrakenClient.Service): Effect.Effect<Departure> => {
  const read = Effect.all({ ours: clocks, theirs: kraken.now, quality: kraken.clock })
  return Effect.map(read, (then) => ({
    at: then.theirs,
    timing: Effect.map(read, (now): Timing => {
      const elapsed = now.ours.monotonic - then.ours.monotonic
      const sentAt = (DateTime.toEpochMillis(now.theirs) - elapsed) / 1000
      return {
        sentAt,
        earliest: Math.min(sentAt, DateTime.toEpochMillis(then.theirs) / 1000),
        within: now.quality.within / 1000,
        elapsed,
        inDoubt:
          now.quality.epoch !== then.quality.epoch || now.quality.within > clockTolerance || wasSet(then.ours, now.ours)
      }
    })
  }))
}
