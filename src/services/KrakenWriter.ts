import { Context, type Effect } from "effect"
import type { Endpoint, Params } from "../domain/endpoints.ts"
import type { KrakenNotPlaced, KrakenWriteError, KrakenWriteRefused } from "./KrakenErrors.ts"

/** A write that happened. */
export interface Sent {
  /** Kraken's result, or one of the same shape made from what looking has shown. */
  readonly result: unknown
  /** Present when no answer came and looking showed that it happened. */
  readonly settled?: { readonly how: string; readonly state?: string }
  /** The same caller sent the same write twice at once: this is the first one's answer. */
  readonly duplicate: boolean
}

/** What sending a write may end in. */
export type SendError = KrakenWriteError | KrakenNotPlaced | KrakenWriteRefused

/**
 * Sends writes so that none happens twice and none is lost from sight: each runs in a fiber of its own that outlives
 * its caller, the same write of one caller at one time is sent once, and where Kraken's answer does not tell what
 * happened, it is looked up.
 */
export class KrakenWriter extends Context.Tag("mcp-kraken/services/KrakenWriter")<
  KrakenWriter,
  {
    /**
     * Orders without `userref` and `cl_ord_id` get a `cl_ord_id`, which the result shows; orders without `deadline` get
     * one. A second identical withdrawal within ten minutes is refused unless `repeat` is true, which is not sent on.
     */
    readonly send: (endpoint: Endpoint, params: Params) => Effect.Effect<Sent, SendError>
    /** Ends when no write is under way. */
    readonly settled: Effect.Effect<void>
  }
>() {}
