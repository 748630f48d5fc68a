import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setImmediate } from "node:timers/promises"
import { snapshot } from "./snapshot.ts"
import type { Account } from "../../src/exchange/state/account.ts"
import { runs } from "../Property.ts"
import {
  assertBalancesCoverHolds,
  assertLedgersAddUp,
  assertValueConserved,
  assertTransfersAddUp
} from "./invariants.ts"
import { fundingSequences, runSequence, exchangeOf, replayJournal } from "./callSequences.ts"

const seeds = fc.nat(1000)
const timeout = 600_000

describe("random deposits, withdrawals and transfers", () => {
  it("reach every state of a transfer", () => {
    const seen = new Set<string>()
    for (const [seed, sequence] of fc.sample(fc.tuple(seeds, fundingSequences), { numRuns: 300, seed: 1 })) {
      const exchange = exchangeOf(seed)
      const look = () => {
        for (const account of exchange.accounts.values())
          for (const state of statesOf(account, exchange.now)) seen.add(state)
      }
      runSequence(exchange, sequence, { before: () => look })
    }
    assert.sameMembers([...seen], [...states])
  })

  it(
    "conserve all value, spend nothing twice, and keep every balance equal to the sum of its ledger",
    () =>
      fc.assert(
        fc.asyncProperty(seeds, fundingSequences, (seed, sequence) => {
          const exchange = exchangeOf(seed)
          const after = () => {
            assertValueConserved(exchange)
            assertBalancesCoverHolds(exchange)
            assertTransfersAddUp(exchange)
          }
          const journal = runSequence(exchange, sequence, { before: () => after })
          assertLedgersAddUp(exchange)
          assert.deepStrictEqual(snapshot(replayJournal(journal, exchangeOf(seed), exchange.now)), snapshot(exchange))
          return setImmediate()
        }),
        { numRuns: runs(500) }
      ),
    timeout
  )
})

const states = [
  "deposit on its way",
  "deposit arrived",
  "withdrawal on its way",
  "withdrawal called back",
  "withdrawal failed",
  "deposit failed",
  "withdrawal done",
  "allocation pending",
  "allocated",
  "deallocation pending",
  "unbonding",
  "rewarded",
  "in futures",
  "in a subaccount",
  "report"
] as const

const statesOf = (account: Account, now: number): ReadonlyArray<(typeof states)[number]> => {
  const { deposits, earn, futures, master, reports, withdrawals } = account
  const strategies = [...earn.values()]
  const when = (state: (typeof states)[number], holds: boolean) => (holds ? [state] : [])
  return [
    ...when(
      "deposit on its way",
      deposits.some(({ creditedAt }) => creditedAt > now)
    ),
    ...when(
      "deposit arrived",
      deposits.some(({ creditedAt, time }) => creditedAt > time && creditedAt <= now)
    ),
    ...when(
      "withdrawal on its way",
      withdrawals.some(({ returned, time }) => returned === undefined && time === now)
    ),
    ...when(
      "withdrawal called back",
      withdrawals.some(({ returned }) => returned?.why === "canceled")
    ),
    ...when(
      "withdrawal failed",
      withdrawals.some(({ returned }) => returned?.why === "failed")
    ),
    ...when(
      "deposit failed",
      deposits.some(({ failedAt }) => failedAt !== undefined)
    ),
    ...when(
      "withdrawal done",
      withdrawals.some(({ returned, time }) => returned === undefined && time < now - 180_000)
    ),
    ...when(
      "allocation pending",
      strategies.some(({ pending }) => pending?.kind === "allocate")
    ),
    ...when(
      "allocated",
      strategies.some(({ allocated }) => allocated > 0n)
    ),
    ...when(
      "deallocation pending",
      strategies.some(({ pending }) => pending?.kind === "deallocate")
    ),
    ...when(
      "unbonding",
      strategies.some(({ unbonding }) => unbonding.length > 0)
    ),
    ...when(
      "rewarded",
      strategies.some(({ rewarded }) => rewarded > 0n)
    ),
    ...when("in futures", futures.size > 0),
    ...when("in a subaccount", master !== undefined && [...account.balances.values()].some((amount) => amount > 0n)),
    ...when("report", reports.length > 0)
  ]
}
