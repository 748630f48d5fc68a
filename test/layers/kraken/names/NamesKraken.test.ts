import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, TestClock } from "effect"
import { NamesKraken } from "../../../../src/layers/kraken/names/NamesKraken.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../../../src/services/KrakenErrors.ts"
import { Names } from "../../../../src/services/Names.ts"
import { assetPairs, assets } from "../../../doubles/fake/Market.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"

/** Makes a Kraken that returns its lists unless it is down. `calls` counts the requests for pairs. */
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
  it.effect("resolves any spelling to the one that requests use, with one request for all that wait", () => {
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

  it.effect("refuses an unknown name, after it has read lists again that are older than a minute", () => {
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

  it.effect("reads the lists again after an hour, and when Kraken has refused a name", () => {
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

  it.effect("reads the pairs of the other venue too, and does without them if they are unavailable", () => {
    const ether = { ...assetPairs["XETHZUSD"], altname: "ETHUSD:BTNL", wsname: "ETH/USD:BTNL" }
    const pairs = { "ETHUSD:BTNL": { ...ether, execution_venue: "bitnomial_exchange" } }
    const state = { pairs: pairs as object | undefined }
    const layer = NamesKraken.pipe(
      Layer.provide(
        Layer.mock(KrakenClient, {
          read: (endpoint, { aclass, aclass_base, execution_venue }) =>
            Effect.suspend(() => {
              const isTokenized = [aclass, aclass_base].includes("tokenized_asset")
              const list =
                endpoint === "public/Assets" ? assets : execution_venue === undefined ? assetPairs : state.pairs
              if (isTokenized || list === undefined) return new KrakenUnavailable({ endpoint, reason: "down" })
              return Effect.succeed(list)
            })
        })
      ),
      Layer.merge(Operated)
    )
    return Effect.gen(function* () {
      const names = yield* Names
      assert.strictEqual(yield* names.pair("eth/usd:btnl"), "ETHUSD:BTNL")
      assert.strictEqual(yield* names.pair("eth/usd"), "ETHUSD")
      state.pairs = undefined
      yield* names.stale
      assert.strictEqual(yield* names.pair("eth/usd"), "ETHUSD")
      assert.strictEqual((yield* Effect.flip(names.pair("eth/usd:btnl")))._tag, "UnknownName")
    }).pipe(Effect.provide(layer))
  })

  it.effect("passes names if the lists are unavailable, and tries again half a minute later", () => {
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
