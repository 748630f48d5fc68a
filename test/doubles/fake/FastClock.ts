import { Clock, Duration, Effect } from "effect"

/** Makes a clock that runs `rate` times as fast as real time, for tests over real sockets. */
export const makeFastClock = (rate: number): Clock.Clock => {
  const real = Clock.make()
  const start = real.unsafeCurrentTimeMillis()
  const millis = () => Math.floor(start + (real.unsafeCurrentTimeMillis() - start) * rate)
  return {
    ...real,
    unsafeCurrentTimeMillis: millis,
    unsafeCurrentTimeNanos: () => BigInt(millis()) * 1_000_000n,
    currentTimeMillis: Effect.sync(millis),
    currentTimeNanos: Effect.sync(() => BigInt(millis()) * 1_000_000n),
    sleep: (duration) => real.sleep(Duration.times(duration, 1 / rate))
  }
}
