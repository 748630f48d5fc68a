import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { depart } from "../../../../src/layers/kraken/writes/timing.ts"
import { Clocks } from "../../../../src/services/Clocks.ts"
import type { KrakenClient } from "../../../../src/services/KrakenClient.ts"

const start = Date.UTC(2026, 0)

/** Makes our clocks and Kraken's, in milliseconds after `start`. The test moves each of them. */
const makeClocks = () => {
  const state = { monotonic: 500, wall: 0, theirs: 3000, epoch: 1, within: 500 }
  const kraken = {
    now: Effect.sync(() => DateTime.unsafeMake(start + state.theirs)),
    clock: Effect.sync(() => ({ epoch: state.epoch, within: state.within }))
  } as typeof KrakenClient.Service
  const read = () => ({ monotonic: state.monotonic, wall: start + state.wall })
  /** Moves all clocks on by this many milliseconds. */
  const pass = (millis: number) => {
    state.monotonic += millis
    state.wall += millis
    state.theirs += millis
  }
  return { state, pass, depart: depart(kraken), layer: Effect.provideService(Clocks, { read }) }
}

describe("the time of a write that has left", () => {
  it.effect("is that of Kraken's clock, and its age is the time that has passed since", () => {
    const { depart, layer, pass } = makeClocks()
    return Effect.gen(function* () {
      const departure = yield* depart
      assert.strictEqual(departure.at.epochMillis, start + 3000)
      pass(2500)
      const moment = start / 1000 + 3
      assert.deepStrictEqual(yield* departure.timing, {
        sentAt: moment,
        latest: moment,
        earliest: moment,
        elapsed: 2500,
        within: 0.5,
        inDoubt: false
      })
    }).pipe(layer)
  })

  it.effect.each([-1500, 1500])("follows later readings of Kraken's clock: %s ms", (learned) => {
    const { depart, layer, pass, state } = makeClocks()
    return Effect.gen(function* () {
      const departure = yield* depart
      pass(2500)
      state.theirs += learned
      const { earliest, elapsed, sentAt } = yield* departure.timing
      assert.strictEqual(sentAt, (start + 3000 + learned) / 1000)
      assert.strictEqual(earliest, (start + 3000 + Math.min(0, learned)) / 1000)
      assert.strictEqual(elapsed, 2500)
    }).pipe(layer)
  })

  it.effect.each([
    ["Kraken's clock was contradicted", { epoch: 2 }, true],
    ["Kraken's clock is known to two seconds", { within: 2000 }, false],
    ["Kraken's clock is hardly known", { within: 2001 }, true],
    ["our clock was set back", { wall: -2001 }, true],
    ["our clock was put forward", { wall: 2001 }, true],
    ["our clocks differ a little", { wall: 2000 }, false]
  ] as const)("is in doubt once a clock was set: %s", ([, change, inDoubt]) => {
    const { depart, layer, state } = makeClocks()
    return Effect.gen(function* () {
      const departure = yield* depart
      Object.assign(state, change)
      assert.strictEqual((yield* departure.timing).inDoubt, inDoubt)
    }).pipe(layer)
  })
})
