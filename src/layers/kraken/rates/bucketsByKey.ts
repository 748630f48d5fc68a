import { Effect } from "effect"
import type { Limit } from "../../../domain/endpoints/rateCosts.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { type LeakyBucket, makeLeakyBucket, type SharedLevel } from "./leakyBucket.ts"

/** The most buckets in memory: keys are names of pairs, which can come from callers. */
const capacity = 1000

/**
 * Makes buckets by a key: of a pair, or of anything else that Kraken counts apart. A bucket that was evicted starts again empty; then Kraken itself refuses what is too much.
 */
export const makeBucketsByKey = (limit: Limit, shared?: (key: string) => SharedLevel) => {
  const buckets = makeBoundedMap<string, LeakyBucket>(capacity)
  return {
    of: (key: string): LeakyBucket => buckets.getOrMake(key, () => makeLeakyBucket(limit, shared?.(key))),
    /** Returns the level of the fullest bucket. */
    highest: Effect.suspend(() =>
      Effect.map(
        Effect.forEach(buckets.values(), ({ level }) => level),
        (levels) => Math.max(0, ...levels)
      )
    )
  }
}
