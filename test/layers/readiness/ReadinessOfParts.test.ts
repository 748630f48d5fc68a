import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, TestClock } from "effect"
import { ReadinessOfParts } from "../../../src/layers/readiness/ReadinessOfParts.ts"
import { KrakenClient, type ReadError } from "../../../src/services/KrakenClient.ts"
import { KrakenAuthError, KrakenRejection, KrakenUnavailable } from "../../../src/services/KrakenErrors.ts"
import { Readiness } from "../../../src/services/Readiness.ts"
import { Record, RecordUnavailable } from "../../../src/services/Record.ts"
import { TokenNotFound, TokenStore, TokenStoreError } from "../../../src/services/TokenStore.ts"
import type { Config } from "../../../src/services/Config.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"

interface World {
  tokens: Effect.Effect<never, TokenNotFound | TokenStoreError>
  record: Effect.Effect<number, RecordUnavailable>
  status: Effect.Effect<unknown, ReadError>
  key: Effect.Effect<unknown, ReadError>
}

const withKey = {
  credentials: Option.some({ key: Redacted.make("k"), secret: Redacted.make("s"), otp: Option.none() })
}

const usable: World = {
  tokens: new TokenNotFound({ id: "" }),
  record: Effect.succeed(0),
  status: Effect.succeed({ status: "online" }),
  key: Effect.succeed({})
}

/** The parts that cannot be used, in a world that a test can change. `asked` counts the requests to Kraken. */
const inWorld = (changes: Partial<World>, config: Partial<typeof Config.Service> = withKey) => {
  const world = { ...usable, ...changes }
  const asked: Array<string> = []
  const layer = ReadinessOfParts.pipe(
    Layer.provide([
      TestConfig(config),
      Layer.mock(TokenStore, { find: () => world.tokens }),
      Layer.mock(Record, { position: Effect.suspend(() => world.record) }),
      Layer.mock(KrakenClient, {
        read: (endpoint) => {
          asked.push(endpoint)
          return endpoint === "public/SystemStatus" ? world.status : world.key
        }
      })
    ])
  )
  const parts = Effect.flatMap(Readiness, ({ faults }) => Effect.map(faults, (all) => all.map(({ part }) => part)))
  return { asked, layer, parts, world }
}

const refused = (reason: "key" | "nonce") =>
  new KrakenAuthError({ endpoint: "private/GetApiKeyInfo", codes: ["EAPI:Invalid key"], reason })

describe("readiness", () => {
  const cases: ReadonlyArray<readonly [string, Partial<World>, ReadonlyArray<string>]> = [
    ["nothing", {}, []],
    ["tokens", { tokens: new TokenStoreError({ reason: "busy", cause: undefined }) }, ["database"]],
    ["the record", { record: new RecordUnavailable({ reason: "busy" }) }, ["database"]],
    ["Kraken", { status: new KrakenUnavailable({ endpoint: "public/SystemStatus", reason: "no" }) }, ["kraken"]],
    ["Kraken in maintenance", { status: Effect.succeed({ status: "maintenance" }) }, ["kraken"]],
    ["new orders at Kraken", { status: Effect.succeed({ status: "cancel_only" }) }, []],
    ["the key", { key: refused("key") }, ["key"]],
    [
      "the description of the key",
      { key: new KrakenRejection({ endpoint: "private/GetApiKeyInfo", codes: ["EGeneral:Unknown method"] }) },
      []
    ]
  ]
  it.effect.each(cases)("misses %s", ([, changes, expected]) => {
    const { layer, parts } = inWorld(changes)
    return Effect.map(Effect.provide(parts, layer), (found) => assert.deepStrictEqual(found, expected))
  })

  it.effect("asks Kraken at most every 15 s, and a key that was refused after ten minutes", () => {
    const { asked, layer, parts, world } = inWorld({ key: refused("key") })
    return Effect.gen(function* () {
      for (let i = 0; i < 5; i++) assert.deepStrictEqual(yield* parts, ["key"])
      assert.lengthOf(asked, 2)
      yield* TestClock.adjust("15 seconds")
      yield* parts
      assert.deepStrictEqual(asked.slice(2), ["public/SystemStatus"])
      world.key = Effect.succeed({})
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(yield* parts, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("gives up after three seconds on a Kraken that does not answer", () => {
    const { layer, parts } = inWorld({ status: Effect.never })
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(parts)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* fiber, ["kraken"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("asks no key that there is not, and nothing on paper", () =>
    Effect.gen(function* () {
      const keyless = inWorld({}, {})
      yield* Effect.provide(keyless.parts, keyless.layer)
      assert.deepStrictEqual(keyless.asked, ["public/SystemStatus"])
      const paper = inWorld({}, { mode: "paper" })
      assert.deepStrictEqual(yield* Effect.provide(paper.parts, paper.layer), [])
      assert.deepStrictEqual(paper.asked, [])
    })
  )
})
