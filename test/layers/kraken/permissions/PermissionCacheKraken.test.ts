import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Option, Redacted, TestClock } from "effect"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PermissionCacheKraken } from "../../../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenPermissionError } from "../../../../src/services/KrakenErrors.ts"
import { PermissionCache } from "../../../../src/services/PermissionCache.ts"
import * as Fault from "../../../doubles/fake/Faults.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { type Key, keyInfo } from "../../../doubles/fake/Keys.ts"
import { type FakeKraken, makeFakeKraken } from "../../../doubles/FakeKraken.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"

const asking = "private/GetApiKeyInfo"

const cacheOf = (fake: FakeKraken, key?: Key) =>
  PermissionCacheKraken.pipe(
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([inProcess(fake), NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        credentials: Option.map(Option.fromNullable(key), ({ key, secret }) => ({
          key: Redacted.make(key),
          secret: Redacted.make(secret),
          otp: Option.none()
        }))
      })
    ),
    Layer.merge(Logger.remove(Logger.defaultLogger)),
    Layer.merge(Operated)
  )

const refused = new KrakenPermissionError({ endpoint: "private/AddOrder", needed: [], refusedBy: "Kraken", hints: [] })

const mayTrade = Effect.flatMap(PermissionCache, (cache) => cache.require("private/AddOrder", [["modify-trades"]]))
const mayRead = Effect.flatMap(PermissionCache, (cache) => cache.require("private/Balance", [["query-funds"]]))
const explained = Effect.flatMap(PermissionCache, (cache) => cache.explain(refused, [["modify-trades"]]))

describe("PermissionCacheKraken", () => {
  it.effect("reads permissions once for all that wait, and caches them for ten minutes", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      yield* Effect.all(
        Array.from({ length: 20 }, () => mayRead),
        { concurrency: "unbounded" }
      )
      yield* TestClock.adjust("599 seconds")
      yield* mayRead
      assert.strictEqual(fake.count(asking), 1)
      yield* TestClock.adjust("1 second")
      yield* mayRead
      assert.strictEqual(fake.count(), 2)
    }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
  })

  it.effect("refuses a call that the key may not make, names the permission, and sends nothing", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      const error = yield* Effect.flip(mayTrade)
      assert.deepInclude(error, {
        _tag: "KrakenPermissionError",
        endpoint: "private/AddOrder",
        needed: [["modify-trades"]],
        refusedBy: "mcp-kraken",
        hints: []
      })
      assert.strictEqual(fake.count(), fake.count(asking))
    }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
  })

  it.effect("reads permissions that are a minute old again before it refuses: the key might have changed", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      yield* Effect.flip(mayTrade)
      fake.keys.readOnly.permissions = ["modify-trades"]
      yield* TestClock.adjust("59 seconds")
      yield* Effect.flip(mayTrade)
      assert.strictEqual(fake.count(asking), 1)
      yield* TestClock.adjust("1 second")
      yield* mayTrade
      assert.strictEqual(fake.count(asking), 2)
    }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
  })

  for (const spelling of ["snake", "camel"] as const) {
    it.effect(`reads answers in ${spelling} case`, () => {
      const fake = makeFakeKraken()
      fake.state.spelling = spelling
      return Effect.gen(function* () {
        const cache = yield* PermissionCache
        const info = yield* cache.refresh
        assert.deepStrictEqual(Option.getOrThrow(yield* cache.known), info)
        assert.deepInclude(info, { name: "windowed", nonceWindow: 5_000_000n, validUntil: 0, ipAllowlist: [] })
        assert.isTrue(info.permissions.has("withdraw-funds"))
        assert.strictEqual(info.nonce, fake.keys.windowed.highestNonce)
      }).pipe(Effect.provide(cacheOf(fake, fake.keys.windowed)))
    })
  }

  describe("without an answer of Kraken", () => {
    const page = Fault.html()
    const failures: ReadonlyArray<readonly [string, ReadonlyArray<Fault.Fault>, number]> = [
      ["an HTML page, three times", [page, page, page], 60],
      ["a shape that nobody knows", [Fault.reply(200, `{"error":[],"result":{"permissions":"all"}}`)], 60],
      ["no nonce window", [Fault.reply(200, `{"error":[],"result":{"permissions":[],"nonce":"1"}}`)], 60],
      ["Unknown method", [Fault.error("EGeneral:Unknown method")], 600],
      ["Permission denied", [Fault.error("EGeneral:Permission denied")], 600]
    ]
    for (const [name, faults, seconds] of failures) {
      it.effect(`lets calls pass after ${name}, and asks again after ${seconds} seconds`, () => {
        const fake = makeFakeKraken()
        fake.misbehave(asking, ...faults)
        return Effect.gen(function* () {
          const waiting = yield* Effect.fork(Effect.all([mayTrade, mayTrade], { concurrency: 2 }))
          yield* TestClock.adjust("3 seconds")
          yield* waiting
          assert.isTrue(Option.isNone(yield* Effect.flatMap(PermissionCache, ({ known }) => known)))
          yield* TestClock.adjust(`${seconds - 4} seconds`)
          yield* mayTrade
          assert.strictEqual(fake.count(asking), faults.length)
          yield* TestClock.adjust("4 seconds")
          yield* Effect.flip(mayTrade)
          assert.strictEqual(fake.count(asking), faults.length + 1)
        }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
      })
    }

    it.effect("still refuses by permissions that are younger than ten minutes", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        yield* mayRead
        yield* TestClock.adjust("2 minutes")
        fake.misbehave(asking, Fault.error("EGeneral:Internal error"))
        yield* Effect.flip(mayTrade)
        assert.strictEqual(fake.count(asking), 2)
      }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
    })
  })

  it.effect("reads no permissions for calls that any key may make, or whose permissions are not confirmed", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      const cache = yield* PermissionCache
      yield* cache.require("private/Earn/Strategies", [[]])
      yield* cache.require("private/ListWalletAccounts", [["query-funds"]])
      assert.strictEqual(fake.count(), 0)
    }).pipe(Effect.provide(cacheOf(fake, fake.keys.none)))
  })

  it.effect("says that credentials are missing", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(mayRead))._tag, "KrakenCredentialsMissing")
      assert.isTrue(Option.isNone(yield* Effect.flatMap(PermissionCache, ({ known }) => known)))
    }).pipe(Effect.provide(cacheOf(fake)))
  })

  it.effect("takes in the answers of other calls, and ignores an unknown shape", () => {
    const fake = makeFakeKraken()
    return Effect.gen(function* () {
      const cache = yield* PermissionCache
      yield* cache.store({ permissions: ["modify-trades"] })
      assert.strictEqual(fake.count(), 0)
      yield* cache.store(keyInfo(fake.keys.trade, "camel"))
      yield* mayTrade
      assert.strictEqual(fake.count(), 0)
    }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
  })

  describe("explains a refusal of Kraken's", () => {
    it.effect("with the permission that has been taken away, and refuses from then on", () => {
      const fake = makeFakeKraken()
      const { trade } = fake.keys
      return Effect.gen(function* () {
        yield* mayTrade
        trade.permissions = ["query-funds"]
        const error = yield* explained
        assert.deepInclude(error, { needed: [["modify-trades"]], refusedBy: "Kraken", hints: [] })
        assert.strictEqual(error.message, (yield* Effect.flip(mayTrade)).message)
        assert.strictEqual(fake.count(asking), 2)
      }).pipe(Effect.provide(cacheOf(fake, trade)))
    })

    it.effect("with the limits of a key that holds the permission", () => {
      const fake = makeFakeKraken()
      const { trade } = fake.keys
      return Effect.gen(function* () {
        yield* TestClock.setTime(Date.UTC(2026, 0))
        Object.assign(trade, { queryFrom: Date.UTC(2025, 0) / 1000, validUntil: Date.UTC(2026, 0) / 1000 + 300 })
        const way = "The key has the permission. The reason is the account, its region or a limit of the key."
        const history = "The key sees no history before 2025-01-01T00:00:00.000Z."
        assert.deepStrictEqual((yield* explained).hints, [way, history])
        yield* TestClock.adjust("301 seconds")
        const expiry = "The key expired on 2026-01-01T00:05:00.000Z."
        assert.deepStrictEqual((yield* explained).hints, [way, expiry, history])
      }).pipe(Effect.provide(cacheOf(fake, trade)))
    })

    it.effect("with the addresses that the key is limited to, if Kraken reports them", () => {
      const fake = makeFakeKraken()
      const { elsewhere } = fake.keys
      return Effect.gen(function* () {
        assert.match((yield* explained).message, /limited to other IP addresses/)
        fake.state.address = "203.0.113.7"
        yield* TestClock.adjust("10 minutes")
        assert.isTrue((yield* explained).hints.some((hint) => hint.includes("203.0.113.7")))
        const kraken = yield* KrakenClient
        yield* kraken.read("private/Balance", {})
      }).pipe(Effect.provide(cacheOf(fake, elsewhere)))
    })

    it.effect("without a reason while Kraken is unavailable", () => {
      const fake = makeFakeKraken()
      fake.misbehave(asking, Fault.error("EGeneral:Internal error"))
      return Effect.gen(function* () {
        const error = yield* explained
        assert.deepInclude(error, { needed: [["modify-trades"]], refusedBy: "Kraken" })
        assert.notMatch(error.message, /lacks/)
        yield* mayTrade
      }).pipe(Effect.provide(cacheOf(fake, fake.keys.readOnly)))
    })
  })
})
