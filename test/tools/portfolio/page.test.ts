import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { candleChart } from "../../../src/domain/charts/candleChart.ts"
import * as D from "../../../src/domain/numbers/decimal.ts"
import { readPage, svgMeta } from "../../../src/tools/portfolio/page.ts"
import { inBrowser, isBrowserMissing, openBrowser } from "../../browser.ts"
import { hostOf } from "../../pageHost.ts"

const candles = [
  {
    time: 1_780_000_000,
    open: D.decimal("100"),
    high: D.decimal("110"),
    low: D.decimal("95"),
    close: D.decimal("105"),
    volume: D.decimal("3")
  }
]
const orders = [{ side: "buy" as const, price: D.decimal("98"), volume: "0.5" }]
const { svg } = candleChart({ title: "BTC/USD", minutes: 60, candles, orders, fills: [] })

const chart = {
  content: [{ type: "text", text: JSON.stringify({ pair: "BTC/USD" }) }],
  structuredContent: { pair: "BTC/USD", candles: 1, missing: ["fills: not readable"] },
  _meta: { [svgMeta]: svg }
}

const portfolio = {
  content: [{ type: "text", text: "{}" }],
  structuredContent: {
    currency: "USD",
    total: "1500",
    rows: [
      { asset: "BTC", amount: "0.02", price: "50000", value: "1000", share: "66.67", gain: "-12.5" },
      { asset: "<b>ETH</b>", amount: "0.25", price: "2000", value: "500", share: "33.33" }
    ],
    dust: { assets: ["DOGE"], value: "0.02" }
  }
}

/** A picture of one white pixel. */
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"

/** Evaluates an expression in the page, which is the frame of its host. */
const inside = (page: Page, expression: string) =>
  Effect.promise(() => page.frames()[1]?.evaluate<unknown>(expression) ?? Promise.resolve())

const background = (page: Page) => inside(page, "getComputedStyle(document.body).backgroundColor")

describe.skipIf(isBrowserMissing)(`the page of charts and portfolios, ${inBrowser}`, () => {
  /** Opens the page in a host. */
  const opened = Effect.gen(function* () {
    const browser = yield* openBrowser
    return yield* hostOf(yield* browser.open({ javaScriptEnabled: true, colorScheme: "light" }), yield* readPage)
  })

  it.scopedLive("shakes hands, draws a chart, and asks the host for nothing else", () =>
    Effect.gen(function* () {
      const { frame, page, received, requests, send } = yield* opened
      const asked: Array<string> = []
      page.on("request", (request) => asked.push(request.url()))
      yield* send("ui/notifications/tool-result", chart)
      yield* Effect.promise(() => frame.locator("svg path.up").waitFor())
      assert.strictEqual(yield* Effect.promise(() => frame.locator("svg").getAttribute("aria-label")), "BTC/USD")
      assert.deepStrictEqual(yield* Effect.promise(() => frame.locator("text.buy").allTextContents()), [
        "buy 0.5 at 98"
      ])
      assert.deepStrictEqual(yield* Effect.promise(() => frame.locator("p").allTextContents()), ["fills: not readable"])
      const methods = new Set((yield* received).map(({ method }) => method))
      assert.deepStrictEqual([...methods].filter((method) => method !== undefined).toSorted(), [
        "ui/initialize",
        "ui/notifications/initialized",
        "ui/notifications/size-changed"
      ])
      assert.deepStrictEqual([requests, asked], [[], []])
    })
  )

  it.scopedLive("shows the picture of a host that passes no metadata on", () =>
    Effect.gen(function* () {
      const { frame, page, send } = yield* opened
      const image = { type: "image", mimeType: "image/png", data: pixel }
      yield* send("ui/notifications/tool-result", { content: [...chart.content, image] })
      yield* Effect.promise(() => frame.locator("img").waitFor())
      assert.strictEqual(yield* inside(page, `document.querySelector("img").naturalWidth`), 1)
    })
  )

  it.scopedLive("shows a portfolio, and texts as texts", () =>
    Effect.gen(function* () {
      const { frame, page, send } = yield* opened
      yield* send("ui/notifications/tool-result", portfolio)
      yield* Effect.promise(() => frame.locator("table").waitFor())
      const texts = (selector: string) => Effect.promise(() => frame.locator(selector).allTextContents())
      assert.deepStrictEqual(yield* texts("h1"), ["1500 USD"])
      assert.deepStrictEqual(yield* texts("td:first-child"), ["BTC", "<b>ETH</b>"])
      assert.deepStrictEqual(yield* texts("td.loss"), ["-12.5"])
      const widths = yield* inside(
        page,
        `Array.from(document.querySelectorAll("td.bar div"), (bar) => bar.style.width)`
      )
      assert.deepStrictEqual(widths, ["66.67%", "33.33%"])
    })
  )

  it.scopedLive("is dark or light as the host says, and as the system prefers without a word of it", () =>
    Effect.gen(function* () {
      const { page, send } = yield* opened
      const seen = yield* background(page)
      yield* send("ui/notifications/host-context-changed", { theme: "dark" })
      const dark = yield* background(page)
      yield* send("ui/notifications/host-context-changed", { theme: "light" })
      const light = yield* background(page)
      assert.deepStrictEqual([seen, dark, light], ["rgb(255, 255, 255)", "rgb(21, 25, 30)", "rgb(255, 255, 255)"])
    })
  )

  it.scopedLive("runs no program of an answer, and connects to nothing", () =>
    Effect.gen(function* () {
      const { frame, page, send } = yield* opened
      const evil = `<svg xmlns="http://www.w3.org/2000/svg" onload="document.title='run'"><script>document.title = "run"</script><g class="end"/></svg>`
      yield* send("ui/notifications/tool-result", { ...chart, _meta: { [svgMeta]: evil } })
      yield* Effect.promise(() => frame.locator("g.end").waitFor({ state: "attached" }))
      assert.strictEqual(yield* inside(page, "document.title"), "Kraken")
      const refused = yield* inside(
        page,
        `new Promise((resolve) => { addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective)); fetch("https://example.com/").catch(() => undefined) })`
      )
      assert.strictEqual(refused, "connect-src")
    })
  )
})
