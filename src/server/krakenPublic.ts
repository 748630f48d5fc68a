import { Context, Effect, Layer, Option } from "effect"
import { type Endpoint, isPrivate } from "../domain/endpoints/endpoints.ts"
import { HttpClientThroughProxy } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../layers/kraken/client/KrakenClientHttp.ts"
import { NamesKraken } from "../layers/kraken/names/NamesKraken.ts"
import { NonceSourceMemory } from "../layers/kraken/nonces/NonceSourceMemory.ts"
import { RateBudgetModel } from "../layers/kraken/rates/RateBudgetModel.ts"
import { Config } from "../services/Config.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import type { MarketData } from "../services/MarketData.ts"
import type { Names } from "../services/Names.ts"
import { MarketDataOfKraken } from "./feeds.ts"

/** A client for Kraken's public endpoints, with their rate limits, for settings without a key. */
export const KrakenPublic = KrakenClientHttp.pipe(
  Layer.provide([HttpClientThroughProxy, NonceSourceMemory]),
  Layer.provide(RateBudgetModel)
)

/** The settings without the API key. */
const WithoutKey = Layer.effect(
  Config,
  Effect.map(Config, (config) => ({ ...config, credentials: Option.none(), accounts: [] }))
)

/** Kraken's market, which several accounts share: the public endpoints, the lists of assets and pairs, and live prices. */
export const SharedMarket = Layer.merge(MarketDataOfKraken, NamesKraken).pipe(
  Layer.provideMerge(KrakenPublic),
  Layer.provide(WithoutKey)
)

/** Each client knows Kraken's clock by its own answers. */
const isOwn = (endpoint: Endpoint): boolean => isPrivate(endpoint) || endpoint === "public/Time"

/** Provides the shared market, and the client of an account with it: private calls are the account's own. */
export const onSharedMarket = (market: Context.Context<KrakenClient | MarketData | Names>) => {
  const shared = Context.get(market, KrakenClient)
  return Layer.merge(
    Layer.succeedContext(Context.omit(KrakenClient)(market)),
    Layer.effect(
      KrakenClient,
      Effect.map(KrakenClient, (own) =>
        KrakenClient.of({
          ...own,
          read: (endpoint, params, options) =>
            isOwn(endpoint) ? own.read(endpoint, params, options) : shared.read(endpoint, params, options)
        })
      )
    )
  )
}
