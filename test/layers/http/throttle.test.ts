import { assert, it } from "@effect/vitest"
import { Effect, TestClock } from "effect"
import { makeThrottle } from "../../../src/layers/http/throttle.ts"

it.effect("an address may fail ten times a minute, and others are not affected", () =>
  Effect.gen(function* () {
    const { failed } = makeThrottle()
    for (let i = 0; i < 10; i++) assert.strictEqual(yield* failed("a"), 0)
    yield* TestClock.adjust("20 seconds")
    assert.strictEqual(yield* failed("a"), 40)
    assert.strictEqual(yield* failed("b"), 0)
    yield* TestClock.adjust("40 seconds")
    assert.strictEqual(yield* failed("a"), 0)
  })
)
