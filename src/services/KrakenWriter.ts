import { Context, type Effect } from "effect"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { KrakenNotPlaced, KrakenPrecheckFailed, KrakenWriteBlocked, KrakenWriteRefused } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"
import type { WriteError } from "./KrakenClient.ts"

/** A write that happened, or was not sent since an identical one had just happened. */
export interface Sent {
  /** Kraken's result, or one of the same shape made from what looking has shown. */
  readonly result: unknown
  /** Present when no answer came and looking showed that it happened. */
  readonly settled?: { readonly how: string; readonly state?: string }
  /**
   * Present when this write was not sent, since it is identical to one just before it: the ids of what that one has
   * made, where Kraken gives any. All else here is the answer of that one.
   */
  readonly duplicateOf?: ReadonlyArray<string>
}

/** What sending a write may end in. */
export type SendError = WriteError | KrakenNotPlaced | KrakenWriteRefused | KrakenWriteBlocked | KrakenPrecheckFailed

/**
 * Sends writes so that none happens twice and none is lost from sight: each runs in a fiber of its own that outlives
 * its caller, and where Kraken's answer does not tell what happened, it is looked up.
 */
export class KrakenWriter extends Context.Tag("mcp-kraken/services/KrakenWriter")<
  KrakenWriter,
  {
    /**
     * Orders without `userref` and `cl_ord_id` get a `cl_ord_id`, which the result shows; orders without `deadline` get
     * one.
     *
     * A write that is identical to one of the same caller that is in flight or ended less than two seconds ago is not
     * sent (`duplicateOf`); a withdrawal for ten minutes and whoever sends it. `repeat: true` among the parameters, which
     * is not sent on, says that it is meant once more. A write whose outcome is unknown blocks identical ones for ten
     * minutes, `repeat` or not. Cancels are always sent.
     */
    readonly send: (endpoint: WriteEndpoint, params: Params) => Effect.Effect<Sent, SendError, Principal>
    /** Ends when no write is under way. */
    readonly settled: Effect.Effect<void>
  }
>() {}
