import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, TestClock } from "effect"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { account, failure, noAnswer, send } from "../../../doubles/WriterAccount.ts"

describe("a withdrawal", () => {
  const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
  const row = { refid: "R1", asset: "XBT", amount: "0.4999", fee: "0.0001", time: 0, key: "cold", status: "Initial" }

  it.effect("without an answer is found as the one new row that matches, and otherwise stays unknown", () => {
    const rows: Array<object> = []
    const { layer } = account({
      write: (endpoint, { amount }) => {
        if (amount === "0.5") rows.push({ ...row, time: 1 })
        return noAnswer(endpoint)
      },
      read: () => Effect.succeed([...rows])
    })
    return Effect.gen(function* () {
      const answer = Either.getOrThrow(yield* send("private/Withdraw", withdrawal))
      assert.deepStrictEqual(answer.result, { refid: "R1" })
      const lost = failure(yield* send("private/Withdraw", { ...withdrawal, amount: "0.7" }))
      assert.strictEqual(lost._tag, "KrakenOutcomeUnknown")
      const again = failure(yield* send("private/Withdraw", { ...withdrawal, amount: "0.70", repeat: true }))
      assert.strictEqual(again._tag, "KrakenWriteBlocked")
    }).pipe(Effect.provide(layer))
  })

  it.effect("stays unknown if two equal ones are lost and one row appears", () => {
    const rows: Array<object> = []
    const { layer, sent } = account({
      write: (endpoint) =>
        Effect.delay(
          Effect.suspend(() => {
            if (sent.length === 2 && rows.length === 0) rows.push({ ...row, time: 0 })
            return noAnswer(endpoint)
          }),
          "1 seconds"
        ),
      read: () => Effect.sync(() => [...rows])
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      const both = yield* Effect.fork(
        Effect.forEach(
          [withdrawal, { ...withdrawal, amount: "0.50", repeat: true }],
          (one) => Effect.flip(writer.send("private/Withdraw", one)),
          { concurrency: 2 }
        )
      )
      yield* TestClock.adjust("2 minutes")
      for (const error of yield* Fiber.join(both)) {
        assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
        assert.include(error.message, "R1")
      }
      assert.lengthOf(sent, 2)
    }).pipe(Effect.provide(layer))
  })

  /** Sends a withdrawal that gets no answer. Kraken lists the rows of `before` first, and then those of `since` as well. */
  const withdraw = (before: ReadonlyArray<object>, since: ReadonlyArray<object>) => {
    let isSent = false
    const kraken = account({
      write: (endpoint) => {
        isSent = true
        return noAnswer(endpoint)
      },
      read: () => Effect.sync(() => (isSent ? [...before, ...since] : before))
    })
    return Effect.map(Effect.provide(send("private/Withdraw", withdrawal), kraken.layer), (answer) => ({
      answer,
      reads: kraken.reads,
      sent: kraken.sent
    }))
  }

  it.effect.each([{}, { amount: "0.5" }, { amount: 0.5, fee: null }])("is found by its terms: %j", (more) =>
    Effect.gen(function* () {
      const { answer, reads } = yield* withdraw([{ ...row, refid: "R0", status: "Failure" }], [{ ...row, ...more }])
      const { result, settled } = Either.getOrThrow(answer)
      assert.deepStrictEqual(result, { refid: "R1" })
      assert.strictEqual(settled?.state, "Initial")
      for (const one of reads)
        assert.deepInclude(one, {
          endpoint: "private/WithdrawStatus",
          params: { asset: "XBT" },
          priority: "settlement"
        })
    })
  )

  it.effect.each([
    ["several withdrawals match: R1, R2", [row, { ...row, refid: "R2" }]],
    ["it might be R1", [{ ...row, key: null }]],
    ["it might be R1", [{ ...row, time: -30 }]],
    ["it was not found on the account", [{ ...row, key: "hot" }]],
    ["it was not found on the account", [{ ...row, asset: "ETH" }]],
    ["it was not found on the account", [{ ...row, time: -100 }]],
    ["it was not found on the account", [{ ...row, amount: "0.4", fee: "0.05" }]]
  ] as const)("stays unknown: %s", ([reason, rows]) =>
    Effect.gen(function* () {
      const error = failure((yield* withdraw([], rows)).answer)
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
      assert.include(error.message, reason)
    })
  )

  it.effect("is not taken for an earlier one of this process", () => {
    let n = 0
    const { layer } = account({
      write: (endpoint) => (n++ === 0 ? Effect.succeed({ refid: "R1" }) : noAnswer(endpoint)),
      read: () => Effect.sync(() => (n > 1 ? [row] : []))
    })
    return Effect.gen(function* () {
      const writer = yield* KrakenWriter
      yield* writer.send("private/Withdraw", withdrawal)
      const error = failure(yield* send("private/Withdraw", { ...withdrawal, repeat: true }))
      assert.strictEqual(error._tag, "KrakenOutcomeUnknown")
    }).pipe(Effect.provide(layer))
  })
})

describe("other writes of funds", () => {
  it.effect("stay unknown after a lost transfer, since Kraken has no way to find it", () => {
    const { reads, layer } = account({ write: (endpoint) => noAnswer(endpoint) })
    return Effect.gen(function* () {
      const error = failure(yield* send("private/WalletTransfer", { asset: "XBT", amount: "1" }))
      assert.deepInclude(error, {
        _tag: "KrakenOutcomeUnknown",
        reason: "timed out after 10 s",
        check: "Check get_account_balance and get_ledgers.",
        safeToRepeat: false
      })
      assert.deepStrictEqual(reads, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("are refused before the send if the account shows an unreadable amount, and unknown after it", () => {
    const { layer, sent } = account({
      write: (endpoint) => noAnswer(endpoint),
      read: (endpoint) => {
        const amount = sent.length === 0 && !isBroken ? "0.1" : "1".repeat(41)
        if (endpoint === "private/WithdrawStatus") {
          return Effect.succeed([{ refid: "R1", asset: "XBT", amount, time: 0 }])
        }
        if (endpoint !== "private/Earn/Allocations") return Effect.succeed({ pending: false })
        return Effect.succeed({ items: [{ strategy_id: "E1", amount_allocated: { total: { native: amount } } }] })
      }
    })
    let isBroken = true
    const withdrawal = { asset: "XBT", key: "cold", amount: "0.5" }
    const allocation = { strategy_id: "E1", amount: "5" }
    return Effect.gen(function* () {
      assert.strictEqual(failure(yield* send("private/Withdraw", withdrawal))._tag, "KrakenPrecheckFailed")
      assert.lengthOf(sent, 0)
      isBroken = false
      assert.strictEqual(failure(yield* send("private/Withdraw", withdrawal))._tag, "KrakenOutcomeUnknown")
      sent.length = 0
      assert.strictEqual(failure(yield* send("private/Earn/Allocate", allocation))._tag, "KrakenOutcomeUnknown")
    }).pipe(Effect.provide(layer))
  })
})
