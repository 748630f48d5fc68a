// oxlint-disable vitest/expect-expect -- the assertions are in invariants.ts
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setImmediate } from "node:timers/promises"
import { snapshot } from "./snapshot.ts"
import { runs } from "../Property.ts"
import {
  assertBalancesCoverHolds,
  assertFillsAddUp,
  tradesOnHaltedPairs,
  assertPriorityKept,
  assertValueConserved,
  assertNothingTraded,
  assertNotCrossed,
  queues,
  assertSorted
} from "./invariants.ts"
import { runSequence, exchangeOf, replayJournal, type Step, sequences } from "./callSequences.ts"

const seeds = fc.nat(1000)
const timeout = 600_000

describe("random orders", () => {
  it("are executed and end in all usual ways", () => {
    const sample = fc.sample(fc.tuple(seeds, sequences), { numRuns: 100, seed: 1 })
    const orders = sample.flatMap(([seed, sequence]) => {
      const exchange = exchangeOf(seed)
      runSequence(exchange, sequence)
      return [...exchange.orders.values()]
    })
    const reasons = new Set(orders.map(({ reason }) => reason))
    assert.isAbove(orders.length, 500)
    assert.isAbove(orders.filter(({ executed }) => executed > 0n).length, 200)
    const usual = ["User requested", "Self trade prevention", "Fill or kill", "Order expired", "Order replaced"]
    for (const reason of usual) assert.isTrue(reasons.has(reason), reason)
    assert.isTrue(orders.some(({ triggered }) => triggered))
    assert.isTrue(orders.some(({ refid }) => refid !== undefined))
  })

  it(
    "conserve value, and every balance covers its holds",
    () => {
      const property = anySequence((seed, sequence) => {
        const exchange = exchangeOf(seed)
        const after = () => {
          assertValueConserved(exchange)
          assertBalancesCoverHolds(exchange)
        }
        runSequence(exchange, sequence, { before: () => after })
      })
      return fc.assert(property, { numRuns: runs(1400) })
    },
    timeout
  )

  it(
    "never cross the book, and are executed in price-time priority",
    () => {
      const property = anySequence((seed, sequence) => {
        const exchange = exchangeOf(seed)
        const before = () => {
          const waiting = queues(exchange)
          const still = tradesOnHaltedPairs(exchange)
          return () => {
            assertNothingTraded(exchange, still)
            assertNotCrossed(exchange)
            assertSorted(exchange)
            assertPriorityKept(exchange, waiting)
          }
        }
        runSequence(exchange, sequence, { before })
      })
      return fc.assert(property, { numRuns: runs(1400) })
    },
    timeout
  )

  it(
    "have fills that add up to their executed volume",
    () => {
      const property = anySequence((seed, sequence) => {
        const exchange = exchangeOf(seed)
        runSequence(exchange, sequence)
        assertFillsAddUp(exchange)
      })
      return fc.assert(property, { numRuns: runs(1100) })
    },
    timeout
  )

  it(
    "lead to the same state when their journal, which has no reads, is replayed",
    () => {
      const property = anySequence((seed, sequence) => {
        const exchange = exchangeOf(seed)
        const journal = runSequence(exchange, sequence)
        assert.deepStrictEqual(snapshot(replayJournal(journal, exchangeOf(seed), exchange.now)), snapshot(exchange))
      })
      return fc.assert(property, { numRuns: runs(1100) })
    },
    timeout
  )
})

/** Makes a property of any sequence. Yields afterwards, since the test runner treats a long silence as a hang. */
const anySequence = (check: (seed: number, sequence: ReadonlyArray<Step>) => void) =>
  fc.asyncProperty(seeds, sequences, (seed, sequence) => {
    check(seed, sequence)
    return setImmediate()
  })
