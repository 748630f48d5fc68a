import { Effect, Layer } from "effect"
import { SettingsError } from "../layers/ConfigEnv.ts"
import { KrakenClientPaper } from "../layers/KrakenClientPaper.ts"
import { PaperAccounts, PaperAccountsServed } from "../layers/paper/Accounts.ts"
import { MarketFeed } from "../layers/paper/MarketFeed.ts"
import { MarketFeedSynthetic } from "../layers/paper/MarketFeedSynthetic.ts"
import { RateBudgetPerCaller } from "../layers/RateBudgetPerCaller.ts"
import { Config } from "../services/Config.ts"
import { TradingMode } from "../services/TradingMode.ts"

/** The market that the settings ask for. */
const Feed = Layer.unwrapEffect(
  Effect.flatMap(Config, ({ paperMarket }) =>
    paperMarket === "live"
      ? new SettingsError({ problems: ["MCP_KRAKEN_PAPER_MARKET: there is no live market in this version"] })
      : Effect.succeed(MarketFeedSynthetic)
  )
)

/** Says on what the accounts trade, which is where everything else follows from. */
const Mode = Layer.effect(
  TradingMode,
  Effect.gen(function* () {
    const { kind, name } = yield* MarketFeed
    const { file } = yield* PaperAccounts
    yield* Effect.logInfo(`PAPER MODE: simulated accounts on the ${name}, kept in ${file}`)
    return { mode: "paper", market: { kind, name } }
  })
)

/** An account for each caller, simulated. */
export const KrakenPaper = Layer.merge(KrakenClientPaper, Mode).pipe(
  Layer.provide(PaperAccountsServed.pipe(Layer.provideMerge(Feed))),
  Layer.provideMerge(RateBudgetPerCaller)
)
