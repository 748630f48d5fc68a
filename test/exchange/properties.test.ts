// oxlint-disable vitest/expect-expect -- the assertions are in invariants.ts
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { setImmediate } from "node:timers/promises"
import { snapshot } from "./snapshot.ts"
import { runs } from "../Property.ts"
import {
  balancesCover,
  fillsAddUp,
  halted,
  inPriority,
  nothingAppears,
  nothingTraded,
  notCrossed,
  places,
  sorted
} from "./invariants.ts"
import { live, makeVenue, relive, type Step, streams } from "./callSequences.ts"

const seeds = fc.nat(1000)
const patience = 600_000

describe("whatever traders do", () => {
  it("(and they do a lot)", () => {
    const sample = fc.sample(fc.tuple(seeds, streams), { numRuns: 100, seed: 1 })
    const orders = sample.flatMap(([seed, stream]) => {
      const exchange = makeVenue(seed)
      live(exchange, stream)
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
    "no value appears or vanishes, and every balance covers what is held of it",
    () => {
      const property = streamed((seed, stream) => {
        const exchange = makeVenue(seed)
        const after = () => {
          nothingAppears(exchange)
          balancesCover(exchange)
        }
        live(exchange, stream, { before: () => after })
      })
      return fc.assert(property, { numRuns: runs(1400) })
    },
    patience
  )

  it(
    "the book is never crossed, stands in price-time order, and is served in it",
    () => {
      const property = streamed((seed, stream) => {
        const exchange = makeVenue(seed)
        const before = () => {
          const waiting = places(exchange)
          const still = halted(exchange)
          return () => {
            nothingTraded(exchange, still)
            notCrossed(exchange)
            sorted(exchange)
            inPriority(exchange, waiting)
          }
        }
        live(exchange, stream, { before })
      })
      return fc.assert(property, { numRuns: runs(1400) })
    },
    patience
  )

  it(
    "an order's fills add up to what it executed",
    () => {
      const property = streamed((seed, stream) => {
        const exchange = makeVenue(seed)
        live(exchange, stream)
        fillsAddUp(exchange)
      })
      return fc.assert(property, { numRuns: runs(1100) })
    },
    patience
  )

  it(
    "the journal, which has no reads, leads to the same state",
    () => {
      const property = streamed((seed, stream) => {
        const exchange = makeVenue(seed)
        const journal = live(exchange, stream)
        assert.deepStrictEqual(snapshot(relive(journal, makeVenue(seed), exchange.now)), snapshot(exchange))
      })
      return fc.assert(property, { numRuns: runs(1100) })
    },
    patience
  )
})

/** Makes a property of any sequence. Yields afterwards, since the test runner treats a long silence as a hang. */
const streamed = (check: (seed: number, stream: ReadonlyArray<Step>) => void) =>
  fc.asyncProperty(seeds, streams, (seed, stream) => {
    check(seed, stream)
    return setImmediate()
  })
