import { assert, describe, it } from "@effect/vitest"
import { Chunk, Clock, Context, Duration, Effect, Fiber, Layer, Logger, Option, Redacted, TestClock } from "effect"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../../../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PermissionCacheOfState } from "../../../../src/layers/kraken/permissions/PermissionCacheOfState.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenPermissionError } from "../../../../src/services/KrakenErrors.ts"
import { PermissionCache } from "../../../../src/services/PermissionCache.ts"
import { makeDatabaseProxy } from "../../../databaseProxy.ts"
import { databases, postgres, type TestDatabase } from "../../../databases.ts"
import * as Fault from "../../../doubles/fake/Faults.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { type Key, keyInfo } from "../../../doubles/fake/Keys.ts"
import { type FakeKraken, makeFakeKraken } from "../../../doubles/FakeKraken.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"

const asking = "private/GetApiKeyInfo"

/** The place of the state of a test. */
class Place extends Context.Tag("mcp-kraken/test/layers/kraken/permissions/PermissionCacheKraken.test/Place")<
  Place,
  TestDatabase
>() {}

/** The settings of a process with a key and a place of its state. */
const settingsOf = (key: Key | undefined, { settings }: Pick<TestDatabase, "settings">) =>
  TestConfig({
    ...settings,
    credentials: Option.map(Option.fromNullable(key), ({ key, secret }) => ({
      key: Redacted.make(key),
      secret: Redacted.make(secret),
      otp: Option.none()
    }))
  })

/** The cache of one process. */
const cacheOf = (fake: FakeKraken, key: Key | undefined, place: Pick<TestDatabase, "settings">) =>
  PermissionCacheOfState.pipe(
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([inProcess(fake), NonceSourceMemory, RateBudgetOff]),
    Layer.provide(settingsOf(key, place)),
    Layer.merge(Logger.remove(Logger.defaultLogger)),
    Layer.merge(Operated),
    Layer.orDie
  )

const refused = new KrakenPermissionError({ endpoint: "private/AddOrder", needed: [], refusedBy: "Kraken", hints: [] })

/** Lets time pass, also for what is in the database, which has a clock of its own. */
const pass = (time: Duration.DurationInput) =>
  Effect.gen(function* () {
    yield* TestClock.adjust(time)
    const { rows, settings } = yield* Place
    if (settings.databaseUrl !== undefined)
      yield* rows("", `UPDATE key_permissions SET at = at - ${Duration.toSeconds(time)}`)
  })

/** The clock of this machine, by which a database answers. */
const machine = Clock.make()

/** Runs an effect whose pauses are over as soon as they begin. */
const withoutPauses = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    const step = Effect.gen(function* () {
      if (Chunk.isNonEmpty(yield* TestClock.sleeps())) yield* TestClock.adjust("1 second")
      yield* Effect.withClock(Effect.sleep("1 millis"), machine)
      return Option.isSome(yield* Fiber.poll(fiber))
    })
    yield* Effect.repeat(step, { until: (isDone) => isDone })
    return yield* Fiber.join(fiber)
  })

const mayTrade = Effect.flatMap(PermissionCache, (cache) => cache.require("private/AddOrder", [["modify-trades"]]))
const mayRead = Effect.flatMap(PermissionCache, (cache) => cache.require("private/Balance", [["query-funds"]]))
const explained = Effect.flatMap(PermissionCache, (cache) => cache.explain(refused, [["modify-trades"]]))

for (const kind of databases) {
  describe.skipIf(kind.isMissing)(`permissions of a key, whose state is ${kind.title}`, () => {
    /** The cache of the one process in a place of its own. */
    const inPlace = (fake: FakeKraken, key?: Key) =>
      Layer.unwrapScoped(
        Effect.map(kind.make, (place) => Layer.merge(cacheOf(fake, key, place), Layer.succeed(Place, place)))
      )

    it.scoped("reads permissions once for all that wait, and caches them for ten minutes", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        yield* Effect.all(
          Array.from({ length: 20 }, () => mayRead),
          { concurrency: "unbounded" }
        )
        yield* pass("599 seconds")
        yield* mayRead
        assert.strictEqual(fake.count(asking), 1)
        yield* pass("1 second")
        yield* mayRead
        assert.strictEqual(fake.count(), 2)
      }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
    })

    it.scoped("refuses a call that the key may not make, names the permission, and sends nothing", () => {
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
      }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
    })

    it.scoped("reads permissions that are a minute old again before it refuses: the key might have changed", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        yield* Effect.flip(mayTrade)
        fake.keys.readOnly.permissions = ["modify-trades"]
        yield* pass("59 seconds")
        yield* Effect.flip(mayTrade)
        assert.strictEqual(fake.count(asking), 1)
        yield* pass("1 second")
        yield* mayTrade
        assert.strictEqual(fake.count(asking), 2)
      }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
    })

    for (const spelling of ["snake", "camel"] as const) {
      it.scoped(`reads answers in ${spelling} case`, () => {
        const fake = makeFakeKraken()
        fake.state.spelling = spelling
        return Effect.gen(function* () {
          const cache = yield* PermissionCache
          const info = yield* cache.refresh
          assert.deepStrictEqual(Option.getOrThrow(yield* cache.known), info)
          assert.deepInclude(info, { name: "windowed", nonceWindow: 5_000_000n, validUntil: 0, ipAllowlist: [] })
          assert.isTrue(info.permissions.has("withdraw-funds"))
          assert.strictEqual(info.nonce, fake.keys.windowed.highestNonce)
        }).pipe(Effect.provide(inPlace(fake, fake.keys.windowed)))
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
        it.scoped(`lets calls pass after ${name}, and asks again after ${seconds} seconds`, () => {
          const fake = makeFakeKraken()
          fake.misbehave(asking, ...faults)
          return Effect.gen(function* () {
            yield* withoutPauses(Effect.all([mayTrade, mayTrade], { concurrency: 2 }))
            assert.isTrue(Option.isNone(yield* Effect.flatMap(PermissionCache, ({ known }) => known)))
            yield* pass(`${seconds - 4} seconds`)
            yield* mayTrade
            assert.strictEqual(fake.count(asking), faults.length)
            yield* pass("4 seconds")
            yield* Effect.flip(mayTrade)
            assert.strictEqual(fake.count(asking), faults.length + 1)
          }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
        })
      }

      it.scoped("still refuses by permissions that are younger than ten minutes", () => {
        const fake = makeFakeKraken()
        return Effect.gen(function* () {
          yield* mayRead
          yield* pass("2 minutes")
          fake.misbehave(asking, Fault.error("EGeneral:Internal error"))
          yield* Effect.flip(mayTrade)
          assert.strictEqual(fake.count(asking), 2)
        }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
      })
    })

    it.scoped("reads no permissions for calls that any key may make, or whose permissions are not confirmed", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        const cache = yield* PermissionCache
        yield* cache.require("private/Earn/Strategies", [[]])
        yield* cache.require("private/ListWalletAccounts", [["query-funds"]])
        assert.strictEqual(fake.count(), 0)
      }).pipe(Effect.provide(inPlace(fake, fake.keys.none)))
    })

    it.scoped("says that credentials are missing", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(mayRead))._tag, "KrakenCredentialsMissing")
        assert.isTrue(Option.isNone(yield* Effect.flatMap(PermissionCache, ({ known }) => known)))
      }).pipe(Effect.provide(inPlace(fake)))
    })

    it.scoped("takes in the answers of other calls, and ignores an unknown shape", () => {
      const fake = makeFakeKraken()
      return Effect.gen(function* () {
        const cache = yield* PermissionCache
        yield* cache.store({ permissions: ["modify-trades"] })
        assert.strictEqual(fake.count(), 0)
        yield* cache.store(keyInfo(fake.keys.trade, "camel"))
        yield* mayTrade
        assert.strictEqual(fake.count(), 0)
      }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
    })

    describe("explains a refusal of Kraken's", () => {
      it.scoped("with the permission that has been taken away, and refuses from then on", () => {
        const fake = makeFakeKraken()
        const { trade } = fake.keys
        return Effect.gen(function* () {
          yield* mayTrade
          trade.permissions = ["query-funds"]
          const error = yield* explained
          assert.deepInclude(error, { needed: [["modify-trades"]], refusedBy: "Kraken", hints: [] })
          assert.strictEqual(error.message, (yield* Effect.flip(mayTrade)).message)
          assert.strictEqual(fake.count(asking), 2)
        }).pipe(Effect.provide(inPlace(fake, trade)))
      })

      it.scoped("with the limits of a key that holds the permission", () => {
        const fake = makeFakeKraken()
        const { trade } = fake.keys
        return Effect.gen(function* () {
          yield* TestClock.setTime(Date.UTC(2026, 0))
          Object.assign(trade, { queryFrom: Date.UTC(2025, 0) / 1000, validUntil: Date.UTC(2026, 0) / 1000 + 300 })
          const way = "The key has the permission. The reason is the account, its region or a limit of the key."
          const history = "The key sees no history before 2025-01-01T00:00:00.000Z."
          assert.deepStrictEqual((yield* explained).hints, [way, history])
          yield* pass("301 seconds")
          const expiry = "The key expired on 2026-01-01T00:05:00.000Z."
          assert.deepStrictEqual((yield* explained).hints, [way, expiry, history])
        }).pipe(Effect.provide(inPlace(fake, trade)))
      })

      it.scoped("with the addresses that the key is limited to, if Kraken reports them", () => {
        const fake = makeFakeKraken()
        const { elsewhere } = fake.keys
        return Effect.gen(function* () {
          assert.match((yield* explained).message, /limited to other IP addresses/)
          fake.state.address = "203.0.113.7"
          yield* pass("10 minutes")
          assert.isTrue((yield* explained).hints.some((hint) => hint.includes("203.0.113.7")))
          const kraken = yield* KrakenClient
          yield* kraken.read("private/Balance", {})
        }).pipe(Effect.provide(inPlace(fake, elsewhere)))
      })

      it.scoped("without a reason while Kraken is unavailable", () => {
        const fake = makeFakeKraken()
        fake.misbehave(asking, Fault.error("EGeneral:Internal error"))
        return Effect.gen(function* () {
          const error = yield* explained
          assert.deepInclude(error, { needed: [["modify-trades"]], refusedBy: "Kraken" })
          assert.notMatch(error.message, /lacks/)
          yield* mayTrade
        }).pipe(Effect.provide(inPlace(fake, fake.keys.readOnly)))
      })
    })
  })
}

describe.skipIf(postgres.isMissing)(`permissions that servers of a key share ${postgres.title}`, () => {
  /** Starts a server. */
  const server = (fake: FakeKraken, key: Key, place: Pick<TestDatabase, "settings">) =>
    Layer.build(Layer.fresh(cacheOf(fake, key, place)))

  const made = Effect.gen(function* () {
    const fake = makeFakeKraken()
    const place = yield* postgres.make
    const { trade } = fake.keys
    const servers = [yield* server(fake, trade, place), yield* server(fake, trade, place)] as const
    return { fake, place, servers, trade }
  })

  it.scoped("are read from Kraken once for all, also by one that starts later", () =>
    Effect.gen(function* () {
      const { fake, place, servers, trade } = yield* made
      for (const one of [...servers, yield* server(fake, trade, place)]) {
        yield* Effect.provide(mayTrade, one)
        const { clock } = Context.get(one, KrakenClient)
        assert.isBelow((yield* clock).within, Infinity)
      }
      assert.deepStrictEqual([fake.count(asking), fake.count("public/Time")], [1, 2])
      // Another key is asked for by itself.
      yield* Effect.flip(Effect.provide(mayTrade, yield* server(fake, fake.keys.readOnly, place)))
      assert.strictEqual(fake.count(asking), 2)
    })
  )

  it.scoped("are those of the last answer for all, within a second", () =>
    Effect.gen(function* () {
      const { fake, place, servers, trade } = yield* made
      const [one, two] = servers
      for (const each of servers) yield* Effect.provide(mayTrade, each)
      trade.permissions = ["query-funds"]
      yield* Effect.provide(explained, one)
      yield* Effect.provideService(pass("1 second"), Place, place)
      yield* Effect.flip(Effect.provide(mayTrade, two))
      assert.strictEqual(fake.count(asking), 2)
      trade.permissions = ["modify-trades"]
      const answer = yield* Effect.provide(
        Effect.flatMap(KrakenClient, ({ read }) => read(asking, {})),
        one
      )
      yield* Context.get(one, PermissionCache).store(answer)
      yield* Effect.provideService(pass("1 second"), Place, place)
      yield* Effect.provide(mayTrade, two)
      assert.strictEqual(fake.count(asking), 3)
    })
  )

  it.scoped("are asked for again by all after a refusal that Kraken does not explain", () =>
    Effect.gen(function* () {
      const { fake, place, servers, trade } = yield* made
      const [one, two] = servers
      for (const each of servers) yield* Effect.provide(mayTrade, each)
      trade.permissions = ["query-funds"]
      fake.misbehave(asking, Fault.error("EGeneral:Internal error"))
      yield* Effect.provide(explained, one)
      yield* Effect.provideService(pass("1 second"), Place, place)
      yield* Effect.flip(Effect.provide(mayTrade, two))
      assert.strictEqual(fake.count(asking), 3)
    })
  )

  it.scoped("are kept under a hash of the key, without anything that signs a call", () =>
    Effect.gen(function* () {
      const { place, servers, trade } = yield* made
      yield* Effect.provide(mayTrade, servers[0])
      const kept = JSON.stringify(yield* place.rows("", "SELECT * FROM key_permissions"))
      assert.include(kept, "modify-trades")
      for (const secret of [trade.key, trade.secret]) assert.notInclude(kept, secret)
    })
  )

  it.scoped("that cannot be read are those of the last ten minutes, then none but cancels pass", () =>
    Effect.gen(function* () {
      const fake = makeFakeKraken()
      const { trade } = fake.keys
      const { settings } = yield* postgres.make
      const proxy = yield* makeDatabaseProxy(settings.databaseUrl ?? Redacted.make(""))
      const one = yield* server(fake, trade, { settings: { ...settings, databaseUrl: proxy.url } })
      yield* Effect.provide(mayTrade, one)
      yield* proxy.cut
      // Without the database there is no nonce to ask Kraken with.
      fake.misbehave(asking, ...Array.from({ length: 9 }, () => Fault.error("EGeneral:Permission denied")))
      yield* TestClock.adjust("599 seconds")
      yield* Effect.provide(mayTrade, one)
      yield* TestClock.adjust("1 second")
      assert.deepInclude(yield* Effect.flip(Effect.provide(mayTrade, one)), {
        _tag: "KrakenUnavailable",
        endpoint: "private/AddOrder"
      })
      const { require } = Context.get(one, PermissionCache)
      yield* Effect.provide(require("private/CancelOrder", [["close-trades"]]), one)
      yield* Effect.provide(require("private/OpenOrders", [["query-open-trades"]], "cancel"), one)
      yield* proxy.mend
      yield* TestClock.adjust("5 seconds")
      yield* Effect.provide(mayTrade, one)
    })
  )
})
