import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { snapshot } from "../../src/exchange/snapshot.ts"
import { runs } from "../Property.ts"
import { balancesCover, fillsAddUp, inPriority, nothingAppears, notCrossed, places, sorted } from "./invariants.ts"
import { live, makeVenue, relive, streams } from "./streams.ts"

const seeds = fc.nat(1000)

describe("whatever traders do", () => {
  it("(and they do a lot)", () => {
    const sample = fc.sample(fc.tuple(seeds, streams), { numRuns: 100, seed: 1 })
    const orders = sample.flatMap(([seed, stream]) => {
      const x = makeVenue(seed)
      live(x, stream)
      return [...x.orders.values()]
    })
    const reasons = new Set(orders.map(({ reason }) => reason))
    assert.isAbove(orders.length, 500)
    assert.isAbove(orders.filter(({ executed }) => executed > 0n).length, 200)
    for (const reason of [
      "User requested",
      "Self trade prevention",
      "Fill or kill",
      "Order expired",
      "Post only order"
    ]) {
      assert.isTrue(reasons.has(reason), reason)
    }
    assert.isTrue(orders.some(({ triggered }) => triggered))
    assert.isTrue(orders.some(({ refid }) => refid !== undefined))
  })

  it("no value appears or vanishes, and no balance falls below zero or below what is held", () => {
    fc.assert(
      fc.property(seeds, streams, (seed, stream) => {
        const x = makeVenue(seed)
        live(x, stream, {
          before: () => () => {
            nothingAppears(x)
            balancesCover(x)
          }
        })
      }),
      { numRuns: runs(1500) }
    )
  })

  it("the book is never crossed and always in price-time order, and is served in that order", () => {
    fc.assert(
      fc.property(seeds, streams, (seed, stream) => {
        const x = makeVenue(seed)
        live(x, stream, {
          before: () => {
            const before = places(x)
            return () => {
              notCrossed(x)
              sorted(x)
              inPriority(x, before)
            }
          }
        })
      }),
      { numRuns: runs(1500) }
    )
  })

  it("an order's fills add up to what it executed", () => {
    fc.assert(
      fc.property(seeds, streams, (seed, stream) => {
        const x = makeVenue(seed)
        live(x, stream)
        fillsAddUp(x)
      }),
      { numRuns: runs(1000) }
    )
  })

  it("the journal, which has no reads, leads to the same state", () => {
    fc.assert(
      fc.property(seeds, streams, (seed, stream) => {
        const x = makeVenue(seed)
        const journal = live(x, stream)
        assert.deepStrictEqual(snapshot(relive(journal, seed, x.now)), snapshot(x))
      }),
      { numRuns: runs(1000) }
    )
  })
})
