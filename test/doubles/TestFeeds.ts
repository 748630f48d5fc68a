import { Layer } from "effect"
import { AlertsInMemory } from "../../src/layers/access/alerts/AlertsSql.ts"
import { AccountDataRest } from "../../src/layers/kraken/feed/AccountDataKraken.ts"
import { MarketDataRest } from "../../src/layers/kraken/feed/MarketDataKraken.ts"

/** Market and account data of a Kraken without a WebSocket, which is asked every few seconds, and alerts that nobody watches. */
export const FeedsByRest = Layer.mergeAll(MarketDataRest(), AccountDataRest(), AlertsInMemory)

/** Market and account data of a simulation, which is looked at twice a second, and alerts that nobody watches. */
export const FeedsOfSimulation = Layer.mergeAll(
  AlertsInMemory,
  MarketDataRest("500 millis", true),
  AccountDataRest({ reads: "500 millis", events: "500 millis", isFree: true })
)
