import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { join } from "node:path"
import type { LimitUsage } from "../../../../src/domain/mandates/room.ts"
import { ApprovalsSql } from "../../../../src/layers/access/approvals/ApprovalsSql.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../../src/layers/access/record/recordFile.ts"
import { isNearlyUsed, makeNotify } from "../../../../src/layers/kraken/writes/notices.ts"
import { run } from "../../../../src/layers/storage/steps.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { Approvals } from "../../../../src/services/Approvals.ts"
import { KrakenFundingError } from "../../../../src/services/KrakenErrors.ts"
import { type Notice, Notifier } from "../../../../src/services/Notifier.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { Record } from "../../../../src/services/Record.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"
import { account, limit, noAnswer, send } from "../../../doubles/WriterAccount.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"

/** The caller of the test, a token. */
const bot = Layer.succeed(Principal, bearerOf("bot"))

const usage = (used: string, allowed: string, limit = "max/day"): LimitUsage => ({
  layer: "mandate",
  limit,
  window: "day",
  unit: "USD",
  allowed,
  used,
  left: "0"
})

/** A notifier that keeps what it is told. */
const kept = () => {
  const notices: Array<Notice> = []
  const notifier = Layer.succeed(Notifier, {
    isSilent: false,
    notify: (notice) => Effect.sync(() => void notices.push(notice))
  })
  return { notices, notifier }
}

const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }

describe("the operator is told", () => {
  it.effect("of an outcome that is unknown, once", () => {
    const { notices, notifier } = kept()
    const { layer } = account({ write: (endpoint) => noAnswer(endpoint), read: () => Effect.succeed([]) })
    return Effect.gen(function* () {
      yield* send("private/Withdraw", withdrawal)
      assert.deepStrictEqual(notices, [
        { _tag: "OutcomeUnknown", caller: "local", endpoint: "private/Withdraw", seq: 1 }
      ])
      // An identical one is blocked, which is a refusal.
      yield* send("private/Withdraw", withdrawal)
      assert.deepStrictEqual(
        notices.filter(({ _tag }) => _tag === "OutcomeUnknown"),
        notices.slice(0, 1)
      )
    }).pipe(Effect.provide(Layer.provide(layer, notifier)))
  })

  it.effect("of a withdrawal that Kraken refused, and of no other write", () => {
    const { notices, notifier } = kept()
    const { layer } = account({
      write: (endpoint) => new KrakenFundingError({ endpoint, codes: ["EFunding:Unknown withdraw key"] })
    })
    return Effect.gen(function* () {
      yield* send("private/AddOrder", limit)
      assert.deepStrictEqual(notices, [])
      yield* send("private/Withdraw", withdrawal)
      assert.deepStrictEqual(
        notices.map(({ _tag }) => _tag),
        ["WithdrawalRefused"]
      )
    }).pipe(Effect.provide(Layer.provide(layer, notifier)))
  })

  it.scoped("of a withdrawal that a limit refused, and not of one that waits for a person", () =>
    Effect.gen(function* () {
      const { notices, notifier } = kept()
      const notify = yield* Effect.provide(makeNotify(yield* Record), notifier)
      yield* notify.refused("private/Withdraw", { _tag: "ApprovalPending" })
      yield* notify.refused("private/AddOrder", { _tag: "LimitReached" })
      assert.deepStrictEqual(notices, [])
      yield* notify.refused("private/Withdraw", { _tag: "LimitReached" })
      assert.deepStrictEqual(notices, [{ _tag: "WithdrawalRefused", caller: "token bot", error: "LimitReached" }])
    }).pipe(Effect.provide([Layer.mock(Record, {}), bot]))
  )

  it.scoped("of a budget of which four fifths are used, without making the write wait", () =>
    Effect.gen(function* () {
      const { notices, notifier } = kept()
      const notify = yield* Effect.provide(makeNotify(yield* Record), notifier)
      const spend = { kind: "order", asset: "USD", amount: "1" } as const
      yield* notify.used({ claim: { spends: [{ ...spend, counts: [] }] } }, {})
      yield* Effect.yieldNow()
      assert.deepStrictEqual(notices, [])
      yield* notify.used({ claim: { spends: [{ ...spend, counts: [{ scope: "*", bucket: "USD", rate: "1" }] }] } }, {})
      assert.deepStrictEqual(notices, [])
      yield* Effect.yieldNow()
      assert.deepStrictEqual(notices, [
        { _tag: "BudgetNearlyUsed", caller: "token bot", layer: "mandate", limit: "max/day" }
      ])
    }).pipe(
      Effect.provide([
        Layer.mock(Record, {
          limitUsages: () => Effect.succeed([usage("80", "100"), usage("79.99", "100", "max/week")])
        }),
        bot
      ])
    )
  )

  it.scoped("of a plan that waits", () =>
    Effect.gen(function* () {
      const { notices, notifier } = kept()
      const stateDir = yield* temporaryFolder
      const db = yield* openImmediateDatabase({ file: join(stateDir, recordFile), layout })
      yield* db.write(() =>
        run("INSERT INTO secret (id, salt, hash, parameters, fingerprint) VALUES (1, '', '', '{}', 'f')")
      )
      const approvals = ApprovalsSql.pipe(Layer.provide([TestConfig({ stateDir }), notifier]))
      const ask = Effect.flatMap(Approvals, ({ ask }) =>
        Effect.flip(
          ask(
            {
              endpoint: "private/Withdraw",
              request: withdrawal,
              asks: ["funds"],
              claim: { spends: [] },
              tolerance: "1"
            },
            Effect.succeed({
              sends: {},
              prices: [],
              worst: [],
              values: [],
              feeRates: [],
              balances: [],
              limits: [],
              missing: []
            })
          )
        )
      ).pipe(Effect.provide(approvals))
      const plans = [yield* ask, yield* ask].map((error) => ("plan" in error ? error.plan : error._tag))
      // The same call again is the same plan.
      assert.deepStrictEqual(plans, [1, 1])
      assert.deepStrictEqual(notices, [
        { _tag: "ApprovalAsked", caller: "token bot", endpoint: "private/Withdraw", plan: 1 }
      ])
    }).pipe(Effect.provide(bot))
  )

  it("at four fifths exactly, and not of a limit of nothing", () => {
    assert.isTrue(isNearlyUsed({ allowed: "100", used: "80" }))
    assert.isFalse(isNearlyUsed({ allowed: "100", used: "79.999999999999999999" }))
    assert.isFalse(isNearlyUsed({ allowed: "0", used: "0" }))
  })
})
