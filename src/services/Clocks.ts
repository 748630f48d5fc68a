import { Clock, Context, Effect } from "effect"

/** One reading of both clocks, in milliseconds. */
export interface Reading {
  /** Time of day, as Unix time. It can be set at any moment, forward or back. */
  readonly wall: number
  /** Time that has passed since some moment. It never goes back, and only differences mean something. */
  readonly monotonic: number
}

/**
 * The two clocks of this machine. Ages and elapsed times are differences of monotonic readings; the time of day is for
 * what other programs or people read. Both come from Effect's `Clock`, so that a test's clock drives them.
 */
export class Clocks extends Context.Reference<Clocks>()("mcp-kraken/services/Clocks", {
  defaultValue: () => ({
    /** Reads both at once. */
    read: Clock.clockWith((clock): Effect.Effect<Reading> =>
      Effect.sync(() => ({
        wall: clock.unsafeCurrentTimeMillis(),
        monotonic: Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
      }))
    )
  })
}) {}

/** Reads both clocks. */
export const clocks: Effect.Effect<Reading> = Effect.flatMap(Clocks, ({ read }) => read)

/** Reads the monotonic clock, in milliseconds. */
export const monotonic: Effect.Effect<number> = Effect.map(clocks, (reading) => reading.monotonic)

/** How far two readings of one thing may lie apart, in milliseconds, before a clock counts as set. */
export const clockTolerance = 2000

/** Tells whether the wall clock was set between two readings, or the machine slept. */
export const wasSet = (before: Reading, after: Reading): boolean =>
  Math.abs(after.wall - before.wall - (after.monotonic - before.monotonic)) > clockTolerance
