import { assert, describe, it } from "@effect/vitest"
import { makeClock } from "../../../../src/layers/kraken/client/krakenClock.ts"
import type { Reading } from "../../../../src/services/Clocks.ts"

const start = Date.UTC(2026, 0)

/** Reads our clocks, which were right at `start`. Since then, the wall clock was set by `set` milliseconds. */
const at = (millis: number, set = 0): Reading => ({ monotonic: millis, wall: start + millis + set })

/** Takes in a response that took 100 ms and has this `Date`, in milliseconds after `start`. */
const respond = (clock: ReturnType<typeof makeClock>, now: number, date = now, more: object = {}, set = 0) =>
  clock.learn(
    { date: new Date(start + date).toUTCString(), ...more },
    { sent: at(now - 100, set), received: at(now, set) }
  )

const errorAt = (clock: ReturnType<typeof makeClock>, now: Reading) => clock.at(now) - (start + now.monotonic)

describe("Kraken's clock", () => {
  it("is ours until there is a response", () => {
    const clock = makeClock()
    assert.strictEqual(clock.at(at(5000, 700)), start + 5700)
    assert.deepStrictEqual(clock.quality(), { epoch: 0, within: Infinity })
    respond(clock, 5000, 65_000, { age: "3" })
    clock.learn({}, { sent: at(4900), received: at(5000) })
    clock.learn({ date: "yesterday" }, { sent: at(4900), received: at(5000) })
    assert.strictEqual(clock.quality().epoch, 0)
    respond(clock, 5000, 65_000)
    assert.deepStrictEqual(clock.quality(), { epoch: 1, within: 550 })
    assert.approximately(errorAt(clock, at(5000)), 60_000, 550)
  })

  it("is estimated better with each response, also if our wall clock is set", () => {
    const clock = makeClock()
    for (let now = 100; now < 5000; now += 333) respond(clock, now)
    for (const set of [0, -90_000, 90_000]) assert.approximately(errorAt(clock, at(5000, set)), 0, 200)
    respond(clock, 6000, 6000, {}, -90_000)
    assert.approximately(errorAt(clock, at(6000, -90_000)), 0, 200)
    assert.strictEqual(clock.quality().epoch, 1)
  })

  it("does not follow one wrong response, and reports the contradiction", () => {
    const clock = makeClock()
    respond(clock, 1000)
    respond(clock, 2000, 92_000)
    assert.approximately(errorAt(clock, at(2000)), 0, 1000)
    assert.strictEqual(clock.quality().epoch, 2)
    assert.isTrue(clock.isDoubtful(at(2000)))
    respond(clock, 3000)
    assert.approximately(errorAt(clock, at(3000)), 0, 1000)
    assert.strictEqual(clock.quality().epoch, 2)
    assert.isFalse(clock.isDoubtful(at(3000)))
    respond(clock, 4000, 94_000)
    assert.approximately(
      errorAt(clock, at(4000)),
      0,
      1000,
      "wrong answers that a right one parts don't confirm each other"
    )
  })

  it("follows two responses that agree that it was set", () => {
    const clock = makeClock()
    respond(clock, 1000)
    respond(clock, 2000, 122_000)
    respond(clock, 3000, 123_000)
    assert.approximately(errorAt(clock, at(3000)), 120_000, 1000)
    assert.strictEqual(clock.quality().epoch, 3)
    assert.isFalse(clock.isDoubtful(at(3000)))
    respond(clock, 4000, -50_000)
    respond(clock, 5000, 50_000)
    assert.approximately(errorAt(clock, at(5000)), 120_000, 1000, "two answers that contradict each other too")
  })

  it("stays the same if servers differ by a second or two", () => {
    const clock = makeClock()
    for (let now = 100; now < 9000; now += 333) respond(clock, now)
    respond(clock, 10_000, 12_000)
    respond(clock, 11_000)
    assert.strictEqual(clock.quality().epoch, 1)
    assert.isFalse(clock.isDoubtful(at(11_000)))
  })

  it("is in doubt once our clocks diverge, as after sleep, until the next response", () => {
    const clock = makeClock()
    assert.isFalse(clock.isDoubtful(at(0, 90_000)), "nothing is known yet")
    respond(clock, 1000)
    assert.isFalse(clock.isDoubtful(at(500_000)))
    assert.isTrue(clock.isDoubtful(at(2000, 3_600_000)))
    assert.isTrue(clock.isDoubtful(at(2000, -3000)))
    respond(clock, 3000, 3000, {}, 3_600_000)
    assert.isFalse(clock.isDoubtful(at(4000, 3_600_000)))
  })
})
