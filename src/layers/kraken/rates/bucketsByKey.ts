import type { Limit } from "../../../domain/endpoints/rateCosts.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { type LeakyBucket, makeLeakyBucket } from "./leakyBucket.ts"

/** The most buckets in memory: keys are names of pairs, which can come from callers. */
const capacity = 1000

/**
 * Makes a function that returns the bucket of a key: of a pair, or of anything else that Kraken counts apart. A bucket
 * that was evicted starts again empty; then Kraken itself refuses what is too much.
 */
export const makeBucketsByKey = (limit: Limit) => {
  const buckets = makeBoundedMap<string, LeakyBucket>(capacity)
  return (key: string): LeakyBucket => buckets.getOrMake(key, () => makeLeakyBucket(limit))
}
