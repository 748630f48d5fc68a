import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Effect, Either, Layer } from "effect"
import type { Endpoint } from "../domain/endpoints/endpoints.ts"
import { decodeResponse } from "../layers/kraken/client/decodeResponse.ts"
import { HttpClientThroughProxy } from "../layers/kraken/client/HttpClientThroughProxy.ts"
import { makeTransport } from "../layers/kraken/client/transport.ts"
import { MarketDataRest } from "../layers/kraken/feed/MarketDataKraken.ts"
import { MarketFeedLive } from "../layers/paper/MarketFeedLive.ts"
import { MarketFeedSynthetic } from "../layers/paper/MarketFeedSynthetic.ts"
import { Config } from "../services/Config.ts"
import { MarketDataOfKraken } from "./feeds.ts"
import { KrakenPublic } from "./krakenPublic.ts"

/** Market data of the live market. */
export const MarketDataLive = Layer.provide(MarketDataOfKraken, KrakenPublic)

/** The live market by REST alone, for a command that ends soon. */
export const LiveMarketOnce = Layer.provide(MarketFeedLive, Layer.provideMerge(MarketDataRest(), KrakenPublic))

export const LiveMarket = Layer.provide(MarketFeedLive, Layer.merge(KrakenPublic, MarketDataLive))

/** The longest time that a start waits for Kraken's answer, in milliseconds. */
const patience = 1500

const status: Endpoint = "public/SystemStatus"

/** Asks Kraken once. The repeats of the client would hold up a start without a network by a second. */
const answers = Effect.gen(function* () {
  const { baseUrl } = yield* Config
  const { send } = yield* makeTransport
  const response = yield* send(HttpClientRequest.get(`${baseUrl}/0/${status}`), patience)
  return Either.isRight(decodeResponse(response, false))
}).pipe(Effect.orElseSucceed(() => false))

/** Kraken's market if Kraken answers, else the synthetic one, which needs no network. */
export const AnyMarket = Layer.unwrapEffect(
  Effect.map(answers, (answers) => (answers ? LiveMarket : MarketFeedSynthetic))
).pipe(Layer.provide(HttpClientThroughProxy))
