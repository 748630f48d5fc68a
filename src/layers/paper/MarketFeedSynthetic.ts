import { Effect, Layer } from "effect"
import { syntheticMarket } from "../../exchange/markets/synthetic/syntheticMarket.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** A market computed from the time only, and so the same on every exchange. There is nothing to observe. */
export const MarketFeedSynthetic = Layer.sync(MarketFeed, () => {
  const market = syntheticMarket()
  return MarketFeed.of({
    kind: "synthetic",
    name: market.name,
    open: () => market,
    lists: () => Effect.succeedNone,
    observe: () => Effect.succeed([]),
    read: () => Effect.succeedNone
  })
})
