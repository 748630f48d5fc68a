import { Effect, Layer, Logger, LogLevel, TestClock, TestContext } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readPage } from "../../src/tools/portfolio/page.ts"
import { openBrowser } from "../../test/browser.ts"
import { hostOf } from "../../test/pageHost.ts"
import { callTool, paperProduct } from "../../test/golden/product.ts"
import { morning } from "../../test/doubles/TestPaper.ts"
import { images } from "./drawnFrom.ts"

const market = (type: "buy" | "sell", pair: string, volume: string) =>
  callTool("add_order", { pair, type, ordertype: "market", volume })

const limit = (type: "buy" | "sell", price: number) =>
  callTool("add_order", { pair: "BTC/USD", type, ordertype: "limit", volume: "0.5", price: String(Math.round(price)) })

/** The answers of both tools, after a few days of trades. */
const answers = Effect.gen(function* () {
  yield* market("buy", "BTC/USD", "0.3")
  yield* TestClock.adjust("14 hours")
  yield* market("buy", "ETH/USD", "4")
  yield* market("sell", "BTC/USD", "0.5")
  yield* TestClock.adjust("20 hours")
  yield* market("buy", "BTC/USD", "0.2")
  yield* market("buy", "SOL/USD", "30")
  yield* TestClock.adjust("9 hours")
  const { result } = yield* callTool("get_chart", { pair: "BTC/USD" })
  const close = Number(Object(result?.structuredContent).close)
  yield* limit("buy", close * 0.97)
  yield* limit("sell", close * 1.02)
  const [chart, portfolio] = [yield* callTool("get_chart", { pair: "BTC/USD" }), yield* callTool("get_portfolio", {})]
  return { chart: chart.result, portfolio: portfolio.result }
})

/** The contents of the pictures: the answers of both tools, and the page that shows them. */
const shown = Effect.gen(function* () {
  yield* morning
  return { results: yield* answers, html: yield* readPage }
})

/** Runs an effect on a new simulated account. */
const onPaper = <A, E>(body: Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof paperProduct>>>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-kraken-pictures-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const context = yield* Layer.build(Layer.merge(paperProduct(folder), TestContext.TestContext))
    return yield* Effect.provide(body, context)
  }).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.scoped)

/** Writes what the pictures show as text. */
export const chartSource = Effect.map(onPaper(shown), (it) => JSON.stringify(it))

/** Draws the pictures of charts and portfolios, of a simulated account. It needs Chromium. */
export const drawCharts = Effect.gen(function* () {
  const { html, results } = yield* onPaper(shown)
  const image: { readonly data?: string } = Object(results.chart?.content.find(({ type }) => type === "image"))
  writeFileSync(join(images, "chart.png"), Buffer.from(image.data ?? "", "base64"))
  const browser = yield* openBrowser
  for (const [name, result] of Object.entries(results)) {
    for (const theme of ["light", "dark"] as const) {
      const viewport = { width: 720, height: name === "chart" ? 400 : 260 }
      const shown = yield* hostOf(yield* browser.open({ javaScriptEnabled: true, viewport }), html, { theme })
      yield* shown.send("ui/notifications/tool-result", { ...result })
      const path = join(images, `${name}-page${theme === "dark" ? "-dark" : ""}.png`)
      yield* Effect.promise(() => shown.page.screenshot({ path }))
    }
  }
}).pipe(Effect.scoped)
