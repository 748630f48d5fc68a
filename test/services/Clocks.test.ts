import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fault from "../doubles/fake/Faults.ts"
import { inProcess } from "../doubles/fake/InProcess.ts"
import { makeVirtualClock } from "../doubles/fake/VirtualClock.ts"
import { writerOver } from "../properties/runScenario.ts"
import { makeFakeKraken } from "../doubles/FakeKraken.ts"
import { makeRateBudget } from "../../src/layers/kraken/rates/RateBudgetModel.ts"
import { clocks, monotonic } from "../../src/services/Clocks.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { PermissionCache } from "../../src/services/PermissionCache.ts"
import { limit } from "../doubles/WriterAccount.ts"
import { Principal } from "../../src/services/Principal.ts"
import { testOperator } from "../doubles/TestPrincipal.ts"

const hour = 3_600_000

/** Runs a scenario on a clock whose time of day it can shift. */
const story = <A, E>(set: number, tell: (setWall: Effect.Effect<void>) => Effect.Effect<A, E>) => {
  const clock = makeVirtualClock()
  return Effect.promise(() => clock.run(tell(clock.setWall(set))))
}

describe.each([-hour, hour])("when the time of day is set by %i ms", (set) => {
  it.effect("only the wall clock jumps", () =>
    story(set, (setWall) =>
      Effect.gen(function* () {
        const before = yield* clocks
        yield* Effect.sleep(500)
        yield* setWall
        yield* Effect.sleep(500)
        const after = yield* clocks
        assert.strictEqual(after.monotonic - before.monotonic, 1000)
        assert.strictEqual(after.wall - before.wall, 1000 + set)
        assert.strictEqual(after.monotonic, yield* monotonic)
      })
    )
  )

  it.effect("the rate budget falls as fast as ever", () =>
    story(set, (setWall) =>
      Effect.gen(function* () {
        const budget = makeRateBudget("starter")
        yield* Effect.replicateEffect(budget.take("private/Balance", {}, "settlement"), 12)
        const before = yield* budget.remaining
        yield* setWall
        assert.deepStrictEqual(yield* budget.remaining, before)
        yield* Effect.sleep("10 minutes")
        assert.deepInclude((yield* budget.remaining).rest, { remaining: before.rest.maximum })
      }).pipe(Effect.provideService(Principal, testOperator))
    )
  )

  it.effect("a lockout lasts a quarter of an hour, and shows its end as a time of day", () =>
    story(set, (setWall) =>
      Effect.gen(function* () {
        const budget = makeRateBudget("starter")
        const first = yield* budget.lockedOut("private/Balance")
        yield* setWall
        yield* Effect.sleep("14 minutes")
        const error = yield* Effect.flip(budget.take("private/Balance", {}, "read"))
        assert.strictEqual(error._tag === "KrakenLockout" && error.until.epochMillis, first.until.epochMillis + set)
        yield* Effect.sleep("2 minutes")
        yield* budget.take("private/Balance", {}, "read")
      }).pipe(Effect.provideService(Principal, testOperator))
    )
  )

  it.effect("what is known of a key counts for ten minutes", () => {
    const fake = makeFakeKraken()
    const known = Effect.flatMap(PermissionCache, ({ known }) => known)
    return story(set, (setWall) =>
      Effect.gen(function* () {
        yield* known
        yield* setWall
        yield* Effect.sleep("9 minutes")
        yield* known
        assert.strictEqual(fake.count("private/GetApiKeyInfo"), 1)
        yield* Effect.sleep("2 minutes")
        yield* known
        assert.strictEqual(fake.count("private/GetApiKeyInfo"), 2)
      }).pipe(Effect.provide(writerOver(inProcess(fake), fake.keys.full)))
    )
  })

  it.effect("a write asks for Kraken's time first, and a cancel does not wait for it", () => {
    const fake = makeFakeKraken()
    return story(set, (setWall) =>
      Effect.gen(function* () {
        const writer = yield* KrakenWriter
        yield* writer.send("private/AddOrder", { ...limit, cl_ord_id: "mine" })
        yield* setWall
        yield* writer.send("private/CancelOrder", { cl_ord_id: "mine" })
        fake.misbehave("public/Time", Fault.delayAfter(60_000))
        yield* setWall
        yield* writer.send("private/AddOrder", limit)
        yield* writer.send("private/AddOrder", { ...limit, userref: 8 })
        assert.deepStrictEqual(
          fake.seen.map(({ endpoint }) => endpoint.split("/")[1]),
          ["GetApiKeyInfo", "AddOrder", "CancelOrder", "Time", "Time", "AddOrder", "AddOrder"]
        )
      }).pipe(Effect.provide(writerOver(inProcess(fake), fake.keys.full)))
    )
  })

  it.effect("an order sent after Kraken's clock was set, too, has a deadline that Kraken takes", () => {
    const fake = makeFakeKraken()
    return story(set, (setWall) =>
      Effect.gen(function* () {
        const writer = yield* KrakenWriter
        yield* writer.send("private/AddOrder", limit)
        yield* setWall
        fake.state.skew += set
        yield* writer.send("private/AddOrder", { ...limit, userref: 8 })
        assert.lengthOf(fake.journal, 2)
      }).pipe(Effect.provide(writerOver(inProcess(fake), fake.keys.full)))
    )
  })
})
