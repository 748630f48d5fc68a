import { Effect, Layer } from "effect"
import { isPrivate } from "../../../domain/endpoints/endpoints.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { rateRefusals } from "../../metrics/instruments.ts"
import { makeLockout } from "./lockout.ts"

/**
 * Makes a budget without limits: Kraken itself refuses what is too much. A lockout is remembered all the same, since each
 * call would begin it again. `label` is the name of the account in metrics.
 */
export const makeRateBudgetOff = (label = ""): typeof RateBudget.Service => {
  const lockout = makeLockout(label)
  return {
    take: (endpoint) => (isPrivate(endpoint) ? lockout.check(endpoint) : Effect.void),
    carriedOut: () => Effect.void,
    exceeded: (_endpoint, _params, limiter) => Effect.sync(() => rateRefusals.add(limiter, label)),
    lockedOut: lockout.begin,
    remaining: Effect.succeed({ rest: { remaining: Infinity, maximum: Infinity, decayPerSecond: 0 } }),
    remainingOfEngine: Effect.succeed({ remaining: Infinity, maximum: Infinity })
  }
}

/** No rate limits of our own. */
export const RateBudgetOff = Layer.sync(RateBudget, () => makeRateBudgetOff())

/** The same in an emergency, in which nothing but Kraken holds a call back: each one is sent, also after a lockout. */
export const RateBudgetOfEmergency = Layer.sync(RateBudget, () => ({
  ...makeRateBudgetOff(),
  take: () => Effect.void
}))
