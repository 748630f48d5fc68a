import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { candleChart, ticks } from "../../../src/domain/charts/candleChart.ts"
import { standingAlone } from "../../../src/domain/charts/svg.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"

/** Makes candles of an hour from their open, high, low and close. */
const candlesOf = (...prices: ReadonlyArray<readonly [string, string, string, string]>) =>
  prices.map(([open, high, low, close], hour) => ({
    time: 1_780_000_000 + hour * 3600,
    open: D.decimal(open),
    high: D.decimal(high),
    low: D.decimal(low),
    close: D.decimal(close),
    volume: D.decimal(String(hour + 1))
  }))

const chart = {
  title: "BTC/USD",
  minutes: 60,
  candles: candlesOf(["100", "110", "95", "105"], ["105", "120", "100", "101"], ["101", "104", "90", "103"]),
  orders: [],
  fills: []
}

const buy = (price: string) => ({ side: "buy" as const, price: D.decimal(price), volume: "0.5" })

const count = (svg: string, part: string | RegExp) => svg.split(part).length - 1

/** Reads the vertical places of the wicks of a path: of their highs, and of their lows. */
const wicks = (svg: string, direction: string) =>
  Array.from(
    (new RegExp(`class="${direction}" d="([^"]*)"`).exec(svg)?.[1] ?? "").matchAll(/M[\d.]+ ([\d.]+)V([\d.]+)/g)
  ).map(([, high, low]) => [Number(high), Number(low)] as const)

describe("a chart of candles", () => {
  it("has each candle once, among those that rise or those that fall, higher prices above", () => {
    const { svg } = candleChart(chart)
    const [first, third] = wicks(svg, "up")
    const [second] = wicks(svg, "down")
    assert.lengthOf([...wicks(svg, "up"), ...wicks(svg, "down")], 3)
    assert.isBelow(second?.[0] ?? 0, first?.[0] ?? 0)
    assert.isBelow(first?.[0] ?? 0, third?.[0] ?? 0)
    assert.isAbove(third?.[1] ?? 0, first?.[1] ?? 0)
  })

  it("shows a candle without movement, and a market without volume", () => {
    const still = candlesOf(["100", "100", "100", "100"]).map((candle) => ({ ...candle, volume: D.zero }))
    const { svg } = candleChart({ ...chart, candles: still })
    assert.lengthOf(wicks(svg, "up"), 1)
    assert.notMatch(svg, /NaN|Infinity|undefined/)
    assert.notInclude(svg, `class="volume"`)
  })

  it("shows open orders near the price as lines with their exact price, and counts those far away", () => {
    const { left, svg } = candleChart({ ...chart, orders: [buy("80.123456789"), buy("1"), buy("5000")] })
    assert.strictEqual(count(svg, `class="order buy"`), 1)
    assert.include(svg, ">buy 0.5 at 80.123456789<")
    assert.deepStrictEqual(left, { orders: 2, fills: 0 })
  })

  it("shows fills at their candle: purchases from below, sales from above", () => {
    const [, second] = chart.candles
    const fill = { price: D.decimal("102"), time: (second?.time ?? 0) + 3599 }
    const early = { side: "buy" as const, price: D.decimal("102"), time: 1 }
    const fills = [{ ...fill, side: "buy" as const }, { ...fill, side: "sell" as const }, early]
    const { left, svg } = candleChart({ ...chart, fills })
    const [bought, sold] = ["buy", "sell"].map((side) =>
      new RegExp(`class="fill ${side}" d="M([\\d.]+) ([\\d.]+)l-5 (-?9)`).exec(svg)?.slice(1)
    )
    assert.deepStrictEqual(bought?.slice(0, 2), sold?.slice(0, 2))
    assert.deepStrictEqual([bought?.[2], sold?.[2]], ["9", "-9"])
    assert.deepStrictEqual(left, { orders: 0, fills: 1 })
  })

  it("escapes texts, and gets styles of its own only when it stands alone", () => {
    const { svg } = candleChart({ ...chart, title: `<script>"&'` })
    assert.include(svg, "&lt;script&gt;&quot;&amp;&apos;")
    assert.notInclude(svg, "<script>")
    assert.notInclude(svg, "<style>")
    assert.match(standingAlone(svg), /^<svg [^>]*><style>/)
  })
})

describe("round prices", () => {
  it("lie within the range, are evenly spaced, and differ in their labels", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-8, max: 1e6, noNaN: true }),
        fc.double({ min: 0.001, max: 2, noNaN: true }),
        (low, part) => {
          const { digits, prices } = ticks(low, low * (1 + part))
          assert.isAtLeast(prices.length, 2)
          assert.isAtMost(prices.length, 9)
          assert.strictEqual(new Set(prices.map((price) => price.toFixed(digits))).size, prices.length)
          assert.isTrue(prices.every((price) => price >= low * (1 - 1e-9) && price <= low * (1 + part) * (1 + 1e-9)))
        }
      )
    )
  })
})
