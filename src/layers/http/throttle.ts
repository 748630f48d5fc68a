import { Clock, Effect } from "effect"
import { makeBoundedMap } from "../caching/boundedMap.ts"

/** The most failures of one address within `window`. */
const allowance = 10
const window = 60_000 // ms

/** The most addresses in memory. */
const capacity = 10_000

/**
 * Counts failed authentications for each address. Only failures are throttled: a valid token is accepted from any
 * address, so that nobody can lock out its owner.
 */
export const makeThrottle = () => {
  const failures = makeBoundedMap<string, ReadonlyArray<number>>(capacity)
  return {
    /** Records a failure. Returns the seconds to wait if there were too many, else 0. */
    failed: (address: string): Effect.Effect<number> =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const recent = (failures.get(address) ?? []).filter((at) => at > now - window)
        const oldest = recent[0]
        const wait = recent.length >= allowance && oldest !== undefined ? Math.ceil((oldest + window - now) / 1000) : 0
        failures.set(address, wait === 0 ? [...recent, now] : recent)
        return wait
      })
  }
}
