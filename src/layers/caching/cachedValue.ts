import { Effect } from "effect"
import { monotonic } from "../../services/Clocks.ts"

/** A value that is looked up when it is needed, and shared by all that need it. Ages are in milliseconds. */
export interface CachedValue<A, E, R> {
  /**
   * Returns the value if it is younger than `age`, else looks it up. While lookups fail, returns the value that there is
   * if it is younger than `staleFor`, else the failure.
   */
  readonly get: (age: number) => Effect.Effect<A, E, R>
  /** Returns the value if `get` would not look it up. `now` is the monotonic time. */
  readonly peek: (age: number, now: number) => A | undefined
  /** Stores a value that was got in another way. */
  readonly set: (value: A) => Effect.Effect<A>
  /** Makes the next `get` look the value up. The value still serves while lookups fail. */
  readonly invalidate: Effect.Effect<void>
  /** Looks the value up, also during the pause after a failure. */
  readonly refresh: Effect.Effect<A, E, R>
}

/**
 * Makes a cached value. One lookup at a time serves all that wait for it, and a pause follows a failed one.
 *
 * Effect's `Cache` does not fit: it measures ages by the time of day, which can be set, has no age that depends on the
 * caller, and does not serve an old value after a failure.
 */
export const makeCachedValue = <A, E, R>({
  lookup,
  madeAt,
  pauseAfter,
  staleFor
}: {
  /** Looks the value up, which has to be younger than `age`. `previous` is the last one, whatever its age. */
  readonly lookup: (previous: A | undefined, age: number) => Effect.Effect<A, E, R>
  /** Returns when a value was made, by the monotonic clock. Without it, a value is as old as its lookup. */
  readonly madeAt?: (value: A) => number
  /** Reacts to a failed lookup, and returns the milliseconds in which `get` looks nothing up. */
  readonly pauseAfter: (error: E) => Effect.Effect<number>
  readonly staleFor: number
}): CachedValue<A, E, R> => {
  const oneAtATime = Effect.unsafeMakeSemaphore(1).withPermits(1)
  let latest: { readonly value: A; readonly at: number } | undefined
  let failed: { readonly error: E; readonly until: number } | undefined
  let isStale = false

  const store = (value: A) =>
    Effect.map(monotonic, (now) => {
      latest = { value, at: madeAt?.(value) ?? now }
      failed = undefined
      return value
    })

  const found = (age: number, now: number) =>
    latest !== undefined && now - latest.at < age ? Effect.succeed(latest.value) : undefined

  const fresh = (age: number, now: number) => (isStale ? undefined : found(age, now))

  const peek = (age: number, now: number) =>
    latest !== undefined && !isStale && now - latest.at < age ? latest.value : undefined

  const lookUp = (age: number) =>
    Effect.suspend(() => {
      const wasStale = isStale
      // The value becomes stale again if it is invalidated during the lookup.
      isStale = false
      return Effect.flatMap(lookup(latest?.value, age), store).pipe(
        Effect.onError(() =>
          Effect.sync(() => {
            isStale ||= wasStale
          })
        )
      )
    })

  const afterFailure = Effect.fnUntraced(function* (error: E) {
    const pause = yield* pauseAfter(error)
    const now = yield* monotonic
    failed = { error, until: now + pause }
    return yield* found(staleFor, now) ?? Effect.fail(error)
  })

  return {
    get: (age) => {
      const lookUpUnlessFresh = Effect.flatMap(monotonic, (now): Effect.Effect<A, E, R> => {
        const known = fresh(age, now)
        if (known !== undefined) return known
        if (failed !== undefined && now < failed.until) return found(staleFor, now) ?? Effect.fail(failed.error)
        return Effect.catchAll(lookUp(age), afterFailure)
      })
      // A fresh value is returned without waiting for a lookup.
      return Effect.flatMap(monotonic, (now) => fresh(age, now) ?? oneAtATime(lookUpUnlessFresh))
    },
    peek,
    set: (value) =>
      Effect.suspend(() => {
        isStale = false
        return store(value)
      }),
    invalidate: Effect.sync(() => {
      isStale = true
    }),
    refresh: oneAtATime(lookUp(0))
  }
}
