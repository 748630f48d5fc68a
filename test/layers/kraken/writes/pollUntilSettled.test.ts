import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, TestClock } from "effect"
import type { KeyInfo } from "../../../../src/domain/keys/keyInfo.ts"
import type { ProcedureContext } from "../../../../src/layers/kraken/writes/writeProcedure.ts"
import { noDeadline } from "../../../../src/layers/kraken/writes/orderDefaults.ts"
import {
  empty,
  found,
  type Finding,
  type LookUpError,
  pollUntilSettled,
  unclear
} from "../../../../src/layers/kraken/writes/pollUntilSettled.ts"
import { depart } from "../../../../src/layers/kraken/writes/timing.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { testOperator } from "../../../doubles/TestPrincipal.ts"
import { CallContext } from "../../../../src/services/CallContext.ts"
import { monotonic } from "../../../../src/services/Clocks.ts"
import {
  KrakenAuthError,
  KrakenCredentialsMissing,
  KrakenLockout,
  KrakenPermissionError,
  KrakenUnavailable
} from "../../../../src/services/KrakenErrors.ts"

const endpoint = "private/OpenOrders"
const lost: LookUpError = new KrakenUnavailable({ endpoint, reason: "timed out after 30 s" })

/** Looks for a write that leaves at 0 s, and tells when it looked, in milliseconds, and what came of it. */
const story = (options: {
  /** What the looks show, one after the other; the last one lasts. */
  readonly looks: ReadonlyArray<Finding<string> | LookUpError>
  /** How long after leaving the deadline is, in seconds; none for a write that knows none. */
  readonly deadline?: number
  /** How long a look takes, in seconds. */
  readonly slow?: number
  readonly key?: Option.Option<bigint>
  /** How far Kraken's clock is ahead of ours, in seconds, by the time since it left. */
  readonly ahead?: (seconds: number) => number
  /** From when on times can't be compared, in seconds. */
  readonly inDoubtFrom?: number
}) => {
  const { ahead = () => 0, deadline, inDoubtFrom = Infinity, key = Option.some(0n), looks, slow = 0 } = options
  const times: Array<number> = []
  const steps: Array<number> = []
  return Effect.gen(function* () {
    const start = yield* monotonic
    const elapsed = Effect.map(monotonic, (now) => now - start)
    const desk = {
      kraken: {
        now: Effect.map(elapsed, (now) => DateTime.unsafeMake(now + 1000 * ahead(now / 1000))),
        clock: Effect.map(elapsed, (now) => ({ epoch: now >= 1000 * inDoubtFrom ? 1 : 0, within: 0 }))
      },
      keys: { known: Effect.succeed(Option.map(key, (nonceWindow) => ({ nonceWindow }) as KeyInfo)) }
    } as unknown as ProcedureContext
    const look = Effect.flatMap(elapsed, (now) => {
      const next = looks[Math.min(times.length, looks.length - 1)] ?? empty
      times.push(now)
      return Effect.delay(next instanceof Error ? Effect.fail(next) : Effect.succeed(next), slow * 1000)
    })
    const departure = yield* depart(desk.kraken)
    const until =
      deadline === undefined
        ? noDeadline
        : Option.some({ at: DateTime.unsafeMake(deadline * 1000), span: deadline * 1000, departure })
    const fiber = yield* Effect.fork(pollUntilSettled(desk, until, look))
    yield* TestClock.adjust("10 minutes")
    return { outcome: yield* Fiber.join(fiber), times, steps }
  }).pipe(
    Effect.provideService(CallContext, {
      ...CallContext.defaultValue(),
      report: ({ progress }) => Effect.sync(() => void steps.push(progress))
    }),
    Effect.provideService(Principal, testOperator)
  )
}

describe("looking for a write", () => {
  it.effect("takes place after one second, four seconds and, twice, two seconds behind its deadline", () =>
    Effect.gen(function* () {
      const { outcome, steps, times } = yield* story({ looks: [empty], deadline: 5 })
      assert.deepStrictEqual(outcome, { _tag: "NotThere" })
      assert.deepStrictEqual(times, [1000, 4000, 7001, 8001])
      assert.deepStrictEqual(steps, [1, 2, 3, 4])
    })
  )

  it.effect("takes an empty look before the two that count, with a later nonce", () =>
    Effect.gen(function* () {
      const { outcome, times } = yield* story({ looks: [lost, lost, empty], deadline: 5 })
      assert.deepStrictEqual(outcome, { _tag: "NotThere" })
      assert.deepStrictEqual(times, [1000, 4000, 7001, 8001, 9001])
    })
  )

  it.effect("waits for the later one of two clocks, but no longer than Kraken takes a deadline ahead", () =>
    Effect.gen(function* () {
      const behind = yield* story({ looks: [empty], deadline: 5, ahead: (now) => (now > 0 ? -3 : 0) })
      assert.deepStrictEqual(behind.times, [1000, 4000, 10_001, 11_001])
      const before = yield* story({ looks: [empty], deadline: 5, ahead: (now) => (now > 0 ? 3 : 0) })
      assert.deepStrictEqual(before.times, [1000, 4000, 7001, 8001])
      const stuck = yield* story({ looks: [lost], deadline: 5, ahead: () => -3600 })
      assert.deepStrictEqual(stuck.times, [1000, 4000, 66_000, 128_000])
    })
  )

  it.effect("ends as soon as it is found, or something that may be it", () =>
    Effect.gen(function* () {
      const first = yield* story({ looks: [lost, found("O1")], deadline: 5 })
      assert.deepStrictEqual(first, { outcome: { _tag: "Found", value: "O1" }, times: [1000, 4000], steps: [1, 2] })
      const second = yield* story({ looks: [empty, unclear("perhaps it is O1")], deadline: 5 })
      assert.deepStrictEqual(second.outcome, { _tag: "CantTell", reason: "perhaps it is O1" })
      assert.deepStrictEqual(second.times, [1000, 4000])
    })
  )

  it.effect("of one that knows no deadline ends after seven seconds, and never says that it is not there", () =>
    Effect.gen(function* () {
      const { outcome, times } = yield* story({ looks: [empty] })
      assert.deepStrictEqual(outcome, { _tag: "CantTell", reason: "it has not turned up" })
      assert.deepStrictEqual(times, [1000, 4000, 5000, 6000, 7000])
    })
  )

  it.effect("goes on while Kraken does not answer: ten times, or for a minute and a half", () =>
    Effect.gen(function* () {
      const fast = yield* story({ looks: [lost] })
      assert.deepStrictEqual(fast.outcome, { _tag: "CantTell", reason: lost.message })
      assert.lengthOf(fast.times, 10)
      const slow = yield* story({ looks: [lost], slow: 20 })
      assert.deepStrictEqual(slow.times, [1000, 24_000, 45_000, 66_000, 87_000])
      const exact = yield* story({ looks: [lost], slow: 43 })
      assert.deepStrictEqual(exact.times, [1000, 47_000, 91_000], "ninety seconds are not over before they have passed")
    })
  )

  const never = { endpoint, needed: [], refusedBy: "Kraken", hints: [] } as const
  it.effect.each([
    new KrakenPermissionError(never),
    new KrakenAuthError({ endpoint, codes: [], reason: "key" }),
    new KrakenLockout({ endpoint, until: DateTime.unsafeMake(60_000) }),
    new KrakenCredentialsMissing({ endpoint })
  ] as ReadonlyArray<LookUpError>)("ends where it will not help: %s", (error) =>
    Effect.gen(function* () {
      const { outcome, times } = yield* story({ looks: [error], deadline: 5 })
      assert.strictEqual(outcome._tag, "CantTell")
      assert.lengthOf(times, 1)
    })
  )

  it.effect("goes on after a refused nonce", () =>
    Effect.gen(function* () {
      const error = new KrakenAuthError({ endpoint, codes: ["EAPI:Invalid nonce"], reason: "nonce" })
      assert.lengthOf((yield* story({ looks: [error, empty], deadline: 5 })).times, 4)
    })
  )

  it.effect.each([
    ["a key with a nonce window", { key: Option.some(1n) }],
    ["a key of which nothing is known", { key: Option.none() }],
    ["a clock that was set meanwhile", { inDoubtFrom: 3 }]
  ] as const)("does not say that it is not there for %s", ([, more]) =>
    Effect.gen(function* () {
      const { outcome, times } = yield* story({ looks: [empty], deadline: 5, ...more })
      assert.strictEqual(outcome._tag, "CantTell")
      assert.lengthOf(times, 4)
    })
  )
})
