import { Clock, Effect } from "effect"

/** The nonces of one key as this process knows them: microseconds since 1970, or nanoseconds after `jump`. */
export const makeLocalCounter = () => {
  let last = 0n
  let factor = 1n
  return {
    next: Effect.map(Clock.currentTimeMillis, (millis) => {
      const now = BigInt(Math.trunc(millis)) * 1000n * factor
      last = now > last ? now : last + 1n
      return last
    }),
    /** One that was given out elsewhere. */
    note: (nonce: bigint): void => {
      if (nonce > last) last = nonce
    },
    jump: Effect.sync(() => {
      factor = 1000n
    })
  }
}
