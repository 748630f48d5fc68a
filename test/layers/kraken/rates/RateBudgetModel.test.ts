import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Layer, Option, Ref, TestClock } from "effect"
import type { Endpoint, Params } from "../../../../src/domain/endpoints/endpoints.ts"
import { RateBudgetModel } from "../../../../src/layers/kraken/rates/RateBudgetModel.ts"
import { RateBudgetOfEmergency } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { RateBudgetPerAccount } from "../../../../src/layers/kraken/rates/RateBudgetPerAccount.ts"
import { CallContext } from "../../../../src/services/CallContext.ts"
import type { Config } from "../../../../src/services/Config.ts"
import type { Priority } from "../../../../src/services/KrakenClient.ts"
import type { KrakenRateLimitError } from "../../../../src/services/KrakenErrors.ts"
import { RateBudget } from "../../../../src/services/RateBudget.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { as, Operated } from "../../../doubles/TestPrincipal.ts"

const model = (tier: (typeof Config.Service)["tier"] = "starter") =>
  RateBudgetModel.pipe(Layer.provide(TestConfig({ tier })), Layer.merge(Operated))

const take = (endpoint: Endpoint, params: Params = {}, priority: Priority = "read") =>
  Effect.flatMap(RateBudget, (budget) => budget.take(endpoint, params, priority))

const repeat = (times: number, endpoint: Endpoint, params: Params = {}, priority: Priority = "read") =>
  Effect.replicateEffect(take(endpoint, params, priority), times)

const remaining = Effect.map(
  Effect.flatMap(RateBudget, (budget) => budget.remaining),
  ({ rest }) => rest.remaining
)

const exceeded = (limiter: KrakenRateLimitError["limiter"], endpoint: Endpoint, params: Params = {}) =>
  Effect.flatMap(RateBudget, (budget) => budget.exceeded(endpoint, params, limiter))

/** Forks an effect and runs it as far as it gets before time passes. */
const start = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.tap(Effect.fork(effect), () => Effect.repeatN(Effect.yieldNow(), 20))

const isDone = <A, E>(fiber: Fiber.Fiber<A, E>) => Effect.map(Fiber.poll(fiber), Option.isSome)

/** Returns the seconds until a call succeeds, in tenths. */
const secondsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* start(effect)
    for (let tenths = 0; tenths <= 100; tenths++) {
      if (yield* isDone(fiber)) return Exit.isSuccess(yield* Fiber.await(fiber)) ? tenths / 10 : "failed"
      yield* TestClock.adjust("100 millis")
    }
    return yield* Effect.dieMessage("it never ends")
  })

const balance = "private/Balance"
const order = { pair: "XBTUSD" }

describe("the REST counter", () => {
  it.effect("falls by a third a second for starters", () =>
    Effect.gen(function* () {
      yield* repeat(4, "private/Ledgers")
      assert.strictEqual(yield* remaining, 7)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* remaining, 10.3)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* remaining, 15)
    }).pipe(Effect.provide(model()))
  )

  it.effect("has the limits of the tier", () =>
    Effect.gen(function* () {
      const { rest } = yield* Effect.flatMap(RateBudget, (budget) => budget.remaining)
      assert.deepStrictEqual(rest, { maximum: 20, decayPerSecond: 1, remaining: 20 })
    }).pipe(Effect.provide(model("pro")))
  )

  it.effect("tells the points left of the engine's counter of the pair that has the fewest", () =>
    Effect.gen(function* () {
      const { remainingOfEngine } = yield* RateBudget
      assert.deepStrictEqual(yield* remainingOfEngine, { maximum: 60, remaining: 60 })
      yield* take("private/AddOrder", order, "write")
      yield* repeat(3, "private/AddOrder", { pair: "ETHUSD" }, "write")
      assert.deepStrictEqual(yield* remainingOfEngine, { maximum: 60, remaining: 57 })
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* remainingOfEngine, { maximum: 60, remaining: 59 })
    }).pipe(Effect.provide(model()))
  )

  it.effect("makes a read wait, and reports progress to the client", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const said = yield* Ref.make<ReadonlyArray<string>>([])
      const context = yield* CallContext
      const read = Effect.provideService(take(balance), CallContext, {
        ...context,
        report: ({ message = "" }) => Ref.update(said, (all) => [...all, message])
      })
      assert.strictEqual(yield* secondsOf(read), 3.1)
      const [waiting, ...others] = yield* Ref.get(said)
      assert.match(waiting ?? "", / 4 s .*rate limit/)
      assert.lengthOf(others, 0)
    }).pipe(Effect.provide(model()))
  )

  it.effect("refuses at once a call that would wait ten seconds, with the length of the wait", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const waiting = yield* Effect.forEach([1, 2, 3], () => start(take(balance)))
      const error = yield* Effect.flip(take(balance))
      assert.deepInclude(error, { limiter: "rest", retryAfterSeconds: 13, refusedBy: "mcp-kraken", endpoint: balance })
      yield* TestClock.adjust("9100 millis")
      assert.deepStrictEqual(yield* Effect.forEach(waiting, isDone), [true, true, true])
    }).pipe(Effect.provide(model()))
  )

  it.effect("reserves room for settling writes, which overtake waiting reads", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const read = yield* start(take(balance))
      yield* take("private/OpenOrders", {}, "settlement")
      yield* take("private/ClosedOrders", {}, "settlement")
      yield* TestClock.adjust("3100 millis")
      assert.isFalse(yield* isDone(read))
      yield* repeat(2, "private/OpenOrders", {}, "settlement")
      assert.strictEqual(yield* secondsOf(take("private/QueryOrders", {}, "settlement")), 3)
      assert.strictEqual(yield* secondsOf(take("private/CancelOrder", { txid: "O1" }, "cancel")), 0)
    }).pipe(Effect.provide(model()))
  )

  it.effect(
    "serves equal priorities in the order of arrival, and the place of a call that leaves goes to the next",
    () =>
      Effect.gen(function* () {
        yield* repeat(12, balance)
        const passed = yield* Ref.make<ReadonlyArray<string>>([])
        const named = (name: string, priority: Priority) =>
          start(
            Effect.zipRight(
              take(balance, {}, priority),
              Ref.update(passed, (all) => [...all, name])
            )
          )
        yield* named("first", "read")
        const impatient = yield* named("impatient", "read")
        yield* named("last", "read")
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(impatient)
        yield* TestClock.adjust("5100 millis")
        assert.deepStrictEqual(yield* Ref.get(passed), ["first", "last"])
        assert.strictEqual(yield* remaining, 3.01)
      }).pipe(Effect.provide(model()))
  )

  it.effect("lets a write overtake the first read, which waits for the clock", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const read = yield* start(take(balance))
      const write = yield* start(take("private/Withdraw", {}, "write"))
      yield* TestClock.adjust("3100 millis")
      assert.deepStrictEqual([yield* isDone(write), yield* isDone(read)], [true, false])
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(yield* isDone(read))
    }).pipe(Effect.provide(model()))
  )

  it.effect("is full when Kraken says so", () =>
    Effect.gen(function* () {
      yield* exceeded("rest", balance)
      assert.strictEqual(yield* remaining, 0)
      assert.deepInclude(yield* Effect.flip(take(balance)), { limiter: "rest", retryAfterSeconds: 13 })
      assert.strictEqual(yield* secondsOf(take(balance, {}, "settlement")), 3.1)
    }).pipe(Effect.provide(model()))
  )

  it.effect("fails waiting calls when a refusal by Kraken makes the wait too long", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const waiting = yield* start(take(balance))
      yield* TestClock.adjust("3 seconds")
      yield* exceeded("rest", balance)
      yield* TestClock.adjust("100 millis")
      assert.isTrue(Exit.isFailure(yield* Fiber.await(waiting)))
    }).pipe(Effect.provide(model()))
  )
})

describe("the engine's counter", () => {
  const placed = (count: number, ids: Params = {}) =>
    Effect.gen(function* () {
      const budget = yield* RateBudget
      for (let i = 0; i < count; i++) {
        yield* budget.take("private/AddOrder", { ...order, ...ids }, "write")
        yield* budget.carriedOut("private/AddOrder", { ...order, ...ids }, { txid: [`O${i}`] })
      }
    })
  const add = (pair = "XBTUSD") => take("private/AddOrder", { pair }, "write")

  it.effect("leaves 26.6 of 50 orders after 10 s, as in Kraken's example", () =>
    Effect.gen(function* () {
      yield* placed(50)
      yield* TestClock.adjust("10 seconds")
      yield* repeat(98, "private/AddOrder", order, "write")
      assert.strictEqual(yield* secondsOf(add()), 0.3)
    }).pipe(Effect.provide(model("intermediate")))
  )

  it.effect("counts each pair separately, and costs no REST budget", () =>
    Effect.gen(function* () {
      yield* placed(60)
      assert.strictEqual(yield* secondsOf(add()), 1)
      assert.strictEqual(yield* secondsOf(add("ETHUSD")), 0)
      assert.strictEqual(yield* remaining, 15)
    }).pipe(Effect.provide(model()))
  )

  it.effect("charges an amendment by the order's age since its last change", () =>
    Effect.gen(function* () {
      const budget = yield* RateBudget
      yield* placed(1, { cl_ord_id: "mine" })
      yield* TestClock.adjust("7 seconds")
      const amend = { cl_ord_id: "mine", order_qty: "2" }
      yield* budget.take("private/AmendOrder", amend, "write")
      yield* budget.carriedOut("private/AmendOrder", amend, { amend_id: "T1" })
      // 3 for the amendment; the order itself has decayed. The amendment makes it young again: 57 + 4 is one more than the limit.
      yield* repeat(54, "private/AddOrder", order, "write")
      assert.strictEqual(yield* secondsOf(budget.take("private/AmendOrder", { txid: "O0" }, "write")), 1)
    }).pipe(Effect.provide(model()))
  )

  it.effect("charges cancels, and never holds them back", () =>
    Effect.gen(function* () {
      yield* placed(58)
      assert.strictEqual(yield* secondsOf(take("private/CancelOrder", { txid: "O3" }, "cancel")), 0)
      assert.strictEqual(yield* secondsOf(add()), 7)
    }).pipe(Effect.provide(model()))
  )

  it.effect("charges a batch of cancels for each order of this process, and nothing for others", () =>
    Effect.gen(function* () {
      const budget = yield* RateBudget
      const batch = { ...order, orders: [{ cl_ord_id: "a" }, { userref: 7 }, {}] }
      yield* budget.take("private/AddOrderBatch", batch, "write")
      yield* budget.carriedOut("private/AddOrderBatch", batch, {
        orders: [{ txid: "O1" }, { txid: "O2" }, { error: "EOrder:Insufficient funds" }]
      })
      // 1.5 for the batch.
      yield* repeat(42, "private/AddOrder", order, "write")
      const cancel = { orders: ["O1", 7, "OTHER1-OTHERS-ORDER1"], cl_ord_ids: ["a"] }
      yield* budget.take("private/CancelOrderBatch", cancel, "cancel")
      assert.strictEqual(yield* secondsOf(add()), 0.5)
      yield* budget.carriedOut("private/CancelOrderBatch", cancel, { count: 4 })
      yield* budget.take("private/CancelOrderBatch", cancel, "cancel")
      assert.strictEqual(yield* secondsOf(add()), 1)
    }).pipe(Effect.provide(model()))
  )

  it.effect("knows an edited order by its new id, and forgets cancelled ones", () =>
    Effect.gen(function* () {
      const budget = yield* RateBudget
      yield* placed(1)
      yield* budget.carriedOut("private/EditOrder", { ...order, txid: "O0" }, { txid: "O9", status: "ok" })
      yield* repeat(55, "private/AddOrder", order, "write")
      assert.strictEqual(yield* secondsOf(budget.take("private/EditOrder", { ...order, txid: "O9" }, "write")), 3)
      yield* budget.carriedOut("private/CancelAll", {}, { count: 1 })
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* secondsOf(budget.take("private/EditOrder", { ...order, txid: "O9" }, "write")), 0)
    }).pipe(Effect.provide(model()))
  )

  it.effect("is full for the pair when Kraken says so", () =>
    Effect.gen(function* () {
      yield* exceeded("engine", "private/AddOrder", order)
      assert.strictEqual(yield* secondsOf(add()), 1)
      assert.strictEqual(yield* secondsOf(add("ETHUSD")), 0)
    }).pipe(Effect.provide(model()))
  )
})

describe("public calls", () => {
  it.effect("are fifteen at once, then one a second, so that sixteen at once all succeed", () =>
    Effect.gen(function* () {
      const calls = yield* Effect.forEach(Array.from({ length: 16 }), () => start(take("public/Ticker")))
      assert.strictEqual((yield* Effect.forEach(calls, isDone)).filter(Boolean).length, 15)
      yield* TestClock.adjust("1 second")
      yield* Fiber.joinAll(calls)
    }).pipe(Effect.provide(model()))
  )

  it.effect("are counted by pair for trades and candles", () =>
    Effect.gen(function* () {
      yield* repeat(15, "public/Trades", order)
      assert.strictEqual(yield* secondsOf(take("public/Ticker", order)), 0)
      assert.strictEqual(yield* secondsOf(take("public/Trades", { pair: "ETHUSD" })), 0)
      assert.strictEqual(yield* secondsOf(take("public/Trades", order)), 1)
    }).pipe(Effect.provide(model()))
  )

  it.effect("do not touch the key's budget, and wait when Kraken says so", () =>
    Effect.gen(function* () {
      yield* exceeded("public", "public/OHLC", order)
      assert.strictEqual(yield* secondsOf(take("public/OHLC", order)), 1)
      assert.strictEqual(yield* secondsOf(take("public/Time")), 0)
      assert.strictEqual(yield* remaining, 15)
    }).pipe(Effect.provide(model()))
  )

  it.effect("slow down with each refusal, until a call waits eight seconds", () =>
    Effect.gen(function* () {
      const waits: Array<number | string> = []
      for (let refusals = 0; refusals < 6; refusals++) {
        yield* exceeded("public", "public/Time")
        waits.push(yield* secondsOf(take("public/Time")))
        yield* TestClock.adjust("2 seconds")
      }
      assert.deepStrictEqual(waits, [1, 2, 4, 8, 8, 8])
    }).pipe(Effect.provide(model()))
  )

  it.effect("count the refusals of one burst once", () =>
    Effect.gen(function* () {
      yield* Effect.replicateEffect(exceeded("public", "public/Time"), 15)
      assert.strictEqual(yield* secondsOf(take("public/Time")), 1)
    }).pipe(Effect.provide(model()))
  )

  it.effect("recover in steps of half a minute without a refusal", () =>
    Effect.gen(function* () {
      const burst = Effect.gen(function* () {
        const calls = yield* Effect.forEach(Array.from({ length: 20 }), () => start(Effect.exit(take("public/Time"))))
        const passed = yield* Effect.filter(calls, isDone)
        const count = yield* Effect.filter(passed, (call) => Effect.map(Fiber.join(call), Exit.isSuccess))
        yield* Fiber.interruptAll(calls)
        return count.length
      })
      for (let refusals = 0; refusals < 3; refusals++) {
        yield* exceeded("public", "public/Time")
        yield* TestClock.adjust("2 seconds")
      }
      yield* TestClock.adjust("27 seconds")
      assert.strictEqual(yield* burst, 1)
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* burst, 3)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* burst, 7)
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* burst, 15)
    }).pipe(Effect.provide(model()))
  )
})

describe("a lockout", () => {
  it.effect("stops all private calls for fifteen minutes, also waiting ones, and no public ones", () =>
    Effect.gen(function* () {
      yield* repeat(12, balance)
      const waiting = yield* start(Effect.flip(take(balance)))
      yield* locksOut
      yield* TestClock.adjust("4 seconds")
      assert.deepInclude(yield* Fiber.join(waiting), { _tag: "KrakenLockout" })
      yield* staysLockedOut
    }).pipe(Effect.provide(model()))
  )

  it.effect("does the same where no gate holds anything back", () =>
    Effect.gen(function* () {
      yield* locksOut
      yield* TestClock.adjust("4 seconds")
      yield* staysLockedOut
    }).pipe(Effect.provide(model("off")))
  )

  it.effect("is that of one simulated account, whatever the tier", () =>
    Effect.forEach(["starter", "off"] as const, (tier) =>
      Effect.gen(function* () {
        yield* as("one", "paper")(locksOut)
        assert.deepInclude(yield* Effect.flip(as("one", "paper")(take(balance))), { _tag: "KrakenLockout" })
        yield* as("two", "paper")(take(balance))
      }).pipe(Effect.provide(RateBudgetPerAccount.pipe(Layer.provide(TestConfig({ tier })))))
    )
  )

  it.effect("holds nothing back in an emergency", () =>
    Effect.gen(function* () {
      yield* locksOut
      yield* take("private/CancelAll", {}, "cancel")
    }).pipe(Effect.provide([RateBudgetOfEmergency, Operated]))
  )
})

/** Tells the budget that Kraken has locked the key out. */
const locksOut = Effect.gen(function* () {
  const { lockedOut } = yield* RateBudget
  const { until } = yield* lockedOut(balance)
  assert.strictEqual(DateTime.formatIso(until), "1970-01-01T00:15:00.000Z")
})

/** Checks that private calls are refused until fifteen minutes after a lockout four seconds ago. */
const staysLockedOut = Effect.gen(function* () {
  const error = yield* Effect.flip(take("private/CancelAll", {}, "cancel"))
  assert.strictEqual(error._tag === "KrakenLockout" && DateTime.formatIso(error.until), "1970-01-01T00:15:00.000Z")
  yield* take("public/Time")
  yield* TestClock.adjust("896 seconds")
  yield* take("private/CancelAll", {}, "cancel")
})

it.effect("no gate holds anything back where they are off", () =>
  Effect.gen(function* () {
    yield* exceeded("rest", balance)
    yield* repeat(100, balance)
    yield* repeat(100, "public/Time")
  }).pipe(Effect.provide(model("off")))
)
