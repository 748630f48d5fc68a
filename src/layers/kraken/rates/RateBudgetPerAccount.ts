import { Effect, Layer } from "effect"
import { Config } from "../../../services/Config.ts"
import { type AccountName, Principal } from "../../../services/Principal.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { makeRateBudget } from "./RateBudgetModel.ts"
import { RateBudgetOff } from "./RateBudgetOff.ts"

/** Budgets that are kept; of more accounts, the one that has been there longest begins anew. */
const capacity = 1000

/** A budget for each account; none for `off`. */
export const RateBudgetPerAccount = Layer.unwrapEffect(
  Effect.map(Config, ({ tier }) => {
    if (tier === "off") return RateBudgetOff
    const budgets = new Map<AccountName, typeof RateBudget.Service>()
    const budget = Effect.map(Principal, ({ account }) => {
      const known = budgets.get(account) ?? makeRateBudget(tier)
      const [oldest] = budgets.keys()
      if (!budgets.has(account) && budgets.size >= capacity && oldest !== undefined) budgets.delete(oldest)
      budgets.set(account, known)
      return known
    })
    return Layer.succeed(RateBudget, {
      take: (...call) => Effect.flatMap(budget, ({ take }) => take(...call)),
      carriedOut: (...call) => Effect.flatMap(budget, ({ carriedOut }) => carriedOut(...call)),
      exceeded: (...refusal) => Effect.flatMap(budget, ({ exceeded }) => exceeded(...refusal)),
      lockedOut: (endpoint) => Effect.flatMap(budget, ({ lockedOut }) => lockedOut(endpoint)),
      remaining: Effect.flatMap(budget, ({ remaining }) => remaining)
    })
  })
)
