import { clockTolerance, type Reading, wasSet } from "../../../services/Clocks.ts"
import type { ClockQuality } from "../../../services/KrakenClient.ts"

/** The times at which a request left and its response began. */
export interface Trip {
  readonly sent: Reading
  readonly received: Reading
}

/** Bounds of the offset of Kraken's clock to our monotonic one, in milliseconds. */
interface Bounds {
  readonly least: number
  readonly most: number
}

/**
 * Makes an estimate of Kraken's clock from the `Date` header of its responses, as an offset to our monotonic clock: setting
 * our wall clock does not change it. `Date` counts whole seconds, so each response gives bounds about a second apart;
 * together they narrow the offset down. A response that contradicts the bounds does not count until the next one confirms
 * it.
 */
export const makeClock = () => {
  let bounds: Bounds | undefined
  let suspect: Bounds | undefined
  let epoch = 0
  let lastSeen: Reading | undefined

  return {
    /** Takes in the headers of a response. Responses from a cache, which have an `Age`, are ignored. */
    learn: (headers: { readonly [name: string]: string | undefined }, { received, sent }: Trip): void => {
      const date = Date.parse(headers["date"] ?? "")
      if (Number.isNaN(date) || headers["age"] !== undefined) return
      const seen = { least: date - received.monotonic, most: date + 1000 - sent.monotonic }
      lastSeen = received
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
    /** Returns Kraken's time in Unix milliseconds. It is our wall clock until there was a response. */
    at: ({ monotonic, wall }: Reading): number =>
      bounds === undefined ? wall : Math.round(monotonic + (bounds.least + bounds.most) / 2),
    quality: (): ClockQuality => ({
      epoch,
      within: bounds === undefined ? Infinity : (bounds.most - bounds.least) / 2
    }),
    /** Checks that another response is needed: one contradicted the bounds, or our clocks diverged. */
    isDoubtful: (now: Reading): boolean => suspect !== undefined || (lastSeen !== undefined && wasSet(lastSeen, now))
  }
}

/** Combines the bounds of two responses. If they differ a little, by servers or drift, the newer ones count. */
const agree = (known: Bounds, seen: Bounds): Bounds | undefined => {
  const both = { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) }
  if (both.least <= both.most) return both
  return both.least - both.most <= clockTolerance ? seen : undefined
}
