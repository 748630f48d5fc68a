import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Option, Schema, TestClock } from "effect"
import type { KeyInfo } from "../../../../src/domain/keys/keyInfo.ts"
import type { ProcedureContext } from "../../../../src/layers/kraken/writes/writeProcedure.ts"
import { nothingObserved } from "../../../../src/layers/kraken/feed/nothingObserved.ts"
import { noDeadline } from "../../../../src/layers/kraken/writes/orderDefaults.ts"
import { ambiguous, type Finding, match, noMatch } from "../../../../src/layers/kraken/writes/finding.ts"
import { type LookUpError, pollUntilSettled } from "../../../../src/layers/kraken/writes/pollUntilSettled.ts"
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
const unanswered: LookUpError = new KrakenUnavailable({ endpoint, reason: "timed out after 30 s" })

/** Polls for a write that leaves at 0 s. Gives the result, and the times of the look-ups in milliseconds. */
const poll = (options: {
  /** Findings or errors of the look-ups, in order. The last one is repeated. */
  readonly lookUps: ReadonlyArray<Finding<string, string> | LookUpError>
  /** Seconds from the departure to the deadline. Undefined for a write without one. */
  readonly deadline?: number
  /** Duration of a look-up, in seconds. */
  readonly slow?: number
  /** Nonce window of the key. */
  readonly key?: Option.Option<bigint>
  /** Seconds by which Kraken's clock is ahead of ours, by the seconds since the departure. */
  readonly ahead?: (seconds: number) => number
  /** Seconds after the departure from which Kraken's times are in doubt. */
  readonly inDoubtFrom?: number
}) => {
  const { ahead = () => 0, deadline, inDoubtFrom = Infinity, key = Option.some(0n), lookUps, slow = 0 } = options
  const times: Array<number> = []
  const steps: Array<number> = []
  return Effect.gen(function* () {
    const start = yield* monotonic
    const elapsed = Effect.map(monotonic, (now) => now - start)
    const context = {
      kraken: {
        now: Effect.map(elapsed, (now) => DateTime.unsafeMake(now + 1000 * ahead(now / 1000))),
        clock: Effect.map(elapsed, (now) => ({ epoch: now >= 1000 * inDoubtFrom ? 1 : 0, within: 0 }))
      },
      observed: nothingObserved,
      keys: { known: Effect.succeed(Option.map(key, (nonceWindow) => ({ nonceWindow }) as KeyInfo)) }
    } as unknown as ProcedureContext
    const lookUp = Effect.flatMap(elapsed, (now) => {
      const next = lookUps[Math.min(times.length, lookUps.length - 1)] ?? noMatch()
      times.push(now)
      return Effect.delay(next instanceof Error ? Effect.fail(next) : Effect.succeed(next), slow * 1000)
    })
    const departure = yield* depart(context.kraken)
    const until =
      deadline === undefined
        ? noDeadline
        : Option.some({ at: DateTime.unsafeMake(deadline * 1000), span: deadline * 1000, departure })
    const fiber = yield* Effect.fork(pollUntilSettled(context, until, lookUp))
    yield* TestClock.adjust("10 minutes")
    return { result: yield* Fiber.join(fiber), times, steps }
  }).pipe(
    Effect.provideService(CallContext, {
      ...CallContext.defaultValue(),
      report: ({ progress }) => Effect.sync(() => void steps.push(progress))
    }),
    Effect.provideService(Principal, testOperator)
  )
}

describe("polling for a write", () => {
  it.effect("looks it up after one second, four seconds and, twice, two seconds after its deadline", () =>
    Effect.gen(function* () {
      const { result, steps, times } = yield* poll({ lookUps: [noMatch()], deadline: 5 })
      assert.deepStrictEqual(result, { _tag: "Absent", partial: undefined })
      assert.deepStrictEqual(times, [1000, 4000, 7001, 8001])
      assert.deepStrictEqual(steps, [1, 2, 3, 4])
    })
  )

  it.effect("needs an empty look-up with a later nonce before the two that count", () =>
    Effect.gen(function* () {
      const { result, times } = yield* poll({ lookUps: [unanswered, unanswered, noMatch()], deadline: 5 })
      assert.deepStrictEqual(result, { _tag: "Absent", partial: undefined })
      assert.deepStrictEqual(times, [1000, 4000, 7001, 8001, 9001])
    })
  )

  it.effect("waits for the later one of two clocks, but no longer than Kraken accepts a deadline ahead", () =>
    Effect.gen(function* () {
      const behind = yield* poll({ lookUps: [noMatch()], deadline: 5, ahead: (now) => (now > 0 ? -3 : 0) })
      assert.deepStrictEqual(behind.times, [1000, 4000, 10_001, 11_001])
      const before = yield* poll({ lookUps: [noMatch()], deadline: 5, ahead: (now) => (now > 0 ? 3 : 0) })
      assert.deepStrictEqual(before.times, [1000, 4000, 7001, 8001])
      const stuck = yield* poll({ lookUps: [unanswered], deadline: 5, ahead: () => -3600 })
      assert.deepStrictEqual(stuck.times, [1000, 4000, 66_000, 128_000])
    })
  )

  it.effect("ends as soon as the write is found, or something that might be it", () =>
    Effect.gen(function* () {
      const first = yield* poll({ lookUps: [unanswered, match("O1")], deadline: 5 })
      assert.deepStrictEqual(first, { result: { _tag: "Found", value: "O1" }, times: [1000, 4000], steps: [1, 2] })
      const second = yield* poll({ lookUps: [noMatch(), ambiguous("it might be O1")], deadline: 5 })
      assert.deepStrictEqual(second.result, { _tag: "Undecided", reason: "it might be O1", partial: undefined })
      assert.deepStrictEqual(second.times, [1000, 4000])
    })
  )

  it.effect("says in one sentence that the account can't be read, without the decoder's drawing", () =>
    Effect.gen(function* () {
      const unread = yield* Effect.flip(
        Schema.decodeUnknown(Schema.Struct({ open: Schema.Struct({}) }))({ open: null })
      )
      const { result } = yield* poll({ lookUps: [unread], deadline: 5 })
      const reason = "Kraken's answer does not have the documented shape"
      assert.deepStrictEqual(result, { _tag: "Undecided", reason, partial: undefined })
    })
  )

  it.effect("keeps the part that the last answered look-up showed", () =>
    Effect.gen(function* () {
      const lookUps = [noMatch("O1"), noMatch("O1, O2"), unanswered]
      const cut = yield* poll({ lookUps, deadline: 5 })
      assert.deepInclude(cut.result, { _tag: "Undecided", partial: "O1, O2" })
      const absent = yield* poll({ lookUps: [noMatch("O1"), noMatch()], deadline: 5 })
      assert.deepStrictEqual(absent.result, { _tag: "Absent", partial: undefined })
      const ambiguousPart = yield* poll({ lookUps: [ambiguous("it might be O2", "O1")], deadline: 5 })
      assert.deepInclude(ambiguousPart.result, { _tag: "Undecided", partial: "O1" })
    })
  )

  it.effect("ends after seven seconds for a write without a deadline, and never calls it absent", () =>
    Effect.gen(function* () {
      const { result, times } = yield* poll({ lookUps: [noMatch()] })
      assert.strictEqual(result._tag, "Undecided")
      assert.deepStrictEqual(times, [1000, 4000, 5000, 6000, 7000])
    })
  )

  it.effect("goes on while Kraken does not answer: ten times, or for a minute and a half", () =>
    Effect.gen(function* () {
      const fast = yield* poll({ lookUps: [unanswered] })
      assert.deepStrictEqual(fast.result, { _tag: "Undecided", reason: unanswered.message, partial: undefined })
      assert.lengthOf(fast.times, 10)
      const slow = yield* poll({ lookUps: [unanswered], slow: 20 })
      assert.deepStrictEqual(slow.times, [1000, 24_000, 45_000, 66_000, 87_000])
      const exact = yield* poll({ lookUps: [unanswered], slow: 43 })
      assert.deepStrictEqual(exact.times, [1000, 47_000, 91_000], "ninety seconds are not over before they have passed")
    })
  )

  const refused = { endpoint, needed: [], refusedBy: "Kraken", hints: [] } as const
  it.effect.each([
    new KrakenPermissionError(refused),
    new KrakenAuthError({ endpoint, codes: [], reason: "key" }),
    new KrakenLockout({ endpoint, until: DateTime.unsafeMake(60_000) }),
    new KrakenCredentialsMissing({ endpoint })
  ] as ReadonlyArray<LookUpError>)("ends at an error that would come again: %s", (error) =>
    Effect.gen(function* () {
      const { result, times } = yield* poll({ lookUps: [error], deadline: 5 })
      assert.strictEqual(result._tag, "Undecided")
      assert.lengthOf(times, 1)
    })
  )

  it.effect("goes on after a refused nonce", () =>
    Effect.gen(function* () {
      const error = new KrakenAuthError({ endpoint, codes: ["EAPI:Invalid nonce"], reason: "nonce" })
      assert.lengthOf((yield* poll({ lookUps: [error, noMatch()], deadline: 5 })).times, 4)
    })
  )

  it.effect.each([
    ["a key with a nonce window", { key: Option.some(1n) }],
    ["a key of which nothing is known", { key: Option.none() }],
    ["a clock that was set meanwhile", { inDoubtFrom: 3 }]
  ] as const)("does not call the write absent for %s", ([, more]) =>
    Effect.gen(function* () {
      const { result, times } = yield* poll({ lookUps: [noMatch()], deadline: 5, ...more })
      assert.strictEqual(result._tag, "Undecided")
      assert.lengthOf(times, 4)
    })
  )
})
