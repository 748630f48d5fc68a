import { Context, type Effect } from "effect"
import type { Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type {
  KrakenNotPlaced,
  KrakenNotRecorded,
  KrakenPrecheckFailed,
  KrakenWriteBlocked,
  KrakenWriteRefused
} from "./KrakenErrors.ts"
import type { ApprovalError } from "./Approvals.ts"
import type { LimitError } from "./LimitErrors.ts"
import type { Principal } from "./Principal.ts"
import type { WriteError } from "./KrakenClient.ts"

/** A write whose size is a plain volume. */
export interface Resolved {
  readonly params: Params
  /** Present if the caller gave the size in another form: what was asked for, and what it came to, in words. */
  readonly resolved?: { readonly [name: string]: string }
}

/** A write that happened, or was not sent since an identical one had just happened. */
export interface Sent {
  /** Kraken's result, or a result of the same shape made from what was found on the account. */
  readonly result: unknown
  /** Present if no answer confirmed the write and it was found on the account afterwards. */
  readonly settled?: { readonly how: string; readonly state?: string }
  /**
   * Present if this write was not sent, since it is identical to an earlier one: the ids that the earlier write created,
   * if Kraken gives any. All other fields are the answer of the earlier write.
   */
  readonly duplicateOf?: ReadonlyArray<string>
  /** Present if the size of an order was not given as a volume: what was asked for, and what it came to, in words. */
  readonly resolved?: { readonly [name: string]: string }
  /** Present if limits required it to be sent in another form than the caller's, with the terms that were sent. */
  readonly sentAs?: { readonly [name: string]: string }
  /** Present if a caller's own orders were cancelled instead of all: the ids of those still open, and the reason. */
  readonly left?: { readonly ids: ReadonlyArray<string>; readonly note?: string }
}

/** Errors that sending a write can end in. */
export type SendError =
  | WriteError
  | KrakenNotPlaced
  | KrakenNotRecorded
  | KrakenPrecheckFailed
  | KrakenWriteBlocked
  | KrakenWriteRefused
  | LimitError
  | ApprovalError

/** The plan that a write carries out. */
export interface SendOptions {
  /** The number of an approved plan. Without it, a write that needs a person becomes a plan, and fails. */
  readonly approval?: number
}

/**
 * Sends writes so that none happens twice and the outcome of each is followed up. A write runs in its own fiber, which
 * goes on when its caller leaves. If Kraken's answer does not say whether it happened, it is looked up on the account.
 */
export class KrakenWriter extends Context.Tag("mcp-kraken/services/KrakenWriter")<
  KrakenWriter,
  {
    /**
     * Sends a write and waits for its outcome. Orders without `userref` and `cl_ord_id` get a `cl_ord_id`, which the
     * result shows. Orders without a `deadline` get one.
     *
     * A write is in the record before it leaves, or it is not sent. A write is not sent either if an identical one of the
     * same caller is in flight or ended less than two seconds ago, in any process: the answer then has `duplicateOf`. For
     * withdrawals this holds for ten minutes, and for all callers. The parameter `repeat: true`, which Kraken does not
     * get, sends the write all the same. A write whose outcome is unknown blocks identical ones until it is decided,
     * orders for ten minutes at most, even with `repeat`. Cancels are always sent. A mandate can bind them to the orders
     * of its caller: `CancelAll` then cancels these only, and cancels by an id or `userref` of others are refused.
     *
     * An order's size may be a `cost` in quote currency or a part of what is free, such as `50%` or `all`. It is resolved
     * to a volume after identical writes are recognized, and before limits judge it.
     *
     * A write for which a person has to be asked becomes a plan (`Approvals`), and fails with `ApprovalPending`. The
     * parameter `reason`, which Kraken does not get either, is shown to that person.
     */
    readonly send: (
      endpoint: WriteEndpoint,
      params: Params,
      options?: SendOptions
    ) => Effect.Effect<Sent, SendError, Principal>
    /**
     * Has Kraken check a write without carrying it out. The rules of a mandate apply, but nothing is reserved, and the
     * budget does not have to suffice.
     */
    readonly validate: (
      endpoint: WriteEndpoint,
      params: Params
    ) => Effect.Effect<Pick<Sent, "resolved" | "result" | "sentAs">, SendError, Principal>
    /** Replaces the size of an order by a volume, as `send` does. Reads the account if the size depends on it. */
    readonly resolve: (endpoint: WriteEndpoint, params: Params) => Effect.Effect<Resolved, SendError, Principal>
    /** Waits until no write is in flight. */
    readonly settled: Effect.Effect<void>
  }
>() {}
