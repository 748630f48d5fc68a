import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Placing from "../../../src/tools/trading/placeOrders.ts"
import * as Previewing from "../../../src/tools/trading/preview.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { assertFaults, faultsIn } from "../../fixtures/faults.ts"
import { backends, use } from "../backends.ts"

const pair = "BTC/USD"

for (const [where, backend] of Object.entries(backends)) {
  describe(`preview_order ${where}`, () => {
    it.effect("tells what an order will do, and placing it right after does that", () =>
      backend(() =>
        Effect.gen(function* () {
          for (const order of [
            { type: "buy", volume: "0.5" },
            { type: "sell", volume: "0.25" },
            { type: "buy", cost: "1000" },
            { type: "sell", cost: "1000" },
            { type: "buy", volume: "10%" },
            { type: "sell", volume: "50%" }
          ]) {
            const preview = yield* use(Previewing.previewOrder, { pair, ...order })
            const placed = yield* use(Placing.addOrder, { pair, ordertype: "market", ...order, wait_s: 0 })
            assert.deepInclude(placed, {
              state: "closed",
              // With an amount to spend, Kraken counts in quote currency.
              ...(preview.resolved?.oflags !== "viqc" && { filled: preview.filled }),
              cost: preview.value,
              avg_price: preview.avg_price,
              fee: preview.fee
            })
          }
        })
      )
    )

    it.effect("warns of an order that crosses an own one, and of money that is missing; a check says the same", () =>
      backend(() =>
        Effect.gen(function* () {
          const { best } = yield* use(Previewing.previewOrder, { pair, type: "buy", volume: "1" })
          const near = (Number(best.ask) * 1.001).toFixed(1)
          const own = yield* use(Placing.addOrder, { pair, type: "sell", ordertype: "limit", volume: "1", price: near })
          const order = { pair, type: "buy", ordertype: "limit", volume: "9", price: near }
          const { pair: _, ...preview } = yield* use(Previewing.previewOrder, order)
          assert.isTrue(preview.warnings.some((warning: string) => warning.includes(own.txid[0])))
          assert.isTrue(preview.warnings.some((warning: string) => warning.startsWith("Not enough funds")))
          assert.notProperty(preview, "free_after")
          const checked = yield* use(Placing.addOrder, { ...order, validate: true })
          assert.deepStrictEqual(checked.preview, preview)
          const half = yield* use(Placing.addOrder, { ...order, volume: "50%", validate: true })
          assert.deepInclude(half.resolved, { asked: "50%" })
          assert.strictEqual(half.preview.volume, half.resolved.volume)
        })
      )
    )

    it.effect("refuses what add_order would refuse, and names what is missing", () =>
      backend(() =>
        Effect.gen(function* () {
          for (const [args, path] of [
            [{ type: "buy" }, "volume"],
            [{ type: "buy", volume: "0.000001" }, "volume"],
            [{ type: "buy", cost: "0.1", price: "50000" }, "cost"],
            [{ type: "buy", volume: "1", price: "50000.123" }, "price"],
            [{ type: "sell", ordertype: "stop-loss", volume: "1", price: "900000" }, "price"]
          ] as const)
            assertFaults(faultsIn(yield* Effect.flip(Previewing.previewOrder.call({ pair, ...args }))), [[path]])
        })
      )
    )
  })
}

describe("preview_order without a key", () => {
  const depth = { XXBTZUSD: { asks: [["50010.0", "1.0", 1]], bids: [["49990.0", "1.0", 1]] } }
  const fees = { fees: [[0, 0.4]], fees_maker: [[0, 0.25]] }

  it.effect("uses the fees that Kraken publishes, and says what it could not read", () =>
    Effect.gen(function* () {
      const preview = yield* Previewing.previewOrder.run({ pair, type: "buy", volume: "0.5" })
      assert.deepInclude(preview, { happens: "take", value: "25005", fee: "100.02" })
      assert.deepInclude(preview.fee_rates, { taker: "0.4%", maker: "0.25%", of: "the public first tier" })
      assert.lengthOf(preview.warnings ?? [], 2)
      assert.notProperty(preview, "free_after")
    }).pipe(
      Effect.provide(
        TestKraken({ answers: { "public/Depth": depth, "public/AssetPairs": { XXBTZUSD: fees } }, directory })
      )
    )
  )

  it.effect("judges nothing by a book that is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Previewing.previewOrder.run({ pair, type: "buy", volume: "0.5" }))
      assert.strictEqual(error._tag, "KrakenUnreadable")
    }).pipe(
      Effect.provide(
        TestKraken({
          answers: { "public/Depth": { XXBTZUSD: { ...depth.XXBTZUSD, bids: [["50020.0", "1.0", 1]] } } },
          directory
        })
      )
    )
  )
})
