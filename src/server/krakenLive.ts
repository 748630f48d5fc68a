import { type Context, Effect, Layer, Option } from "effect"
import { HttpClientThroughProxy } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceOfState } from "../layers/kraken/nonces/NonceSourceOfState.ts"
import { RateBudgetOfState } from "../layers/kraken/rates/RateBudgetOfState.ts"
import { doubts } from "./doubts.ts"
import { MarketDataOfKraken } from "./feeds.ts"
import { onSharedMarket } from "./krakenPublic.ts"
import { moneyOut } from "./moneyOut.ts"
import { Config } from "../services/Config.ts"
import type { KrakenClient } from "../services/KrakenClient.ts"
import type { MarketData } from "../services/MarketData.ts"
import type { Names } from "../services/Names.ts"
import { TradingMode } from "../services/TradingMode.ts"

/** Logs the account in use, as paper mode does, and the tools that can empty it. */
const Mode = Layer.effect(
  TradingMode,
  Effect.gen(function* () {
    const config = yield* Config
    const { baseUrl, credentials, readOnly } = config
    const hasKey = Option.isSome(credentials)
    yield* Effect.logInfo(
      hasKey
        ? `LIVE MODE: calls ${readOnly ? "read" : "act on"} the account of the API key at ${baseUrl}`
        : "LIVE MODE without an API key: public market data only"
    )
    const out = hasKey ? moneyOut(config) : []
    if (out.length > 0) {
      yield* Effect.logWarning(
        `Tools that move money out of the account are offered: ${out.join(", ")}. MCP_KRAKEN_TOOLSETS without funding leaves them out, and Kraken refuses them to an API key without the permission to withdraw.`
      )
    }
    return { mode: "live", hasKey, ...doubts(config) }
  })
)

/** The client of the API key's account. */
const Client = KrakenClientHttp.pipe(
  Layer.provide(HttpClientThroughProxy),
  Layer.provideMerge(Layer.mergeAll(NonceSourceOfState, RateBudgetOfState, Mode))
)

/** The API key's account at Kraken, and Kraken's market. */
export const KrakenLive = Layer.provideMerge(MarketDataOfKraken, Client)

/** The API key's account at Kraken, on a market that accounts share. */
export const krakenOnSharedMarket = (market: Context.Context<KrakenClient | MarketData | Names>) =>
  onSharedMarket(market).pipe(Layer.provideMerge(Client))
