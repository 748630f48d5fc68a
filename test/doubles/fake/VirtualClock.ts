import { Clock, Duration, Effect, Random } from "effect"
import { getActiveResourcesInfo } from "node:process"

/** Loads what the program loads at its first use. That takes many turns of the event loop, in which time would run ahead. */
const load = Effect.promise(() =>
  Promise.all([
    import("@effect/sql-sqlite-node/SqliteClient"),
    import("@effect/sql/Migrator"),
    import("../../../src/layers/storage/driver.ts")
  ])
)

/**
 * Makes a clock that jumps to the next sleeper's time as soon as nothing else is left to run. Unlike `TestClock` it
 * needs no adjusting and inspects no fibers, so that thousands of long scenarios take seconds. Starts in 2026. The time
 * of day can be set separately: sleeping and the monotonic reading in nanoseconds are not affected.
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

  /** Waits one turn of the event loop, in which bodies of answers and fibers that have yielded continue. */
  const tick = () => {
    if (!running) return
    const next = readsFiles() || loadsModules() ? undefined : sleeping.shift()
    if (next !== undefined) {
      millis = Math.max(millis, next.at)
      next.wake()
    }
    setImmediate(tick)
  }

  /** Runs an effect on this clock, with the same random numbers each time. */
  const run = <A, E>(effect: Effect.Effect<A, E>): Promise<A> => {
    const start = Effect.tap(load, () => setImmediate(tick))
    return Effect.runPromise(
      Effect.zipRight(start, effect).pipe(
        Effect.withRandom(Random.make("always")),
        Effect.withTracerEnabled(false),
        Effect.withClock(clock)
      )
    ).finally(() => (running = false))
  }

  /** Moves the time of day by milliseconds. */
  const setWall = (by: number) =>
    Effect.sync(() => {
      set += by
    })

  /** Lets milliseconds pass at once, as on a machine that was suspended: what should have run meanwhile runs late. */
  const suspend = (by: number) =>
    Effect.sync(() => {
      millis += by
    })

  return { run, setWall, suspend }
}

/** Tells whether files are being read or written, which takes several turns. Time would run ahead meanwhile. */
const readsFiles = (): boolean => getActiveResourcesInfo().some((resource) => resource.startsWith("FSReq"))

/** A module that Vitest has begun to load, as Vitest keeps it. */
interface LoadedModule {
  readonly promise?: Promise<unknown>
  readonly evaluated?: boolean
}

declare global {
  var __vitest_worker__: { readonly moduleCache: ReadonlyMap<string, LoadedModule> } | undefined
}

/** Tells whether an `import()` is waiting for its module, which Vitest makes in another process. Time would run ahead meanwhile. */
const loadsModules = (): boolean => {
  for (const { promise, evaluated } of globalThis.__vitest_worker__?.moduleCache.values() ?? []) {
    if (promise !== undefined && evaluated === false) return true
  }
  return false
}
