import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Scope } from "effect"
import { KrakenPaper } from "../../src/server/krakenPaper.ts"
import type { Config } from "../../src/services/Config.ts"
import { TradingMode } from "../../src/services/TradingMode.ts"
import { importCatalogue } from "../../src/exchange/commands/catalogueImport/importCatalogue.ts"
import { asset } from "../fixtures/krakenLists.ts"
import { servedExchange } from "../exchange/rest/served.ts"
import { freePort } from "../freePort.ts"
import { makeCommandLine } from "./commandLine.ts"
import { read, write } from "../doubles/TestPaper.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { OperatedOnPaper } from "../doubles/TestPrincipal.ts"

/** The paper accounts of `serve --paper`, with Kraken at the given address. */
const paper = (stateDir: string, baseUrl: string, changes: Partial<typeof Config.Service> = {}) =>
  KrakenPaper.pipe(
    Layer.provide(
      TestConfig({ mode: "paper", stateDir, baseUrl, tier: "off", paperBalances: { BTC: "5" }, ...changes })
    ),
    Layer.merge(OperatedOnPaper),
    Layer.fresh
  )

const sell = { pair: "XBTUSD", type: "sell", ordertype: "market", volume: "0.01" }

const place = (order: object) =>
  Effect.map(write("private/AddOrder", order), (result) => String(Object(result).txid[0]))
const see = (txid: string) => Effect.map(read("private/QueryOrders", { txid }), (orders) => Object(orders)[txid])
const best = (side: "asks" | "bids") =>
  Effect.map(read("public/Depth", { pair: "XBTUSD", count: 1 }), (book) => Number(Object(book).XXBTZUSD[side][0][0]))

const market = Effect.map(TradingMode, (trading) => (trading.mode === "paper" ? trading.market : undefined))

describe("the market of paper accounts", () => {
  it.scopedLive("is Kraken's if Kraken answers: orders trade with its books, over HTTP", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const kraken = yield* Scope.make()
      const { url } = yield* Scope.extend(servedExchange(), kraken)
      const admin = (what: string, body: object) =>
        Effect.promise(() => fetch(`${url}/admin/${what}`, { method: "POST", body: JSON.stringify(body) }))

      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* market, {
          kind: "live",
          name: `live market of ${new URL(url).host}`
        })
        const bid = yield* best("bids")
        const order = yield* see(yield* place(sell))
        assert.strictEqual(order.status, "closed")
        assert.approximately(Number(order.price), bid, bid * 0.001)

        // The market rises above an order, which is filled a second later.
        const ask = yield* best("asks")
        const txid = yield* place({ ...sell, ordertype: "limit", price: `${(ask * 1.0005).toFixed(1)}0000` })
        assert.strictEqual((yield* see(txid)).status, "open")
        while ((yield* best("bids")) < ask * 1.001) yield* admin("advance", { seconds: 3600 })
        const later = Effect.zipRight(read("private/TradeBalance"), see(txid))
        assert.deepInclude(yield* Effect.repeat(later, { until: ({ status }) => status !== "open" }), {
          status: "closed",
          price: `${(ask * 1.0005).toFixed(1)}0000`
        })

        yield* admin("faults", { endpoint: "Depth", kind: "html-502", count: 20 })
        const failed = yield* Effect.flip(place({ ...sell, pair: "ETHUSD" }))
        assert.strictEqual(failed._tag, "KrakenUnavailable")
        yield* Scope.close(kraken, yield* Effect.exit(Effect.void))
        const away = yield* Effect.flip(place({ ...sell, pair: "ETHUSD", type: "buy" }))
        assert.strictEqual(away._tag, "KrakenUnavailable")
        assert.strictEqual(Object(yield* read("private/ClosedOrders")).count, 2)
      }).pipe(Effect.provide(paper(folder, url)))

      // Without Kraken, the computed market with its own accounts is used, unless the settings require the live one.
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* market)?.kind, "synthetic")
        assert.strictEqual((yield* see(yield* place(sell))).status, "closed")
        assert.strictEqual(Object(yield* read("private/ClosedOrders")).count, 1)
      }).pipe(Effect.provide(paper(folder, url)))
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* market)?.kind, "live")
        assert.strictEqual(Object(yield* read("private/ClosedOrders")).count, 2)
      }).pipe(Effect.provide(paper(folder, url, { paperMarket: "live" })))
    })
  )

  it.scopedLive("has everything that Kraken lists: any of its assets can be deposited", () =>
    Effect.gen(function* () {
      const { folder, run } = yield* makeCommandLine
      const { rest, url } = yield* servedExchange()
      const env = { MCP_KRAKEN_STATE_DIR: folder, KRAKEN_BASE_URL: url }
      const balance = read("private/Balance")
      yield* Effect.provide(balance, paper(folder, url))
      const given = ["paper", "deposit", "ena", "7.5"]
      const unknown = yield* run(given, env)
      assert.deepInclude(unknown, { code: 2, stdout: "" })
      assert.match(unknown.stderr, /^ASSET: .*"ena"\n$/)
      importCatalogue(rest.exchange, { seen: 0, assets: { ENA: asset("ENA", 5) } })
      const deposited = yield* run(given, env)
      assert.deepInclude(deposited, { code: 0, stderr: "" })
      assert.include(deposited.stdout, "7.5 ENA")
      assert.deepStrictEqual(yield* Effect.provide(balance, paper(folder, url)), {
        XXBT: "5.0000000000",
        ENA: "7.50000"
      })
      // Recorded details need no request to Kraken.
      const shown = yield* run(["paper", "show"], { ...env, KRAKEN_BASE_URL: `http://127.0.0.1:${yield* freePort}` })
      assert.match(shown.stdout, /^ENA +7\.50000 +0\.00000$/m)
    })
  )

  it.scopedLive("is computed if the settings say so, even if Kraken answers", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const { url } = yield* servedExchange()
      const kind = Effect.map(market, (it) => it?.kind)
      assert.strictEqual(yield* Effect.provide(kind, paper(folder, url, { paperMarket: "synthetic" })), "synthetic")
      assert.strictEqual(yield* Effect.provide(kind, paper(folder, `http://127.0.0.1:${yield* freePort}`)), "synthetic")
    })
  )
})
