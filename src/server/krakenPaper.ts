import { Effect, Layer } from "effect"
import { KrakenClientPaper } from "../layers/paper/KrakenClientPaper.ts"
import { PaperAccounts, PaperAccountsServed } from "../layers/paper/PaperAccounts.ts"
import { MarketFeed } from "../layers/paper/MarketFeed.ts"
import { MarketFeedSynthetic } from "../layers/paper/MarketFeedSynthetic.ts"
import { RestingOrderPoller } from "../layers/paper/RestingOrderPoller.ts"
import { RateBudgetPerAccount } from "../layers/kraken/rates/RateBudgetPerAccount.ts"
import { Config } from "../services/Config.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import { TradingMode } from "../services/TradingMode.ts"
import { doubts } from "./doubts.ts"
import { MarketDataSimulated } from "./feeds.ts"
import { load } from "../layers/process/load.ts"

/**
 * The market that the settings name. Without such a setting: the live one if Kraken answers, else the synthetic one.
 */
const Feed = Layer.unwrapEffect(
  Effect.flatMap(Config, ({ paperMarket }) =>
    paperMarket === "synthetic"
      ? Effect.succeed(MarketFeedSynthetic)
      : Effect.map(
          load(() => import("./paperMarket.ts")),
          ({ AnyMarket, LiveMarket }) => (paperMarket === "live" ? LiveMarket : AnyMarket)
        )
  )
)

/** Logs the market on which the accounts trade, and provides it. */
const Mode = Layer.effect(
  TradingMode,
  Effect.gen(function* () {
    const { kind, name } = yield* MarketFeed
    const { file } = yield* PaperAccounts
    yield* Effect.logInfo(`PAPER MODE: simulated accounts on the ${name}, kept in ${file}`)
    return { mode: "paper", market: { kind, name }, ...doubts(yield* Config) }
  })
)

const LiveMarketData = Layer.unwrapEffect(
  Effect.map(
    load(() => import("./paperMarket.ts")),
    ({ MarketDataLive }) => MarketDataLive
  )
)

/** Data of the market on which the accounts trade. */
const MarketDataPaper = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { kind } = yield* MarketFeed
    const simulation = Layer.succeed(KrakenClient, yield* KrakenClient)
    return kind === "live" ? LiveMarketData : Layer.provide(MarketDataSimulated, simulation)
  })
)

/** A simulated Kraken with an account for each caller. */
export const KrakenPaper = MarketDataPaper.pipe(
  Layer.provideMerge(Layer.mergeAll(KrakenClientPaper, Mode, RestingOrderPoller)),
  Layer.provide(PaperAccountsServed.pipe(Layer.provideMerge(Feed))),
  Layer.provideMerge(RateBudgetPerAccount)
)
