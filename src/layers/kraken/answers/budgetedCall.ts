import { type DateTime, Effect } from "effect"
import type { Endpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import { namesOf } from "../../../domain/wire/requests.ts"
import type { Priority } from "../../../services/KrakenClient.ts"
import type { RateBudget } from "../../../services/RateBudget.ts"
import { toKrakenError } from "./toKrakenError.ts"
import type { ApiRefusal } from "./sendErrors.ts"

/** Makes the steps before and after a call that the real and the simulated Kraken share: log, rate budget, errors. */
export const makeBudgetedCall = (
  budget: typeof RateBudget.Service,
  now: Effect.Effect<DateTime.Utc>,
  lag = Effect.succeed(0)
) => ({
  take: (endpoint: Endpoint, params: Params, priority: Priority) =>
    Effect.zipRight(
      Effect.logDebug("Calling Kraken", { endpoint, parameters: namesOf(params).join(",") }),
      budget.take(endpoint, params, priority)
    ),

  /** Fails with the typed error of a refusal. Reports rate limits and lockouts to the rate budget. */
  refuse: Effect.fnUntraced(function* (endpoint: Endpoint, params: Params, refused: ApiRefusal) {
    if (refused.meaning._tag === "Lockout") return yield* yield* budget.lockedOut(endpoint)
    const error = toKrakenError(endpoint, refused, yield* now, yield* lag)
    if (error._tag === "KrakenRateLimitError") yield* budget.exceeded(endpoint, params, error.limiter)
    return yield* error
  })
})
