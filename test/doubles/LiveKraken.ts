import { Clock, Effect, Layer } from "effect"
import Database from "better-sqlite3"
import { join } from "node:path"
import { parseJson } from "../../src/domain/wire/json.ts"
import { handle } from "../../src/exchange/commands/handle.ts"
import { importCatalogue } from "../../src/exchange/commands/catalogueImport/importCatalogue.ts"
import { makeExchange } from "../../src/exchange/state/state.ts"
import { MarketDataRest } from "../../src/layers/kraken/feed/MarketDataKraken.ts"
import { KrakenClientPaper } from "../../src/layers/paper/KrakenClientPaper.ts"
import { type PaperAccounts, PaperAccountsServed } from "../../src/layers/paper/PaperAccounts.ts"
import type { MarketFeed } from "../../src/layers/paper/MarketFeed.ts"
import { MarketFeedLive } from "../../src/layers/paper/MarketFeedLive.ts"
import { RestingOrderPoller } from "../../src/layers/paper/RestingOrderPoller.ts"
import { RateBudgetPerAccount } from "../../src/layers/kraken/rates/RateBudgetPerAccount.ts"
import type { Config } from "../../src/services/Config.ts"
import { KrakenClient } from "../../src/services/KrakenClient.ts"
import { KrakenUnavailable } from "../../src/services/KrakenErrors.ts"
import type { RateBudget } from "../../src/services/RateBudget.ts"
import { opening, type Prices, scripted } from "./TestMarket.ts"
import { TestConfig } from "./TestConfig.ts"
import { read, write } from "./TestPaper.ts"
import { OperatedOnPaper } from "./TestPrincipal.ts"

/** Makes a Kraken whose market moves as scripted, with a trade at the mid price at each move. */
export const makeKraken = (prices: Prices) => {
  const market = scripted(prices)
  const exchange = makeExchange(
    {
      ...market,
      trades: (pair, { after, until }) => {
        const trade = { ...market.last(pair, until)!, id: market.tick(pair, until) }
        return trade.time > after ? [trade] : []
      }
    },
    opening
  )
  const state = {
    down: false,
    calls: 0,
    asked: [] as Array<string>,
    change: (_: string, answer: unknown): unknown => answer
  }
  const read: (typeof KrakenClient.Service)["read"] = (endpoint, params) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (state.down) return new KrakenUnavailable({ endpoint, reason: "connection refused" })
      state.calls++
      state.asked.push(endpoint)
      const answer = handle(exchange, { endpoint, params, now })
      if ("errors" in answer) return Effect.die(answer.errors)
      return Effect.succeed(state.change(endpoint, parseJson(JSON.stringify(answer.result))))
    })
  /** Lists more pairs or other rules than an exchange's built-in catalogue. */
  const list = (rows: object) => importCatalogue(exchange, { seen: exchange.now, ...rows })
  return { state, list, layer: Layer.provideMerge(MarketDataRest(), Layer.mock(KrakenClient, { read })) }
}

/** Makes paper accounts on that Kraken's market, with the memory of a separate process. */
export const process = (stateDir: string, kraken: Kraken) =>
  processOf(Layer.merge(KrakenClientPaper, RestingOrderPoller), stateDir, kraken)

/** Makes the same without the poller of resting orders. */
export const unwatched = (stateDir: string, kraken: Kraken) => processOf(KrakenClientPaper, stateDir, kraken)

type Kraken = Pick<ReturnType<typeof makeKraken>, "layer">

const processOf = <A, E>(
  parts: Layer.Layer<A, E, Config | PaperAccounts | MarketFeed | RateBudget>,
  stateDir: string,
  { layer }: Kraken
) =>
  parts.pipe(
    Layer.provide(PaperAccountsServed.pipe(Layer.provideMerge(Layer.provide(MarketFeedLive, layer)))),
    Layer.provideMerge(RateBudgetPerAccount),
    Layer.provide(TestConfig({ mode: "paper", stateDir, tier: "off", paperBalances: { USD: "100000" } })),
    Layer.merge(OperatedOnPaper),
    Layer.fresh
  )

export const place = (order: object) =>
  Effect.map(write("private/AddOrder", order), (result) => String(Object(result).txid[0]))
export const see = (txid: string) => Effect.map(read("private/QueryOrders", { txid }), (orders) => Object(orders)[txid])
export const account = Effect.all([read("private/BalanceEx"), read("private/ClosedOrders"), read("private/OpenOrders")])

/** Reads the journal's entries of one command. */
export const kept = (folder: string, endpoint: string) =>
  Effect.sync(() => {
    const db = new Database(join(folder, "paper.db"), { readonly: true })
    const rows = db.prepare("SELECT params FROM journal WHERE endpoint = ? ORDER BY seq").pluck().all(endpoint)
    db.close()
    return rows.map((params) => JSON.parse(String(params)))
  })
