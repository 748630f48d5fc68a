import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { NamesKraken } from "../../../../src/layers/kraken/names/NamesKraken.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { Names } from "../../../../src/services/Names.ts"
import { assetPairs, assets } from "../../../doubles/fake/Market.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"

/** A Kraken that gives its lists, or does not; `calls` counts the askings for pairs. */
const kraken = () => {
  const state = { up: true, calls: 0, pairs: assetPairs as Record<string, unknown> }
  const layer = NamesKraken.pipe(
    Layer.provide(
      Layer.mock(KrakenClient, {
        read: (endpoint, params) =>
          Effect.suspend(() => {
            if ("aclass" in params || "aclass_base" in params) {
              return new KrakenUnavailable({ endpoint, reason: "no tokenised assets today" })
            }
            if (endpoint === "public/AssetPairs") state.calls++
            if (!state.up) return new KrakenUnavailable({ endpoint, reason: "down" })
            return Effect.succeed(endpoint === "public/Assets" ? assets : state.pairs)
          })
      })
    ),
    Layer.merge(Operated)
  )
  return { state, layer }
}

describe("NamesKraken", () => {
  it.effect("turns any spelling into the one requests use, and asks once for all who wait", () => {
    const { layer, state } = kraken()
    return Effect.gen(function* () {
      const names = yield* Names
      const found = yield* Effect.forEach(["BTC/USD", "xbtusd", "XXBTZUSD", "btc-usd"], names.pair, { concurrency: 4 })
      assert.deepStrictEqual(found, ["XBTUSD", "XBTUSD", "XBTUSD", "XBTUSD"])
      assert.strictEqual(yield* names.asset("btc"), "XBT")
      assert.strictEqual((yield* names.directory).pairDisplay("XXBTZUSD"), "BTC/USD")
      assert.strictEqual(state.calls, 1)
    }).pipe(Effect.provide(layer))
  })

  it.effect("refuses what Kraken has not, after a new look where the lists are older than a minute", () => {
    const { layer, state } = kraken()
    return Effect.gen(function* () {
      const names = yield* Names
      const error = yield* Effect.flip(names.pair("BTC/USB"))
      assert.strictEqual(error.nearest[0], "BTC/USD")
      assert.strictEqual(state.calls, 1)
      yield* TestClock.adjust("61 seconds")
      yield* Effect.flip(names.pair("BTC/USB"))
      assert.strictEqual(state.calls, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks again after an hour, and when Kraken has refused a name", () => {
    const { layer, state } = kraken()
    return Effect.gen(function* () {
      const names = yield* Names
      yield* names.pair("BTC/USD")
      yield* TestClock.adjust("59 minutes")
      yield* names.pair("BTC/USD")
      assert.strictEqual(state.calls, 1)
      yield* TestClock.adjust("2 minutes")
      yield* names.pair("BTC/USD")
      assert.strictEqual(state.calls, 2)
      yield* names.stale
      yield* names.pair("BTC/USD")
      assert.strictEqual(state.calls, 3)
    }).pipe(Effect.provide(layer))
  })

  it.effect("lets names pass where the lists can't be had, and tries again half a minute later", () => {
    const { layer, state } = kraken()
    return Effect.gen(function* () {
      const names = yield* Names
      state.up = false
      assert.strictEqual(yield* names.pair("anything"), "anything")
      assert.strictEqual(yield* names.asset("any"), "any")
      assert.strictEqual(state.calls, 1)
      state.up = true
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* names.pair("BTC/USD"), "XBTUSD")
    }).pipe(Effect.provide(layer))
  })
})
