/** When a request left and its answer began, in Unix milliseconds on our clock. */
export interface Trip {
  readonly sent: number
  readonly received: number
}

/** How far Kraken's clock is ahead of ours, in milliseconds: somewhere between the two. */
interface Bounds {
  readonly least: number
  readonly most: number
}

/**
 * Kraken's clock, learned from the `Date` of its answers. It counts whole seconds, so each answer gives bounds about a
 * second apart; together they narrow the offset down. Bounds that contradict each other mean that a clock was set: the
 * newest count.
 */
export const makeClock = () => {
  let bounds: Bounds | undefined
  return {
    /** Answers out of a cache, which have an `Age`, are too old to tell. */
    learn: (headers: { readonly [name: string]: string | undefined }, { received, sent }: Trip): void => {
      const date = Date.parse(headers["date"] ?? "")
      if (Number.isNaN(date) || headers["age"] !== undefined) return
      const seen = { least: date - received, most: date + 1000 - sent }
      const both = {
        least: Math.max(seen.least, bounds?.least ?? -Infinity),
        most: Math.min(seen.most, bounds?.most ?? Infinity)
      }
      bounds = both.least <= both.most ? both : seen
    },
    /** What to add to our clock, in milliseconds; 0 as long as nothing is known. */
    offset: (): number => (bounds === undefined ? 0 : Math.round((bounds.least + bounds.most) / 2))
  }
}
