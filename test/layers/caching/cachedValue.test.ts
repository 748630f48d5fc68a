import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Either, Fiber, TestClock } from "effect"
import { makeCachedValue } from "../../../src/layers/caching/cachedValue.ts"
import { monotonic } from "../../../src/services/Clocks.ts"

/** A value that counts its lookups. Lookups fail while `state.isDown`. */
const counted = (staleFor: number) => {
  const state = { isDown: false, lookups: 0 }
  const cache = makeCachedValue({
    lookup: () =>
      Effect.suspend(() => {
        state.lookups++
        return state.isDown ? Effect.fail(`failure ${state.lookups}`) : Effect.succeed(state.lookups)
      }),
    pauseAfter: () => Effect.succeed(1000),
    staleFor
  })
  return { cache, state }
}

describe("a cached value", () => {
  it.effect("is looked up when it is older than asked for, on the monotonic clock", () =>
    Effect.gen(function* () {
      const { cache } = counted(0)
      assert.strictEqual(yield* cache.get(500), 1)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(yield* cache.get(500), 1)
      assert.strictEqual(yield* cache.get(100), 2)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(yield* cache.get(500), 3)
      assert.strictEqual(yield* cache.refresh, 4)
    })
  )

  it.effect("is shown without a look-up while it is fresh", () =>
    Effect.gen(function* () {
      const { cache, state } = counted(Infinity)
      const peek = Effect.map(monotonic, (now) => cache.peek(500, now))
      assert.isUndefined(yield* peek)
      yield* cache.get(500)
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(yield* peek, 1)
      yield* TestClock.adjust("1 millis")
      assert.isUndefined(yield* peek)
      yield* cache.get(500)
      yield* cache.invalidate
      assert.isUndefined(yield* peek)
      assert.strictEqual(state.lookups, 2)
    })
  )

  it.effect("is as old as it says, and is looked up for the age that is asked for", () =>
    Effect.gen(function* () {
      const ages: Array<number> = []
      const cache = makeCachedValue({
        lookup: (_, age) => Effect.sync(() => ages.push(age)),
        madeAt: () => -400,
        pauseAfter: () => Effect.succeed(0),
        staleFor: 0
      })
      yield* cache.get(500)
      yield* cache.get(500)
      yield* TestClock.adjust("100 millis")
      yield* cache.get(500)
      yield* cache.refresh
      assert.deepStrictEqual(ages, [500, 500, 0])
    })
  )

  it.effect("is looked up once for all that wait", () =>
    Effect.gen(function* () {
      const ready = yield* Deferred.make<void>()
      let lookups = 0
      const cache = makeCachedValue({
        lookup: () => Effect.as(Deferred.await(ready), ++lookups),
        pauseAfter: () => Effect.succeed(0),
        staleFor: 0
      })
      const waiting = yield* Effect.forkAll(Array.from({ length: 5 }, () => cache.get(1000)))
      yield* Effect.yieldNow()
      yield* Deferred.succeed(ready, undefined)
      assert.deepStrictEqual(yield* Fiber.join(waiting), [1, 1, 1, 1, 1])
    })
  )

  it.effect("is not looked up in the pause after a failure", () =>
    Effect.gen(function* () {
      const { cache, state } = counted(0)
      state.isDown = true
      assert.strictEqual(yield* Effect.flip(cache.get(500)), "failure 1")
      yield* TestClock.adjust("999 millis")
      assert.strictEqual(yield* Effect.flip(cache.get(500)), "failure 1")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Effect.flip(cache.get(500)), "failure 2")
      state.isDown = false
      assert.strictEqual(yield* cache.refresh, 3)
      assert.strictEqual(yield* cache.get(500), 3)
    })
  )

  it.effect("is served after a failure until it is too old", () =>
    Effect.gen(function* () {
      const { cache, state } = counted(5000)
      yield* cache.get(500)
      state.isDown = true
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* cache.get(500), 1)
      assert.strictEqual(state.lookups, 2)
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(Either.isLeft(yield* Effect.either(cache.get(500))))
    })
  )

  it.effect("is looked up again once it was invalidated, also during a lookup", () =>
    Effect.gen(function* () {
      const { cache, state } = counted(Infinity)
      yield* cache.get(500)
      yield* cache.invalidate
      state.isDown = true
      assert.strictEqual(yield* cache.get(500), 1)
      yield* TestClock.adjust("1 second")
      state.isDown = false
      assert.strictEqual(yield* cache.get(5000), 3)
      assert.strictEqual(yield* cache.get(5000), 3)
      assert.strictEqual(yield* cache.set(10), 10)
      assert.strictEqual(yield* cache.get(5000), 10)

      const invalidated = makeCachedValue({
        lookup: (previous: number | undefined): Effect.Effect<number> =>
          Effect.as(previous === undefined ? invalidated.invalidate : Effect.void, (previous ?? 0) + 1),
        pauseAfter: () => Effect.succeed(0),
        staleFor: 0
      })
      assert.strictEqual(yield* invalidated.get(500), 1)
      assert.strictEqual(yield* invalidated.get(500), 2)
      assert.strictEqual(yield* invalidated.get(500), 2)
    })
  )
})
