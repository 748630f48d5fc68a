import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Option, TestClock } from "effect"
import { isDone } from "../../../../../src/layers/kraken/writes/panic/panicReport.ts"
import { PanicFileFailed } from "../../../../../src/layers/kraken/writes/panic/panicParts.ts"
import * as Fault from "../../../../doubles/fake/Faults.ts"
import type { Call } from "../../../../doubles/fake/Journal.ts"
import { limit, makePanics } from "./panics.ts"

/** Lets the clock run until an effect ends, in steps. Returns its result and the seconds that passed. */
const elapsing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) yield* TestClock.adjust("100 millis")
    return { report: yield* Fiber.join(fiber), seconds: ((yield* Clock.currentTimeMillis) - began) / 1000 }
  })

const times = <A>(count: number, fault: A): ReadonlyArray<A> => Array.from({ length: count }, () => fault)

const broken = new PanicFileFailed({ message: "The record is damaged." })

describe("a panic on the whole account", () => {
  it.scoped(
    "lists, sets the timer, cancels, cancels again, reads twice that none is open, and turns the timer off",
    () =>
      Effect.gen(function* () {
        const { fake, open, panic, place, writes } = makePanics()
        yield* place(60)
        const { report } = yield* elapsing(panic())
        assert.isTrue(isDone(report))
        assert.deepInclude(report, {
          openBefore: 60,
          stillOpen: [],
          kept: [],
          list: "list.json",
          problems: [],
          notes: []
        })
        assert.isEmpty(open())
        assert.deepStrictEqual(writes(), [
          "CancelAllOrdersAfter 15",
          "CancelAll",
          "CancelAll",
          "CancelAllOrdersAfter 0"
        ])
        const lastCancel = fake.seen.findLastIndex(({ endpoint }) => endpoint === "private/CancelAll")
        const proofs = fake.seen.slice(lastCancel).filter(({ endpoint }) => endpoint === "private/OpenOrders")
        assert.lengthOf(proofs, 2)
      })
  )

  it.scoped("cancels orders that appear after the last cancel, by their ids", () =>
    Effect.gen(function* () {
      const { fake, open, panic, place, writes } = makePanics()
      yield* place(2)
      const { CancelAll } = fake.orders.handlers
      let calls = 0
      fake.answer("private/CancelAll", (call: Call) => {
        const result = CancelAll?.(call)
        calls += 1
        if (calls === 2) fake.orders.add(limit, call)
        return result
      })
      const { report } = yield* elapsing(panic())
      assert.isTrue(isDone(report))
      assert.isEmpty(open())
      assert.deepStrictEqual(writes().slice(1, -1), ["CancelAll", "CancelAll", "CancelOrder"])
    })
  )

  it.scoped.each([
    ["answers 502 for ten seconds", Fault.html(502)],
    ["has reached a rate limit", Fault.error("EAPI:Rate limit exceeded")],
    ["is not available", Fault.error("EService:Unavailable")],
    ["is busy", Fault.error("EService:Busy")],
    ["cuts connections", Fault.dropBefore],
    ["cuts connections after it did what was asked", Fault.dropAfter]
  ] as const)("goes on, and says so, while Kraken %s", ([, fault]) =>
    Effect.gen(function* () {
      const { fake, open, panic, place, said } = makePanics()
      yield* place(60)
      fake.misbehave("*", ...times(20, fault))
      const { report } = yield* elapsing(panic())
      assert.isTrue(isDone(report))
      assert.isEmpty(open())
      assert.isAbove(said.filter((line) => /Trying again/.test(line)).length, 2)
    })
  )

  it.scoped("does not wait long for a request that hangs", () =>
    Effect.gen(function* () {
      const { fake, open, panic, place } = makePanics()
      yield* place(3)
      fake.misbehave("private/CancelAll", { ...Fault.dropBefore, ...Fault.delayAfter(3_600_000) })
      fake.misbehave("private/OpenOrders", Fault.delayAfter(3_600_000))
      const { report, seconds } = yield* elapsing(panic())
      assert.isTrue(isDone(report))
      assert.isEmpty(open())
      assert.isBelow(seconds, 30)
    })
  )

  it.scoped("says what it could not do if Kraken never answers, and ends", () =>
    Effect.gen(function* () {
      const { fake, open, panic, place } = makePanics()
      yield* place(3)
      fake.misbehave("*", ...times(10_000, Fault.html(502)))
      const { report } = yield* elapsing(panic())
      assert.isFalse(isDone(report))
      assert.isFalse(report.isEmpty)
      assert.isNotEmpty(report.problems)
      assert.lengthOf(open(), 3)
    })
  )

  it.scoped("is no success for a key that may not cancel", () =>
    Effect.gen(function* () {
      const { open, panic, place } = makePanics("none")
      yield* place(3)
      const { report, seconds } = yield* elapsing(panic())
      assert.isFalse(isDone(report))
      assert.lengthOf(open(), 3)
      assert.isBelow(seconds, 5)
    })
  )

  it.scoped("sends a cancel again in nanoseconds after refused nonces", () =>
    Effect.gen(function* () {
      const { fake, open, panic, place } = makePanics()
      yield* place(3)
      // Another program has sent nonces in nanoseconds.
      fake.keys.full.highestNonce = BigInt(yield* Clock.currentTimeMillis) * 1_000_000n
      yield* TestClock.adjust("1 second")
      const { report } = yield* elapsing(panic())
      assert.isTrue(isDone(report))
      assert.isEmpty(open())
    })
  )
})

describe("a panic and writes in flight", () => {
  it.scoped("waits until none can reach Kraken, renews its timer, and cancels what came", () =>
    Effect.gen(function* () {
      const { open, panic, place, writes } = makePanics()
      const until = (yield* Clock.currentTimeMillis) + 20_000
      const inFlight = Effect.map(Clock.currentTimeMillis, (now) => (now < until ? [until] : []))
      const running = yield* Effect.fork(elapsing(panic({}, { inFlight })))
      yield* TestClock.adjust("10 seconds")
      yield* place(1)
      const { report, seconds } = yield* Fiber.join(running)
      assert.isTrue(isDone(report))
      assert.isAtLeast(seconds, 20)
      assert.isEmpty(open())
      assert.isAtLeast(writes().filter((write) => write === "CancelAllOrdersAfter 15").length, 3)
    })
  )

  it.scoped("ends the wait as soon as they are decided", () =>
    Effect.gen(function* () {
      const { panic } = makePanics()
      const decided = (yield* Clock.currentTimeMillis) + 1000
      const inFlight = Effect.map(Clock.currentTimeMillis, (now) => (now < decided ? [now + 40_000] : []))
      const { report, seconds } = yield* elapsing(panic({}, { inFlight }))
      assert.isTrue(isDone(report))
      assert.isBelow(seconds, 5)
    })
  )

  it.scoped("is no success if one can still come after a minute", () =>
    Effect.gen(function* () {
      const { panic } = makePanics()
      const inFlight = Effect.map(Clock.currentTimeMillis, (now) => [now + 3_600_000])
      const { report, seconds } = yield* elapsing(panic({}, { inFlight }))
      assert.isTrue(report.isEmpty)
      assert.isFalse(isDone(report))
      assert.isBelow(seconds, 70)
    })
  )

  it.scoped(
    "waits for the longest deadline if the record cannot be read, says how far it is, and cancels what came",
    () =>
      Effect.gen(function* () {
        const { open, panic, place, said } = makePanics()
        const unread = { inFlight: broken, timer: broken, tokens: broken }
        const running = yield* Effect.fork(elapsing(panic({}, unread)))
        yield* TestClock.adjust("55 seconds")
        yield* place(1)
        const { report, seconds } = yield* Fiber.join(running)
        assert.isTrue(isDone(report))
        assert.notProperty(report, "webSocketTokens")
        assert.isAtLeast(seconds, 62)
        assert.isBelow(seconds, 70)
        assert.isEmpty(open())
        assert.isAtLeast(said.filter((line) => line.includes("The record is damaged.")).length, 10)
      })
  )

  it.scoped("waits only for what is in flight once the record can be read", () =>
    Effect.gen(function* () {
      const { panic } = makePanics()
      const free = (yield* Clock.currentTimeMillis) + 5000
      const inFlight = Effect.flatMap(Clock.currentTimeMillis, (now) => (now < free ? broken : Effect.succeed([])))
      const { report, seconds } = yield* elapsing(panic({}, { inFlight }))
      assert.isTrue(isDone(report))
      assert.isBelow(seconds, 15)
    })
  )

  it.scoped("names the timer that it replaced", () =>
    Effect.gen(function* () {
      const { panic } = makePanics()
      const { report } = yield* elapsing(panic({}, { timer: Effect.succeedSome("60 s, set by a.") }))
      assert.lengthOf(report.notes, 1)
      assert.include(report.notes[0], "60 s, set by a.")
      assert.isTrue(isDone(report))
    })
  )
})

describe("a panic on a part of the account", () => {
  it.scoped("leaves orders of others with scope own, and sets no timer", () =>
    Effect.gen(function* () {
      const { open, panic, place, writes } = makePanics()
      const others = yield* place(3)
      const own = yield* place(57)
      const { report } = yield* elapsing(panic({ scope: "own" }, { own: () => Effect.succeed(new Set(own)) }))
      assert.isTrue(isDone(report))
      assert.deepStrictEqual(open(), others)
      assert.deepStrictEqual(report.kept.toSorted(), others.toSorted())
      assert.deepStrictEqual(writes(), ["CancelOrderBatch", "CancelOrderBatch"])
      assert.strictEqual(report.openBefore, 57)
    })
  )

  it.scoped("takes an order that the fill of an own one made, with scope own", () =>
    Effect.gen(function* () {
      const { fake, open, panic, place } = makePanics()
      const [parent] = yield* place(1)
      const [child, other] = yield* place(2)
      const { OpenOrders } = fake.orders.handlers
      fake.answer("private/OpenOrders", (call: Call) => {
        const rows = Object.entries(Object(OpenOrders?.(call)).open)
        return {
          open: Object.fromEntries(
            rows.map(([txid, row]) => [txid, { ...Object(row), refid: txid === child ? parent : null }])
          )
        }
      })
      const { report } = yield* elapsing(
        panic({ scope: "own" }, { own: () => Effect.succeed(new Set([parent ?? ""])) })
      )
      assert.isTrue(isDone(report))
      assert.deepStrictEqual(open(), [other])
    })
  )

  it.scoped("cancels nothing with scope own if the record cannot say which orders are own", () =>
    Effect.gen(function* () {
      const { open, panic, place, writes } = makePanics()
      yield* place(3)
      const { report } = yield* elapsing(panic({ scope: "own" }, { own: () => broken }))
      assert.isFalse(isDone(report))
      assert.isFalse(report.isEmpty)
      assert.lengthOf(open(), 3)
      assert.isEmpty(writes())
    })
  )

  it.scoped("leaves orders that protect a position with keepStops", () =>
    Effect.gen(function* () {
      const { open, panic, place, writes } = makePanics()
      const kept = (yield* Effect.forEach(
        ["stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit", "trailing-stop", "trailing-stop-limit"],
        (ordertype) => place(1, { ordertype, type: "sell" })
      )).flat()
      yield* place(2)
      yield* place(1, { ordertype: "iceberg" })
      const { report } = yield* elapsing(panic({ keepStops: true }))
      assert.isTrue(isDone(report))
      assert.deepStrictEqual(open().toSorted(), kept.toSorted())
      assert.notInclude(writes().join(), "CancelAll")
    })
  )
})

describe("a panic and withdrawals", () => {
  const withdrawal = { asset: "XBT", key: "btc-wallet-1", amount: "0.5" }

  it.scoped.each([
    ["list", false],
    ["cancel", true]
  ] as const)("with %s, pending ones are cancelled: %s", ([withdrawals, isCanceled]) =>
    Effect.gen(function* () {
      const { fake, panic } = makePanics()
      const refid = fake.withdrawals.add(withdrawal, { now: yield* Clock.currentTimeMillis })
      const { report } = yield* elapsing(panic({ withdrawals }))
      assert.isTrue(isDone(report))
      assert.deepStrictEqual(report.withdrawals, [
        { refid, asset: "XXBT", amount: "0.5", status: "Initial", isCanceled }
      ])
      assert.strictEqual(fake.count("private/WithdrawCancel"), isCanceled ? 1 : 0)
    })
  )

  it.scoped("is no success if one that is to be cancelled was sent already", () =>
    Effect.gen(function* () {
      const { fake, panic } = makePanics()
      fake.withdrawals.add(withdrawal, { now: yield* Clock.currentTimeMillis })
      fake.answer("private/WithdrawCancel", false)
      const { report } = yield* elapsing(panic({ withdrawals: "cancel" }))
      assert.isTrue(report.isEmpty)
      assert.isFalse(isDone(report))
    })
  )

  it.scoped("is a success for a key that cannot see them, unless they are to be cancelled", () =>
    Effect.gen(function* () {
      const { fake, panic } = makePanics("trade")
      fake.keys.trade.permissions = fake.keys.trade.permissions.filter((name) => name !== "query-ledger")
      const listing = yield* elapsing(panic())
      assert.isTrue(isDone(listing.report))
      assert.lengthOf(listing.report.notes, 1)
      assert.isFalse(isDone((yield* elapsing(panic({ withdrawals: "cancel" }))).report))
    })
  )
})

it.scoped("two panics at once both end with nothing open", () =>
  Effect.gen(function* () {
    const { open, panic, place } = makePanics()
    yield* place(60)
    const { report } = yield* elapsing(Effect.all([panic(), panic()], { concurrency: 2 }))
    assert.deepStrictEqual(report.map(isDone), [true, true])
    assert.isEmpty(open())
  })
)
