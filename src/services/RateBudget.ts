import { Context, type Effect } from "effect"
import type { Endpoint, Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { Priority } from "./KrakenClient.ts"
import type { KrakenLockout, KrakenRateLimitError } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"

/** The remaining budget before calls have to wait. */
interface Budget {
  /** The REST counter of the key. Calls cost 0 to 2. The last three points are reserved for settling writes. */
  readonly rest: { readonly remaining: number; readonly maximum: number; readonly decayPerSecond: number }
}

/**
 * A model of Kraken's rate limits, with which calls wait or fail before Kraken refuses them. All callers of an account
 * share it.
 */
export class RateBudget extends Context.Tag("mcp-kraken/services/RateBudget")<
  RateBudget,
  {
    /**
     * Takes the cost of a call. Waits, with progress reports, if the budget suffices within ten seconds; otherwise fails
     * with the seconds to wait. Reads do not delay cancels and settlement, nor does the engine's counter delay cancels.
     */
    readonly take: (
      endpoint: Endpoint,
      params: Params,
      priority: Priority
    ) => Effect.Effect<void, KrakenRateLimitError | KrakenLockout, Principal>
    /** Records a write that Kraken has carried out. The cost of changing its orders depends on their age from now on. */
    readonly carriedOut: (
      endpoint: WriteEndpoint,
      params: Params,
      result: unknown
    ) => Effect.Effect<void, never, Principal>
    /** Lowers the budget after Kraken has refused a call for its rate. */
    readonly exceeded: (
      endpoint: Endpoint,
      params: Params,
      limiter: KrakenRateLimitError["limiter"]
    ) => Effect.Effect<void, never, Principal>
    /** Blocks private calls for fifteen minutes, after Kraken has locked the key out. */
    readonly lockedOut: (endpoint: Endpoint) => Effect.Effect<KrakenLockout, never, Principal>
    readonly remaining: Effect.Effect<Budget, never, Principal>
    /** The trading engine's counter of the pair that has the fewest points left. */
    readonly remainingOfEngine: Effect.Effect<Pick<Budget["rest"], "maximum" | "remaining">, never, Principal>
  }
>() {}
