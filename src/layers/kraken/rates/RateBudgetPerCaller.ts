import { Effect, Layer } from "effect"
import { CallFacts, callerId } from "../../../services/CallFacts.ts"
import { Config } from "../../../services/Config.ts"
import { RateBudget } from "../../../services/RateBudget.ts"
import { makeRateBudget } from "./RateBudgetModel.ts"
import { RateBudgetOff } from "./RateBudgetOff.ts"

/** Budgets that are kept; of more callers, the one that has been there longest begins anew. */
const capacity = 1000

/** A budget for each caller, where each has an account of their own; none for `off`. */
export const RateBudgetPerCaller = Layer.unwrapEffect(
  Effect.map(Config, ({ tier }) => {
    if (tier === "off") return RateBudgetOff
    const budgets = new Map<string, typeof RateBudget.Service>()
    const budget = Effect.map(CallFacts, ({ caller }) => {
      const id = callerId(caller)
      const known = budgets.get(id) ?? makeRateBudget(tier)
      const [oldest] = budgets.keys()
      if (!budgets.has(id) && budgets.size >= capacity && oldest !== undefined) budgets.delete(oldest)
      budgets.set(id, known)
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
