import { Effect, Layer } from "effect"
import { syntheticMarket } from "../../exchange/markets/synthetic/SyntheticMarket.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** A market that is computed from the time alone: every exchange sees the same, there is nothing to observe. */
export const MarketFeedSynthetic = Layer.sync(MarketFeed, () => {
  const market = syntheticMarket()
  return MarketFeed.of({
    kind: "synthetic",
    name: market.name,
    open: () => market,
    lists: () => Effect.succeedNone,
    look: () => Effect.succeed([]),
    read: () => Effect.succeedNone
  })
})
