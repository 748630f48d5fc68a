import { Clock, Context, Effect } from "effect"

/** One reading of both clocks, in milliseconds. */
export interface Reading {
  /** Time of day, as Unix time. It can be set forward or back at any moment. */
  readonly wall: number
  /** Time since an arbitrary moment. It never goes back. Only differences of two readings have a meaning. */
  readonly monotonic: number
}

/**
 * The two clocks of this machine. Ages and elapsed times are differences of monotonic readings. The time of day is for
 * values that other programs or people read. Both come from Effect's `Clock`, so that `TestClock` drives them.
 */
export class Clocks extends Context.Reference<Clocks>()("mcp-kraken/services/Clocks", {
  defaultValue: () => ({
    /** Reads both clocks at once. */
    read: (clock: Clock.Clock): Reading => ({
      wall: clock.unsafeCurrentTimeMillis(),
      monotonic: Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)
    })
  })
}) {}

/** Reads both clocks, and returns what `select` makes of them, in one step of the fiber: each call reads them several times. */
export const fromClocks = <A>(select: (reading: Reading) => A): Effect.Effect<A> =>
  Effect.withFiberRuntime(({ currentContext, currentDefaultServices }) =>
    Effect.succeed(select(Context.get(currentContext, Clocks).read(Context.get(currentDefaultServices, Clock.Clock))))
  )

/** Reads both clocks. */
export const clocks: Effect.Effect<Reading> = fromClocks((reading) => reading)

/** Reads the monotonic clock, in milliseconds. */
export const monotonic: Effect.Effect<number> = fromClocks((reading) => reading.monotonic)

/** The largest difference between two readings of one clock, in milliseconds, at which it does not count as set. */
export const clockTolerance = 2000

/** Returns true if the wall clock was set between two readings, or the machine slept. */
export const wasSet = (before: Reading, after: Reading): boolean =>
  Math.abs(after.wall - before.wall - (after.monotonic - before.monotonic)) > clockTolerance
