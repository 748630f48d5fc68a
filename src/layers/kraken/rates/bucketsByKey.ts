import { Effect } from "effect"
import type { Limit } from "../../../domain/endpoints/rateCosts.ts"
import { monotonic } from "../../../services/Clocks.ts"
import { type LeakyBucket, makeLeakyBucket } from "./leakyBucket.ts"

/** Where there are more, those that nobody has used of late are forgotten: names may come from callers. */
const most = 1000

/** A gate for each pair or whatever else is counted apart, made when it is first asked for. */
export const makeBucketsByKey = (limit: Limit) => {
  const gates = new Map<string, LeakyBucket>()
  return {
    of: (key: string): Effect.Effect<LeakyBucket> =>
      Effect.map(monotonic, (now) => {
        const gate = gates.get(key) ?? makeLeakyBucket(limit)
        if (!gates.has(key) && gates.size >= most)
          for (const [name, other] of gates) if (other.isIdle(now)) gates.delete(name)
        gates.set(key, gate)
        return gate
      })
  }
}
