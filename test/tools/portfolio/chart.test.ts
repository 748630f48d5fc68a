import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PicturesResvg } from "../../../src/layers/pictures/PicturesResvg.ts"
import { getOhlc } from "../../../src/tools/market/tools.ts"
import { getChart } from "../../../src/tools/portfolio/getChart.ts"
import { svgMeta } from "../../../src/tools/portfolio/page.ts"
import { addOrder } from "../../../src/tools/trading/placeOrders.ts"
import { TestKraken } from "../../doubles/TestKraken.ts"
import { directory } from "../../fixtures/krakenLists.ts"
import { backends, use } from "../backends.ts"

for (const [where, run] of Object.entries(backends)) {
  describe(`get_chart ${where}`, () => {
    it.effect("sums up the candles that it draws, with own orders and fills", () =>
      run(() =>
        Effect.gen(function* () {
          const order = { pair: "BTC/USD", type: "buy", ordertype: "limit", volume: "0.01" }
          const { rows } = yield* use(getOhlc, { pair: "BTC/USD", interval: "1h", limit: 120, detail: "full" })
          const below = String(
            Math.floor(0.999 * Math.min(...rows.map((row: ReadonlyArray<string>) => Number(row[3]))))
          )
          yield* use(addOrder, { ...order, price: below })
          yield* use(addOrder, { ...order, price: "100" })
          yield* use(addOrder, { pair: "BTC/USD", type: "sell", ordertype: "market", volume: "0.02" })
          yield* use(addOrder, { pair: "ETH/USD", type: "buy", ordertype: "market", volume: "0.1" })
          const result = yield* getChart.call({ pair: "xbtusd" })
          const { structuredContent: answer } = result
          // Compares as numbers: the candles have all digits, the sums none that are zero.
          const column = (at: number) => rows.map((row: ReadonlyArray<string>) => Number(row[at]))
          assert.deepInclude(answer, { pair: "BTC/USD", interval: "60", candles: rows.length, orders: 2, fills: 1 })
          assert.strictEqual(Number(answer?.["open"]), column(1)[0])
          assert.isAtLeast(Number(answer?.["high"]), Math.max(...column(2)))
          assert.isAtMost(Number(answer?.["low"]), Math.min(...column(3)))
          const change = (Number(answer?.["close"]) / Number(answer?.["open"]) - 1) * 100
          assert.closeTo(Number(answer?.["change_percent"]), change, 0.0051)
          assert.deepStrictEqual(answer?.["missing"], ["1 orders are too far from the price for the picture"])
          assert.deepStrictEqual(
            result.content.map(({ type }) => type),
            ["text", "image"]
          )
          assert.include(String(result._meta?.[svgMeta]), `buy 0.01 at ${below}`)
          assert.include(String(result._meta?.[svgMeta]), `class="fill sell"`)
        })
      ).pipe(Effect.provide(PicturesResvg))
    )

    it.effect("says so without a renderer", () =>
      run(() =>
        Effect.gen(function* () {
          const result = yield* getChart.call({ pair: "BTC/USD" })
          assert.lengthOf(result.content, 1)
          assert.deepInclude(result.structuredContent, { missing: ["picture: this server could not draw it"] })
        })
      )
    )
  })
}

describe("a pair without candles", () => {
  it.effect("has no picture, and says so", () =>
    Effect.gen(function* () {
      const { content, structuredContent } = yield* getChart.call({ pair: "BTC/USD" })
      assert.lengthOf(content, 1)
      assert.deepInclude(structuredContent, { candles: 0, missing: ["candles: none since then"] })
    }).pipe(Effect.provide(TestKraken({ directory, answers: { "public/OHLC": { XXBTZUSD: [], last: 0 } } })))
  )
})
