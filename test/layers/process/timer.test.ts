import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, TestClock } from "effect"
import { timers, withTimeout } from "../../../src/layers/process/timer.ts"

describe("a timer", () => {
  it.effect("runs its effect after its time, unless it is stopped before", () =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const start = yield* timers()
      start(
        100,
        Effect.sync(() => ran.push("kept"))
      )
      const stop = start(
        100,
        Effect.sync(() => ran.push("stopped"))
      )
      yield* TestClock.adjust(99)
      stop()
      assert.deepStrictEqual(ran, [])
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(ran, ["kept"])
    })
  )
})

const late = { _tag: "Late" } as const

for (const [name, test] of [
  ["a clock of tests", it.effect],
  ["the machine's clock", it.live]
] as const) {
  describe(`a timeout by ${name}`, () => {
    test("hands on how the effect ends in time", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* withTimeout(Effect.succeed(1), 1000, () => late), 1)
        assert.strictEqual(yield* Effect.flip(withTimeout(Effect.fail("no"), 1000, () => late)), "no")
        assert.isTrue(Exit.isInterrupted(yield* Effect.exit(withTimeout(Effect.interrupt, 1000, () => late))))
      }))

    test("fails after its time, when the effect has been interrupted", () =>
      Effect.gen(function* () {
        let ended = false
        const end = Effect.sync(() => {
          ended = true
        })
        const waiting = yield* Effect.fork(
          withTimeout(
            Effect.onInterrupt(Effect.never, () => end),
            20,
            () => late
          )
        )
        yield* Effect.yieldNow()
        if (name === "a clock of tests") yield* TestClock.adjust(20)
        assert.strictEqual(yield* Effect.flip(Fiber.join(waiting)), late)
        assert.isTrue(ended)
      }))

    test("interrupts the effect with its caller", () =>
      Effect.gen(function* () {
        let ended = false
        const end = Effect.sync(() => {
          ended = true
        })
        const waiting = yield* Effect.fork(
          withTimeout(
            Effect.onInterrupt(Effect.never, () => end),
            60_000,
            () => late
          )
        )
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(waiting)
        assert.isTrue(ended)
      }))
  })
}
