import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, TestClock } from "effect"
import { makeSingleFlight } from "../../../src/layers/caching/singleFlight.ts"

/** A lookup that takes a second and counts its runs. */
const lookup = () => {
  const state = { runs: 0 }
  return {
    state,
    run: Effect.delay(
      Effect.suspend(() => Effect.succeed(++state.runs)),
      "1 second"
    )
  }
}

/** Forks an effect and runs it as far as it gets before time passes. */
const start = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.tap(Effect.fork(effect), () => Effect.yieldNow())

describe("equal calls that are in flight", () => {
  it.effect("share one run and its result", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<number, never, never>()
      const { run, state } = lookup()
      const calls = yield* Effect.forEach(["a", "a", "b", "a"], (key) => start(share(key, () => run)))
      yield* TestClock.adjust("1 second")
      const [first, ...others] = yield* Effect.forEach(calls, Fiber.join)
      assert.deepStrictEqual(others, [first, state.runs + 1 - Number(first), first])
      assert.strictEqual(state.runs, 2)
    })
  )

  it.effect("share a failure, and a defect", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<never, string, never>()
      for (const end of [Effect.fail("no"), Effect.die("no")]) {
        const calls = yield* Effect.forEach([1, 2], () => start(share("a", () => Effect.delay(end, "1 second"))))
        yield* TestClock.adjust("1 second")
        const [one, other] = yield* Effect.forEach(calls, Fiber.await)
        assert.isTrue(one !== undefined && Exit.isFailure(one))
        assert.deepStrictEqual(one, other)
      }
    })
  )

  it.effect("run again after one that could not be made", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<number, never, never>()
      const { run } = lookup()
      const broken = share("a", () => {
        throw new Error("no")
      })
      assert.isTrue(Exit.isFailure(yield* Effect.exit(broken)))
      const call = yield* start(share("a", () => run))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(call), 1)
    })
  )

  it.effect("run again when one comes after the end", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<number, never, never>()
      const { run } = lookup()
      for (const count of [1, 2]) {
        const call = yield* start(share("a", () => run))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(call), count)
      }
    })
  )

  it.effect("do not end with one of them that is interrupted, the first or another", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<number, never, never>()
      const { run, state } = lookup()
      const [first, second, third, fourth] = yield* Effect.all([
        start(share("a", () => run)),
        start(share("a", () => run)),
        start(share("a", () => run)),
        start(share("a", () => run))
      ])
      yield* TestClock.adjust("500 millis")
      yield* Fiber.interrupt(first)
      yield* Fiber.interrupt(third)
      yield* TestClock.adjust("999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(second)))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Effect.forEach([second, fourth], Fiber.join), [1, 1])
      assert.strictEqual(state.runs, 1)
    })
  )

  it.effect("leave nothing behind when all of them are interrupted", () =>
    Effect.gen(function* () {
      const share = makeSingleFlight<number, never, never>()
      const { run } = lookup()
      const calls = yield* Effect.forEach([1, 2, 3], () => start(share("a", () => run)))
      yield* Fiber.interruptAll(calls)
      const call = yield* start(share("a", () => run))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(call), 1)
    })
  )
})
