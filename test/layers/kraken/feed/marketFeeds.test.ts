import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { operator } from "../../../../src/layers/access/principals.ts"
import { HttpClientThroughProxy } from "../../../../src/layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { MarketDataWebSocket } from "../../../../src/layers/kraken/feed/MarketDataKraken.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { type Feed, MarketData, type Snapshot } from "../../../../src/services/MarketData.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { btcUsd as btc } from "../../../fixtures/btcUsd.ts"
import { servedExchange } from "../../../exchange/rest/served.ts"

/** Runs a test on the market data of a simulated exchange. */
const run = <A, E>(
  test: (
    exchange: Effect.Effect.Success<ReturnType<typeof servedExchange>>
  ) => Effect.Effect<A, E, MarketData | Principal>
) =>
  Effect.gen(function* () {
    const exchange = yield* servedExchange()
    const client = KrakenClientHttp.pipe(
      Layer.provide([HttpClientThroughProxy, NonceSourceMemory, RateBudgetOff]),
      Layer.provide(TestConfig({ baseUrl: exchange.url }))
    )
    return yield* Effect.provide(test(exchange), [
      Layer.provide(MarketDataWebSocket(`${exchange.wsUrl}/v2`), client),
      Layer.succeed(Principal, operator("live"))
    ])
  }).pipe(Effect.scoped)

/** Looks until a live value is of a kind. */
const until = Effect.fnUntraced(function* <A>({ live }: Feed<A>, is: (value: A) => boolean = () => true) {
  for (let n = 0; n < 500; n++) {
    const found: Option.Option<Snapshot<A>> = yield* live
    if (Option.isSome(found) && is(found.value.value)) return found.value.value
    yield* Effect.sleep("20 millis")
  }
  return yield* Effect.dieMessage("it did not come to this")
})

describe("market data of the simulated exchange", () => {
  it.live("candles are those of REST, and go on", () =>
    run(({ admin }) =>
      Effect.gen(function* () {
        const data = yield* MarketData
        const [minutes, hours] = [data.candles(btc, 1), data.candles(btc, 60)]
        const rest = yield* hours.snapshot
        assert.strictEqual(rest.source, "rest")
        const live = yield* until(hours)
        assert.isAtMost(live.length, 720)
        assert.deepStrictEqual(live.slice(-10, -1), rest.value.slice(-10, -1))
        const before = (yield* until(minutes)).at(-1)
        yield* admin("advance", { seconds: 120 })
        const after = yield* until(minutes, (found) => found.at(-1)?.time !== before?.time)
        assert.strictEqual(after.at(-1)?.time, Number(before?.time) + 120)
        assert.strictEqual(new Set(after.map(({ time }) => time)).size, after.length)
      })
    )
  )

  it.live("instruments have the status of each pair and asset", () =>
    run(({ admin }) =>
      Effect.gen(function* () {
        const { instruments } = yield* MarketData
        const rest = (yield* instruments.snapshot).value
        const live = yield* until(instruments)
        assert.strictEqual(live.pairs.get("BTC/USD"), "online")
        assert.strictEqual(live.assets.get("BTC"), "enabled")
        for (const [pair, status] of live.pairs) assert.strictEqual(rest.pairs.get(pair), status)
        yield* admin("status", { pair: "XBTUSD", status: "post_only" })
        const changed = yield* until(instruments, ({ pairs }) => pairs.get("BTC/USD") === "post_only")
        assert.strictEqual(changed.pairs.size, live.pairs.size)
      })
    )
  )

  it.live("the status comes by itself, also to who asks later", () =>
    run(({ admin }) =>
      Effect.gen(function* () {
        const { instruments, status } = yield* MarketData
        assert.strictEqual((yield* status.snapshot).value, "online")
        assert.strictEqual(yield* until(status), "online")
        for (const mode of ["cancel_only", "maintenance", "online"]) {
          yield* admin("status", { status: mode })
          assert.strictEqual(yield* until(status, (found) => found === mode), mode)
        }
        yield* until(instruments)
      })
    )
  )
})
