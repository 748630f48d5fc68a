import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, TestClock } from "effect"
import { makeLeakyBucket, type SharedLevel } from "../../../../src/layers/kraken/rates/leakyBucket.ts"
import { makePostgresRates } from "../../../../src/layers/kraken/rates/RateBudgetPostgres.ts"
import { makeRateBudget } from "../../../../src/layers/kraken/rates/RateBudgetModel.ts"
import { openPostgres } from "../../../../src/layers/storage/postgres.ts"
import { makeDatabaseProxy } from "../../../databaseProxy.ts"
import { Operated } from "../../../doubles/TestPrincipal.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "../../../postgres.ts"

/** A limit that recovers so slowly that a test does not see it. */
const limit = { maximum: 12, decayPerSecond: 1e-9 }

describe.skipIf(isPostgresMissing)(`counters of a key ${inPostgres}`, () => {
  it.scopedLive("are one for all servers, for each counter and each key", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const server = (key: string) =>
        Effect.map(
          Effect.flatMap(openPostgres(url), (database) => makePostgresRates(database, key)),
          ({ level }) => ({
            rest: level("rest", limit),
            engine: level("engine XBTUSD", limit)
          })
        )
      const [one, two, other] = [yield* server("a key"), yield* server("a key"), yield* server("another")]
      const taken = yield* Effect.forEach(
        Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? one : two)),
        ({ rest }) => Effect.map(rest.take(1, 12), (found) => found?.isTaken),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(taken.filter((isTaken) => isTaken).length, 12)
      for (const { rest } of [one, two])
        assert.deepStrictEqual(
          yield* Effect.map(rest.take(1, 12), (found) => found && { ...found, level: Math.round(found.level) }),
          { isTaken: false, level: 12 }
        )
      for (const { take } of [one.engine, other.rest])
        assert.deepStrictEqual(yield* take(1, 12), { isTaken: true, level: 1 })
      yield* one.engine.fill(12)
      assert.strictEqual((yield* two.engine.take(1, 12))?.isTaken, false)
    })
  )

  it.scopedLive("are not known while the database is away", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      const { take } = (yield* makePostgresRates(yield* openPostgres(proxy.url), "a key")).level("rest", limit)
      yield* proxy.cut
      assert.isUndefined(yield* take(1, 12))
      yield* proxy.mend
      assert.deepStrictEqual(yield* take(1, 12), { isTaken: true, level: 1 })
    })
  )
})

describe.skipIf(isPostgresMissing)(`a lockout of a key ${inPostgres}`, () => {
  it.scopedLive("that one server meets holds back the others, and no other key", () =>
    Effect.gen(function* () {
      const url = yield* newPostgresDatabase
      const server = (key: string) =>
        Effect.map(
          Effect.flatMap(openPostgres(url), (database) => makePostgresRates(database, key)),
          (rates) => makeRateBudget("starter", "", rates)
        )
      const [one, two, other] = [yield* server("a key"), yield* server("a key"), yield* server("another")]
      const balance = ({ take }: typeof one) => take("private/Balance", {}, "read")
      const order = ({ take }: typeof one) => take("private/AddOrder", { pair: "XBTUSD" }, "write")
      const calls = [balance, order]
      for (const call of calls) yield* call(two)
      const { until } = yield* one.lockedOut("private/Balance")
      for (const call of calls) {
        const error = yield* Effect.flip(call(two))
        assert.strictEqual(error._tag, "KrakenLockout")
        const ends = error._tag === "KrakenLockout" ? error.until.epochMillis : 0
        // Two clocks and a way to the database are between them.
        assert.isBelow(Math.abs(ends - until.epochMillis), 60_000)
      }
      for (const call of calls) yield* call(other)
      yield* two.take("public/Time", {}, "read")
    }).pipe(Effect.provide(Operated))
  )

  it.scopedLive("holds this server back while the database is away", () =>
    Effect.gen(function* () {
      const proxy = yield* makeDatabaseProxy(yield* newPostgresDatabase)
      const budget = makeRateBudget("starter", "", yield* makePostgresRates(yield* openPostgres(proxy.url), "a key"))
      yield* proxy.cut
      yield* budget.lockedOut("private/Balance")
      assert.strictEqual((yield* Effect.flip(budget.take("private/Balance", {}, "read")))._tag, "KrakenLockout")
    }).pipe(Effect.provide(Operated))
  )
})

describe("a counter that servers share", () => {
  const request = { cost: 1, priority: "read", reserved: 0 } as const

  it.scoped("makes a call wait for what other servers have counted, and counts it once", () =>
    Effect.gen(function* () {
      const answers = [
        { isTaken: false, level: 2 },
        { isTaken: true, level: 2 }
      ]
      const counted: Array<readonly [number, number]> = []
      const shared: SharedLevel = {
        take: (...count) =>
          Effect.sync(() => {
            counted.push(count)
            return answers.shift()
          }),
        fill: () => Effect.void
      }
      const bucket = makeLeakyBucket({ maximum: 2, decayPerSecond: 1 }, shared)
      const call = yield* Effect.fork(bucket.take(request, () => Effect.void))
      yield* TestClock.adjust("999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(call)))
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(call)
      assert.deepStrictEqual(counted, [
        [1, 2],
        [1, 2]
      ])
      assert.strictEqual(yield* bucket.level, 2)
    })
  )

  it.scoped("is kept here while others do not know it", () =>
    Effect.gen(function* () {
      const shared: SharedLevel = { take: () => Effect.succeed(undefined), fill: () => Effect.void }
      const bucket = makeLeakyBucket({ maximum: 2, decayPerSecond: 0.01 }, shared)
      for (const _ of [1, 2]) yield* bucket.take(request, () => Effect.void)
      assert.strictEqual((yield* Effect.flip(bucket.take(request, () => Effect.void)))._tag, "WaitTooLong")
    })
  )
})
