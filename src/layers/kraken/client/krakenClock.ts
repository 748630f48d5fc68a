import { clockTolerance, type Reading, wasSet } from "../../../services/Clocks.ts"
import type { ClockQuality } from "../../../services/KrakenClient.ts"

/** When a request left and its answer began. */
export interface Trip {
  readonly sent: Reading
  readonly received: Reading
}

/** How far Kraken's clock is ahead of our monotonic one, in milliseconds: somewhere between the two. */
interface Bounds {
  readonly least: number
  readonly most: number
}

/**
 * Learns Kraken's clock from the `Date` of its answers, as an offset to our monotonic clock: setting our wall clock does
 * not move it. `Date` counts whole seconds, so each answer gives bounds about a second apart; together they narrow the
 * offset down. An answer that contradicts what is known does not count until the next one confirms it.
 */
export const makeClock = () => {
  let bounds: Bounds | undefined
  let suspect: Bounds | undefined
  let epoch = 0
  let learned: Reading | undefined

  return {
    /** Takes in the headers of an answer. Answers out of a cache, which have an `Age`, are too old to tell. */
    learn: (headers: { readonly [name: string]: string | undefined }, { received, sent }: Trip): void => {
      const date = Date.parse(headers["date"] ?? "")
      if (Number.isNaN(date) || headers["age"] !== undefined) return
      const seen = { least: date - received.monotonic, most: date + 1000 - sent.monotonic }
      learned = received
      const agreed = bounds && agree(bounds, seen)
      if (agreed !== undefined) {
        bounds = agreed
        suspect = undefined
        return
      }
      epoch++
      const confirmed = bounds === undefined ? seen : suspect && agree(suspect, seen)
      if (confirmed !== undefined) bounds = confirmed
      suspect = confirmed === undefined ? seen : undefined
    },
    /** Kraken's time, in Unix milliseconds; ours as long as nothing is known. */
    at: ({ monotonic, wall }: Reading): number =>
      bounds === undefined ? wall : Math.round(monotonic + (bounds.least + bounds.most) / 2),
    quality: (): ClockQuality => ({
      epoch,
      within: bounds === undefined ? Infinity : (bounds.most - bounds.least) / 2
    }),
    /** Tells whether another answer is needed to trust what is known: one contradicted it, or our clocks diverged. */
    isDoubtful: (now: Reading): boolean => suspect !== undefined || (learned !== undefined && wasSet(learned, now))
  }
}

/** Combines what two answers tell. Servers differ a little, and clocks drift: then the newer one counts. */
const agree = (known: Bounds, seen: Bounds): Bounds | undefined => {
  const both = { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) }
  if (both.least <= both.most) return both
  return both.least - both.most <= clockTolerance ? seen : undefined
}
