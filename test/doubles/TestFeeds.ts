import { Layer } from "effect"
import { AccountDataRest } from "../../src/layers/kraken/feed/AccountDataKraken.ts"
import { MarketDataRest } from "../../src/layers/kraken/feed/MarketDataKraken.ts"

/** Market and account data of a Kraken without a WebSocket, which is asked every few seconds. */
export const FeedsByRest = Layer.merge(MarketDataRest(), AccountDataRest())

/** Market and account data of a simulation, which is looked at twice a second. */
export const FeedsOfSimulation = Layer.merge(
  MarketDataRest("500 millis", true),
  AccountDataRest({ reads: "500 millis", events: "500 millis", isFree: true })
)
