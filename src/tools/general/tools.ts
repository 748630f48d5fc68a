import { Effect, Schema } from "effect"
import { AccountData } from "../../services/AccountData.ts"
import { FeedState, MarketData } from "../../services/MarketData.ts"
import { defaultAccount } from "../../services/KrakenAccount.ts"
import { Principal } from "../../services/Principal.ts"
import { TradingMode } from "../../services/TradingMode.ts"
import * as Tool from "../kit/tool.ts"

export const getTradingMode = Tool.make("get_trading_mode", {
  title: "Trading mode",
  description: "The trading mode (live: real money; paper: simulated), the account in use, and how to change it.",
  input: {},
  handler: Effect.fn("Tool.get_trading_mode")(function* () {
    const trading = yield* TradingMode
    const [market, account] = [yield* MarketData, yield* AccountData]
    const live_data = { market: yield* market.state, account: yield* account.state }
    const { address, unreadFile } = trading
    const unread = unreadFile === undefined ? "" : `; this settings file was not read: ${JSON.stringify(unreadFile)}`
    const elsewhere = address === undefined ? "" : `; requests go to ${address}, which is not Kraken's address`
    if (trading.mode === "paper") {
      const principal = yield* Principal
      const owner = `paper account ${principal.account}, used only by this client${unread}`
      return {
        mode: trading.mode,
        simulated: true,
        account: owner,
        market: trading.market.name + elsewhere,
        live_data,
        to_change: goLive
      }
    }
    const { krakenAccount } = yield* Principal
    const name = krakenAccount === defaultAccount ? "of the API key" : JSON.stringify(krakenAccount)
    const owner = (trading.hasKey ? `the Kraken account ${name}` : "none: no API key is configured") + unread
    return {
      mode: trading.mode,
      simulated: false,
      account: owner,
      market: `Kraken${elsewhere}`,
      live_data,
      to_change: goPaper
    }
  }),
  output: Schema.Struct({
    mode: Schema.String,
    simulated: Schema.Boolean,
    account: Schema.String,
    market: Schema.String,
    live_data: Schema.Struct({ market: FeedState, account: FeedState }).annotations({
      description: "idle: not asked for now; stale: Kraken is asked by REST instead"
    }),
    to_change: Schema.String
  })
})

const goLive =
  "Only the user can, by a key of Kraken and a new start of the server: see docs/paper.md. Over HTTP, this client might then need another token."

const goPaper = "Only the user can, by a new start of the server: see docs/paper.md."
