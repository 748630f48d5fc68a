import { DateTime, Effect } from "effect"
import { clocks, clockTolerance, wasSet } from "../../../services/Clocks.ts"
import type { KrakenClient } from "../../../services/KrakenClient.ts"

/** The time at which a write left, as far as it is known by now. */
export interface Timing {
  /** Unix seconds on Kraken's clock, by its latest reading. */
  readonly sentAt: number
  /** The latest moment at which it might have left: `sentAt`, unless its process has ended. */
  readonly latest: number
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
  /** Milliseconds after `at` in which it might have left. 0 if the moment is known. */
  readonly window: number
  readonly timing: Effect.Effect<Timing>
}

/** Takes the time of a write that leaves now. */
export const depart = (kraken: typeof KrakenClient.Service): Effect.Effect<Departure> => {
  const read = Effect.all({ ours: clocks, theirs: kraken.now, quality: kraken.clock })
  return Effect.map(read, (then) => ({
    at: then.theirs,
    window: 0,
    timing: Effect.map(read, (now): Timing => {
      const elapsed = now.ours.monotonic - then.ours.monotonic
      const sentAt = (DateTime.toEpochMillis(now.theirs) - elapsed) / 1000
      return {
        sentAt,
        latest: sentAt,
        earliest: Math.min(sentAt, DateTime.toEpochMillis(then.theirs) / 1000),
        within: now.quality.within / 1000,
        elapsed,
        inDoubt:
          now.quality.epoch !== then.quality.epoch || now.quality.within > clockTolerance || wasSet(then.ours, now.ours)
      }
    })
  }))
}

/** The time at which a write was recorded by a process that has ended. */
export interface RecordedTime {
  /** Unix milliseconds on the wall clock of this machine. */
  readonly ours: number
  /** The same on Kraken's clock. Undefined if that was hardly known. */
  readonly theirs: number | undefined
  /** Milliseconds after that in which the write might have left. */
  readonly window: number
}

/**
 * Takes the time of a write that a process which has ended recorded. Monotonic clocks of two processes cannot be compared,
 * so the time that passed is taken from the wall clock. If Kraken's clock does not confirm it, the time is in doubt.
 */
export const departedAfter = (
  kraken: typeof KrakenClient.Service,
  { ours, theirs, window }: RecordedTime
): Departure => {
  const at = theirs ?? ours
  return {
    at: DateTime.unsafeMake(at),
    window,
    timing: Effect.map(Effect.all({ ours: clocks, theirs: kraken.now, quality: kraken.clock }), (now): Timing => {
      const elapsed = now.ours.wall - ours
      const elapsedThere = DateTime.toEpochMillis(now.theirs) - at
      return {
        sentAt: at / 1000,
        latest: (at + window) / 1000,
        earliest: Math.min(at, DateTime.toEpochMillis(now.theirs) - elapsed) / 1000,
        within: now.quality.within / 1000,
        elapsed,
        inDoubt:
          theirs === undefined ||
          now.quality.within > clockTolerance ||
          Math.abs(elapsed - elapsedThere) > clockTolerance
      }
    })
  }
}
