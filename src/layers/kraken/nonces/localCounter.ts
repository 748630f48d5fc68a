import { Clock, Effect } from "effect"

/**
 * Makes a counter for the nonces of one key in this process: microseconds since 1970, or nanoseconds after `jump`, and
 * always more than the last one.
 */
export const makeLocalCounter = () => {
  let last = 0n
  let factor = 1n
  let lag = 0
  return {
    next: Effect.map(Clock.currentTimeMillis, (millis) => {
      const now = BigInt(Math.trunc(millis + lag)) * 1000n * factor
      last = now > last ? now : last + 1n
      return last
    }),
    /** Takes the number after the last one, whatever the clock says. */
    following: Effect.sync(() => {
      last += 1n
      return last
    }),
    /** Takes in a nonce from another counter. */
    note: (nonce: bigint): void => {
      if (nonce > last) last = nonce
    },
    jump: Effect.sync(() => {
      factor = 1000n
    }),
    setLag: (millis: number) =>
      Effect.sync(() => {
        lag = millis
      })
  }
}
