import { Clock, Duration, Effect, Random } from "effect"

/**
 * A clock that jumps to the next moment somebody waits for as soon as nothing else is left to do. Unlike `TestClock` it
 * needs no telling and looks at no fibers, so that thousands of long stories take seconds. Starts in 2026. The time of
 * day can be set alone: sleeping, and the monotonic reading in nanoseconds, do not notice.
 */
export const makeVirtualClock = () => {
  const sleeping: Array<{ readonly at: number; readonly wake: () => void }> = []
  let millis = Date.UTC(2026, 0)
  let set = 0
  let running = true

  const clock: Clock.Clock = {
    ...Clock.make(),
    unsafeCurrentTimeMillis: () => millis + set,
    unsafeCurrentTimeNanos: () => BigInt(millis) * 1_000_000n,
    currentTimeMillis: Effect.sync(() => millis + set),
    currentTimeNanos: Effect.sync(() => BigInt(millis) * 1_000_000n),
    sleep: (duration) =>
      Effect.async((resume) => {
        const sleeper = { at: millis + Math.ceil(Duration.toMillis(duration)), wake: () => resume(Effect.void) }
        const behind = sleeping.findIndex(({ at }) => at > sleeper.at)
        sleeping.splice(behind === -1 ? sleeping.length : behind, 0, sleeper)
        return Effect.sync(() => {
          const place = sleeping.indexOf(sleeper)
          if (place !== -1) sleeping.splice(place, 1)
        })
      })
  }

  /** Bodies of answers and fibers that have yielded go on within one turn of the event loop. */
  const tick = () => {
    if (!running) return
    const next = sleeping.shift()
    if (next !== undefined) {
      millis = next.at
      next.wake()
    }
    setImmediate(tick)
  }

  /** Runs an effect in this clock's time, and always with the same random numbers. */
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => {
    setImmediate(tick)
    return Effect.runPromise(
      effect.pipe(Effect.withRandom(Random.make("always")), Effect.withTracerEnabled(false), Effect.withClock(clock))
    ).finally(() => (running = false))
  }

  /** Sets the time of day, by so many milliseconds. */
  const setWall = (by: number) =>
    Effect.sync(() => {
      set += by
    })

  return { run, setWall }
}
