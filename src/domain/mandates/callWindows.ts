import type { Mandate } from "./mandate.ts"

/** The spans in which calls are limited. */
export type CallWindow = keyof Mandate["calls"]

/** The lengths of the spans in minutes, the current minute included. */
const lengths: Readonly<Record<CallWindow, number>> = { min: 1, hour: 60, day: 1440 }

export const callWindows = ["min", "hour", "day"] as const satisfies ReadonlyArray<CallWindow>

const minute = 60_000

/** The number of a minute since 1970. */
export const minuteOf = (millis: number): number => Math.floor(millis / minute)

/** The first minute of the longest span that ends with this minute. Counts of earlier minutes are not needed. */
export const oldestMinute = (now: number): number => now - lengths.day + 1

/** Numbers of calls by minute. A later minute than the current one counts, which happens if the clock was set back. */
export type CallCounts = ReadonlyMap<number, number>

/** Counts the calls in a span that ends with the minute `now`. */
export const callsIn = (counts: CallCounts, window: CallWindow, now: number): number => {
  let sum = 0
  for (const [at, count] of counts) if (at > now - lengths[window]) sum += count
  return sum
}

/**
 * Finds the time, in Unix milliseconds, at which at least `calls` of them have left a span that ends with the minute `now`.
 * Undefined if there are fewer.
 */
export const callsLeaveAt = (
  counts: CallCounts,
  window: CallWindow,
  now: number,
  calls: number
): number | undefined => {
  let left = 0
  for (const [at, count] of [...counts].toSorted(([a], [b]) => a - b)) {
    if (at <= now - lengths[window]) continue
    left += count
    if (left >= calls) return (at + lengths[window]) * minute
  }
  return undefined
}
