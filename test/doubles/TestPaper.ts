import { Effect, Layer, TestClock } from "effect"
import type { Endpoint, WriteEndpoint } from "../../src/domain/endpoints/endpoints.ts"
import { KrakenClientPaper } from "../../src/layers/paper/KrakenClientPaper.ts"
import { PaperAccountsServed } from "../../src/layers/paper/PaperAccounts.ts"
import { MarketFeedSynthetic } from "../../src/layers/paper/MarketFeedSynthetic.ts"
import { RateBudgetPerAccount } from "../../src/layers/kraken/rates/RateBudgetPerAccount.ts"
import type { Config } from "../../src/services/Config.ts"
import { KrakenClient } from "../../src/services/KrakenClient.ts"
import { TestConfig } from "./TestConfig.ts"
import { as as asBearer, OperatedOnPaper } from "./TestPrincipal.ts"

/** Makes paper accounts in a folder, with the memory of a separate process. */
export const paperIn = (stateDir: string, changes: Partial<typeof Config.Service> = {}) =>
  KrakenClientPaper.pipe(
    Layer.provideMerge(Layer.merge(PaperAccountsServed, RateBudgetPerAccount)),
    Layer.provideMerge(MarketFeedSynthetic),
    Layer.provide(TestConfig({ mode: "paper", stateDir, tier: "off", ...changes })),
    Layer.merge(OperatedOnPaper),
    Layer.fresh
  )

/** Sets the clock to 9:00 UTC on 27 November 2026. */
export const morning = Effect.orDie(TestClock.setTime(Date.UTC(2026, 10, 27, 9)))

/** Runs an effect as the bearer of the token with this id. */
export const as = (id: string) => asBearer(id, "paper")

export const read = (endpoint: Endpoint, params: object = {}) =>
  Effect.flatMap(KrakenClient, (kraken) => kraken.read(endpoint, { ...params }))

export const write = (endpoint: WriteEndpoint, params: object = {}) =>
  Effect.flatMap(KrakenClient, (kraken) => kraken.write(endpoint, { ...params }))

/** A buy order far below the market, which stays open. */
export const resting = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.001", price: "1000" }

export const buy = { pair: "XBTUSD", type: "buy", ordertype: "market", volume: "0.01" }
