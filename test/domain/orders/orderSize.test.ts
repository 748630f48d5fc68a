import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as fc from "fast-check"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { convertSize, sizeFaults } from "../../../src/domain/orders/orderSize.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { runs } from "../../Property.ts"

const pair = directory.findPair("BTC/USD")!
const order = { type: "buy", ordertype: "limit", price: "50000" } as const

/** Rounds a fraction of integers up. */
const up = (value: bigint, by: bigint) => (value + by - 1n) / by

describe("the size of an order", () => {
  it("of a buy is a volume whose cost and fee, each rounded up, take the share but for a few of its smallest units", () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 2_000_000_000 }),
      fc.integer({ min: 1, max: 9_000_000 }),
      fc.integer({ min: 0, max: 4000 }),
      (percent, free, price, fee) => {
        // Free in 10^-4 dollars, the price in dimes, the fee in millionths.
        const size = convertSize(
          { ...order, price: D.format(D.make(BigInt(price), 1)), volume: `${percent}%` },
          { pair, quoteDecimals: 4, free: D.make(BigInt(free), 4), fee: D.make(BigInt(fee), 4) }
        )
        const takes = (volume: bigint) => {
          const cost = up(volume * BigInt(price), 100_000n)
          return cost + up(cost * BigInt(fee), 1_000_000n)
        }
        const most = BigInt(free) * BigInt(percent)
        if (Either.isLeft(size)) return assert.isTrue((takes(1n) + 4n) * 100n > most)
        const volume = BigInt(D.toFixed(D.decimal(size.right.volume), 8).replace(".", ""))
        assert.isTrue(takes(volume) * 100n <= most)
        assert.isTrue((takes(volume + 1n) + 4n) * 100n > most)
      }
    )
    fc.assert(property, { numRuns: runs(1000) })
  })

  it("of an amount at the market is what the book gives for it, in whole lots", () => {
    const level = (price: string, volume: string) => ({ price: D.decimal(price), volume: D.decimal(volume) })
    const levels = { asks: [], bids: [level("100", "1"), level("90", "1")] }
    const sell = { type: "sell", ordertype: "market" } as const
    const facts = { pair, quoteDecimals: 4, levels }
    const sized = convertSize({ ...sell, cost: "145" }, facts)
    assert.deepStrictEqual(Either.getOrThrow(sized), { volume: "1.5", inQuote: false, price: "96.6" })
    assert.isTrue(Either.isLeft(convertSize({ ...sell, cost: "191" }, facts)))
    assert.isTrue(Either.isLeft(convertSize({ ...sell, cost: "1" }, { pair, quoteDecimals: 4 })))
  })

  it("that could mean two things, or nothing, is a fault of its field", () => {
    const limit = { ...order, type: "sell" } as const
    for (const [given, path] of [
      [{ ...limit }, "volume"],
      [{ ...limit, volume: "1", cost: "1" }, "cost"],
      [{ ...limit, volume: "0%" }, "volume"],
      [{ ...limit, volume: "100.1%" }, "volume"],
      [{ ...limit, volume: "half" }, "volume"],
      [{ ...limit, cost: "0" }, "cost"],
      [{ ...limit, ordertype: "iceberg", volume: "50%" }, "volume"],
      [{ ...limit, leverage: "2", volume: "50%" }, "volume"],
      [{ ...limit, price: "+1%", cost: "100" }, "cost"],
      [{ ...limit, ordertype: "trailing-stop", price: "+1%", cost: "100" }, "cost"],
      [{ type: "buy", ordertype: "market", oflags: ["viqc"], cost: "100" }, "cost"]
    ] as const)
      assert.deepStrictEqual(
        sizeFaults(given).map((fault) => fault.path),
        [path],
        JSON.stringify(given)
      )
    for (const good of [
      { ...limit, volume: "all" },
      { ...limit, price: "+1%", volume: "50%" },
      { ...limit, cost: "0.5" },
      { type: "buy", ordertype: "market", volume: "12.5%" }
    ] as const)
      assert.deepStrictEqual(sizeFaults(good), [])
  })
})
