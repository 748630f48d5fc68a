import { Clock, Duration, Effect } from "effect"
import { getActiveResourcesInfo } from "node:process"

/**
 * Makes a clock that stands still, except during calls: then it jumps to the next sleeper's time as soon as nothing else
 * is left to run. A model can think for as long as it wants, and a wait of 45 s takes no time.
 */
export const makeSteppedClock = (start: number) => {
  const sleeping: Array<{ readonly at: number; readonly wake: () => void }> = []
  let millis = start
  let calls = 0

  const nanos = () => BigInt(millis) * 1_000_000n
  const clock: Clock.Clock = {
    ...Clock.make(),
    unsafeCurrentTimeMillis: () => millis,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(() => millis),
    currentTimeNanos: Effect.sync(nanos),
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

  /** Waits one turn of the event loop, in which fibers that have yielded continue. */
  const tick = () => {
    if (calls === 0) return
    const next = readsFiles() ? undefined : sleeping.shift()
    if (next !== undefined) {
      millis = Math.max(millis, next.at)
      next.wake()
    }
    setImmediate(tick)
  }

  const begin = Effect.sync(() => {
    calls += 1
    if (calls === 1) setImmediate(tick)
  })

  const end = Effect.sync(() => {
    calls -= 1
  })

  /** Lets the clock run during an effect. */
  const during = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      begin,
      () => effect,
      () => end
    )

  return { clock, during, pass: (seconds: number) => during(Effect.sleep(Duration.seconds(seconds))) }
}

/** Tells whether files are being read or written, which takes several turns. Time would run ahead meanwhile. */
const readsFiles = (): boolean => getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"))
