import { Effect, Layer } from "effect"
import { Config } from "../../../services/Config.ts"
import { type AccountName, Principal } from "../../../services/Principal.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import { makeRateBudget } from "./RateBudgetModel.ts"
import { makeRateBudgetOff } from "./RateBudgetOff.ts"

/** The most budgets in memory. The budget of an account that was evicted starts again with empty counters. */
const capacity = 1000

/** A rate budget for each account; without limits if the tier is `off`. */
export const RateBudgetPerAccount = Layer.unwrapEffect(
  Effect.map(Config, ({ tier }) => {
    const make = () => (tier === "off" ? makeRateBudgetOff() : makeRateBudget(tier))
    const budgets = makeBoundedMap<AccountName, typeof RateBudget.Service>(capacity)
    const budget = Effect.map(Principal, ({ account }) => budgets.getOrMake(account, make))
    return Layer.succeed(RateBudget, {
      take: (...call) => Effect.flatMap(budget, ({ take }) => take(...call)),
      carriedOut: (...call) => Effect.flatMap(budget, ({ carriedOut }) => carriedOut(...call)),
      exceeded: (...refusal) => Effect.flatMap(budget, ({ exceeded }) => exceeded(...refusal)),
      lockedOut: (endpoint) => Effect.flatMap(budget, ({ lockedOut }) => lockedOut(endpoint)),
      remaining: Effect.flatMap(budget, ({ remaining }) => remaining),
      remainingOfEngine: Effect.flatMap(budget, ({ remainingOfEngine }) => remainingOfEngine)
    })
  })
)
