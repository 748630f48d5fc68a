import { DateTime, Effect, Layer } from "effect"
import { KrakenLockout } from "../../../services/KrakenErrors.ts"
import { RateBudget } from "../../../services/RateBudget.ts"

/** No rate budget: Kraken itself refuses what is too much. */
export const RateBudgetOff = Layer.succeed(RateBudget, {
  take: () => Effect.void,
  carriedOut: () => Effect.void,
  exceeded: () => Effect.void,
  lockedOut: (endpoint) =>
    Effect.map(DateTime.now, (now) => new KrakenLockout({ endpoint, until: DateTime.add(now, { minutes: 15 }) })),
  remaining: Effect.succeed({ rest: { remaining: Infinity, maximum: Infinity, decayPerSecond: 0 } }),
  remainingOfEngine: Effect.succeed({ remaining: Infinity, maximum: Infinity })
})
