import { Context, type Effect } from "effect"
import type { Endpoint, Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { Priority } from "./KrakenClient.ts"
import type { KrakenLockout, KrakenRateLimitError } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"

/** What is left before calls have to wait. */
interface Budget {
  /** The REST counter of the key: calls cost 0 to 2. The last three are kept for looking up what became of a write. */
  readonly rest: { readonly remaining: number; readonly maximum: number; readonly decayPerSecond: number }
}

/** Kraken's rate limits, modelled here so that calls wait or fail before Kraken refuses them. Shared by all callers of an account. */
export class RateBudget extends Context.Tag("mcp-kraken/services/RateBudget")<
  RateBudget,
  {
    /**
     * Take the cost of a call. Waits when less than ten seconds are missing (and reports progress), otherwise fails with
     * the seconds to wait. Cancels and settlement are not held back by reads, and
     * cancels not by the engine's counter either.
     */
    readonly take: (
      endpoint: Endpoint,
      params: Params,
      priority: Priority
    ) => Effect.Effect<void, KrakenRateLimitError | KrakenLockout, Principal>
    /** Kraken has carried out a write: from now on counts the age of its orders, on which the cost of changing them depends. */
    readonly carriedOut: (
      endpoint: WriteEndpoint,
      params: Params,
      result: unknown
    ) => Effect.Effect<void, never, Principal>
    /** Kraken has refused a call for its rate: the model was too generous. */
    readonly exceeded: (
      endpoint: Endpoint,
      params: Params,
      limiter: KrakenRateLimitError["limiter"]
    ) => Effect.Effect<void, never, Principal>
    /** Kraken has locked the key out: no private call for fifteen minutes. */
    readonly lockedOut: (endpoint: Endpoint) => Effect.Effect<KrakenLockout, never, Principal>
    readonly remaining: Effect.Effect<Budget, never, Principal>
  }
>() {}
