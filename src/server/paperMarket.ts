import { Effect, Layer, Option } from "effect"
import { HttpClientThroughProxy } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { KrakenClientHttp } from "../layers/kraken/client/KrakenClientHttp.ts"
import { NonceSourceMemory } from "../layers/kraken/nonces/NonceSourceMemory.ts"
import { MarketFeedLive } from "../layers/paper/MarketFeedLive.ts"
import { MarketFeedSynthetic } from "../layers/paper/MarketFeedSynthetic.ts"
import { RateBudgetModel } from "../layers/kraken/rates/RateBudgetModel.ts"
import { operator } from "../layers/access/principals.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import { Principal } from "../services/Principal.ts"
import { MarketDataOfKraken } from "./feeds.ts"

/** A client for Kraken's public endpoints, with their rate limits. Paper mode has no key. */
export const KrakenPublic = KrakenClientHttp.pipe(
  Layer.provide([HttpClientThroughProxy, NonceSourceMemory]),
  Layer.provide(RateBudgetModel)
)

/** Market data of the live market. */
export const MarketDataLive = Layer.provide(MarketDataOfKraken, KrakenPublic)

export const LiveMarket = Layer.provide(MarketFeedLive, KrakenPublic)

/** The longest time that a start waits for Kraken's answer. */
const patience = "1500 millis"

/** Kraken's market if Kraken answers, else the synthetic one, which needs no network. */
export const AnyMarket = Layer.unwrapEffect(
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const status = Effect.provideService(kraken.read("public/SystemStatus", {}), Principal, operator("live"))
    const answer = yield* Effect.option(Effect.timeout(status, patience))
    return Option.isSome(answer) ? MarketFeedLive : MarketFeedSynthetic
  })
).pipe(Layer.provide(KrakenPublic))
