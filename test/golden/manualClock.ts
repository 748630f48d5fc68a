import { Clock, Effect } from "effect"

/** Makes a clock whose time only `pass` advances. Sleeping on it takes real time. */
export const makeManualClock = (start: number) => {
  let millis = start
  const clock: Clock.Clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => millis,
    unsafeCurrentTimeNanos: () => BigInt(millis) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => millis),
    currentTimeNanos: Effect.sync(() => BigInt(millis) * 1_000_000n)
  })
  return {
    clock,
    now: () => millis,
    pass: (seconds: number) => Effect.sync(() => void (millis += seconds * 1000))
  }
}
