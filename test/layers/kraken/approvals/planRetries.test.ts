import { assert, describe, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { makePlanRetries } from "../../../../src/layers/kraken/approvals/planRetries.ts"

const plan = { id: 7, expires: 600_000 }

describe("a plan whose write could not be recorded", () => {
  it.effect("is tried again after 1, 2, 4, 8, 16 and then every 30 s", () =>
    Effect.gen(function* () {
      const retries = makePlanRetries()
      for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
        yield* retries.failed(plan, "full")
        yield* TestClock.adjust(seconds * 1000 - 1)
        assert.isTrue((yield* retries.resting).has(7))
        yield* TestClock.adjust(1)
        assert.isFalse((yield* retries.resting).has(7))
      }
    })
  )

  it.effect("is overdue when its time has passed, until it is forgotten", () =>
    Effect.gen(function* () {
      const retries = makePlanRetries()
      yield* TestClock.adjust("599 seconds")
      yield* retries.failed(plan, "full")
      assert.deepStrictEqual(yield* retries.overdue, [])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* retries.overdue, [{ id: 7, reason: "full" }])
      retries.forget(7)
      assert.deepStrictEqual(yield* retries.overdue, [])
    })
  )
})
