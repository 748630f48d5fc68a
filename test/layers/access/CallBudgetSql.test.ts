import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Option, Scope, TestClock } from "effect"
import { writeFileSync } from "node:fs"
import { CallBudgetInMemory, CallBudgetSql } from "../../../src/layers/access/CallBudgetSql.ts"
import { localOperator } from "../../../src/layers/access/principals.ts"
import { CallBudget } from "../../../src/services/CallBudget.ts"
import { KrakenAccountName } from "../../../src/services/KrakenAccount.ts"
import { Principal } from "../../../src/services/Principal.ts"
import { limitedTo, terms } from "../../doubles/TestMandate.ts"
import { Operated } from "../../doubles/TestPrincipal.ts"
import { describeInEachHome, type Home, homeInFile } from "../../homes.ts"

/** Half a minute past an hour. */
const start = Date.parse("2026-11-29T12:00:30Z")

type Budget = typeof CallBudget.Service

/** Starts a process that counts calls in a home. It ends with the test, or when it is stopped. */
const startIn = Effect.fnUntraced(function* ({ start }: Pick<Home, "start">) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const budget = yield* Scope.extend(start(CallBudget, CallBudgetSql), scope)
  return { budget, stop: Scope.close(scope, Exit.void) }
})

const call = { name: "get_ticker", exempt: false }

/** Makes calls until one is refused, and returns the number of those that passed. */
const callUntilRefused = (budget: Budget) => {
  const more = (passed: number): Effect.Effect<number, never, Effect.Effect.Context<ReturnType<Budget["count"]>>> =>
    Effect.matchEffect(budget.count(call), {
      onSuccess: () => more(passed + 1),
      onFailure: () => Effect.succeed(passed)
    })
  return more(0)
}

const refusalOf = (budget: Budget) =>
  Effect.map(Effect.flip(budget.count(call)), (error) => {
    if (error._tag !== "LimitReached") throw new Error(error._tag)
    const { allowed, availableAt, layer, limit } = error
    return { layer, limit, allowed, availableAt: availableAt && DateTime.formatIso(availableAt) }
  })

describe("calls of a caller with a mandate", () => {
  it.scoped("are refused when their number in the minute is reached, until the next minute", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const budget = yield* CallBudget
      assert.strictEqual(yield* callUntilRefused(budget), 3)
      assert.deepStrictEqual(yield* refusalOf(budget), {
        layer: "mandate",
        limit: "calls/min",
        allowed: "3",
        availableAt: "2026-11-29T12:01:00.000Z"
      })
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* callUntilRefused(budget), 3)
    }).pipe(limitedTo({ calls: { min: 3, day: 100 } }), Effect.provide(CallBudgetInMemory))
  )

  it.scoped("are refused by the longest span that is full, with the time at which its oldest call leaves", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const budget = yield* CallBudget
      yield* budget.count(call)
      yield* TestClock.adjust("10 minutes")
      yield* budget.count(call)
      assert.deepStrictEqual(yield* refusalOf(budget), {
        layer: "mandate",
        limit: "calls/hour",
        allowed: "2",
        availableAt: "2026-11-29T13:00:00.000Z"
      })
      yield* TestClock.setTime(Date.parse("2026-11-29T12:59:59Z"))
      assert.strictEqual(yield* callUntilRefused(budget), 0)
      yield* TestClock.setTime(Date.parse("2026-11-29T13:00:00Z"))
      assert.strictEqual(yield* callUntilRefused(budget), 1)
    }).pipe(limitedTo({ calls: { hour: 2, day: 100 } }), Effect.provide(CallBudgetInMemory))
  )

  it.scoped("count even when exempt, and are not refused then", () =>
    Effect.gen(function* () {
      const budget = yield* CallBudget
      for (let n = 0; n < 3; n++) yield* budget.count({ name: "cancel_order", exempt: true })
      assert.strictEqual(yield* callUntilRefused(budget), 0)
      const [usage] = yield* budget.usage
      assert.deepInclude(usage, { window: "min", allowed: 2, used: 3, left: 0 })
    }).pipe(limitedTo({ calls: { min: 2 } }), Effect.provide(CallBudgetInMemory))
  )

  it.scoped("are counted apart for each subject, and not at all without such a limit", () =>
    Effect.gen(function* () {
      const budget = yield* CallBudget
      const limited = (id: string) => limitedTo({ calls: { min: 2 } }, id)
      assert.strictEqual(yield* callUntilRefused(budget).pipe(limited("aaaaaaaaaaaa")), 2)
      assert.strictEqual(yield* callUntilRefused(budget).pipe(limited("bbbbbbbbbbbb")), 2)
      for (let n = 0; n < 10; n++) yield* budget.count(call).pipe(limitedTo({}, "aaaaaaaaaaaa"))
      for (let n = 0; n < 10; n++) yield* budget.count(call)
      assert.deepStrictEqual(yield* budget.usage, [])
    }).pipe(Effect.provide([CallBudgetInMemory, Operated]))
  )

  it.scoped("are counted apart for each Kraken account of the local user", () =>
    Effect.gen(function* () {
      const budget = yield* CallBudget
      const on = (account: string) =>
        Effect.provideService(
          Principal,
          localOperator({
            account: KrakenAccountName(account),
            localMandate: Option.some(terms({ calls: { min: 2 } })),
            mode: "live"
          })
        )
      assert.strictEqual(yield* callUntilRefused(budget).pipe(on("desk")), 2)
      assert.strictEqual((yield* budget.usage.pipe(on("default")))[0]?.used, 0)
      assert.strictEqual(yield* callUntilRefused(budget).pipe(on("cold")), 2)
      assert.strictEqual(yield* callUntilRefused(budget).pipe(on("default")), 2)
      assert.strictEqual(yield* callUntilRefused(budget).pipe(on("desk")), 0)
    }).pipe(Effect.provide(CallBudgetInMemory))
  )

  it.scoped("are not given back by a clock that is set back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const budget = yield* CallBudget
      assert.strictEqual(yield* callUntilRefused(budget), 2)
      yield* TestClock.setTime(start - 3_600_000)
      assert.strictEqual(yield* callUntilRefused(budget), 0)
    }).pipe(limitedTo({ calls: { min: 2 } }), Effect.provide(CallBudgetInMemory))
  )

  it.scoped("are refused if their number cannot be read, except exempt ones", () =>
    Effect.gen(function* () {
      const home = yield* homeInFile
      writeFileSync(home.file, "no database".repeat(100))
      const { budget } = yield* startIn(home)
      assert.strictEqual((yield* Effect.flip(budget.count(call)))._tag, "RecordUnavailable")
      assert.isTrue(Option.isSome(yield* Effect.option(budget.count({ ...call, exempt: true }))))
    }).pipe(limitedTo({ calls: { min: 2 } }))
  )
})

describeInEachHome("counts of calls", (makeHome) => {
  it.scoped("of several processes add up within seconds, and those before a restart count", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(start)
      const home = yield* makeHome
      const [one, other] = [yield* startIn(home), yield* startIn(home)]
      for (let n = 0; n < 4; n++) yield* one.budget.count(call)
      for (let n = 0; n < 3; n++) yield* other.budget.count(call)
      const used = Effect.forEach([one, other], ({ budget }) => Effect.map(budget.usage, ([usage]) => usage?.used))
      // A database takes time of its own to save the counts.
      for (let n = 0; n < 20 && (yield* used).some((count) => count !== 7); n++) yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* used, [7, 7])
      yield* one.budget.count(call)
      yield* one.stop
      const later = yield* startIn(home)
      assert.strictEqual((yield* later.budget.usage)[0]?.used, 8)
      assert.strictEqual(yield* callUntilRefused(later.budget), 2)
    }).pipe(limitedTo({ calls: { hour: 10 } }))
  )
})
