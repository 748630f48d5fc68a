import { DateTime, Effect } from "effect"
import { clocks, clockTolerance, wasSet } from "../../../services/Clocks.ts"
import type { KrakenClient } from "../../../services/KrakenClient.ts"

/** How a write that has left stands in time. */
export interface Timing {
  /** When it left, in Unix seconds on Kraken's clock as it is known by now. */
  readonly sentAt: number
  /** The same moment, or an earlier one if Kraken's clock was read differently then. */
  readonly earliest: number
  /** How far off `sentAt` can be, in seconds, while it is not in doubt. */
  readonly within: number
  /** Milliseconds since it left, on our monotonic clock. */
  readonly elapsed: number
  /** One of the clocks was set since, or Kraken's is not known well enough to compare times. */
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
