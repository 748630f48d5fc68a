import type { DateTime, Duration, Effect } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { KrakenClient, ReadError } from "../../../services/KrakenClient.ts"
import type { KrakenOutcomeUnknown, KrakenPrecheckFailed, KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Confirmation } from "./confirmation.ts"
import type { CreatedIds } from "./createdIds.ts"
import type { Departure } from "./timing.ts"

/** The services and values that procedures use. */
export interface ProcedureContext {
  readonly kraken: typeof KrakenClient.Service
  readonly keys: typeof PermissionCache.Service
  readonly directory: Effect.Effect<Directory, never, Principal>
  /** The time between sending an order and the `deadline` that it gets. */
  readonly deadline: Duration.Duration
  readonly createdIds: CreatedIds
}

/** A write that was sent, and whose answer does not say whether it happened. */
export interface UnconfirmedWrite {
  readonly endpoint: WriteEndpoint
  /** The parameters as sent, with the defaults that were added. */
  readonly params: Params
  /** The moment at which it left. */
  readonly departure: Departure
  readonly error: KrakenOutcomeUnknown
  /** Kraken's result, if it came without an error and does not confirm the write. */
  readonly result?: unknown
}

/**
 * The decision of a procedure on an unconfirmed write, which its caller gets. It is drawn from findings (`finding.ts`),
 * each the result of one look-up, and from a `SearchResult`, the sum of them. The `Outcome` of a write, confirmed or not,
 * is the short form of its end that the record keeps.
 */
export type Settlement =
  /** The write happened. `result` has the shape of Kraken's own. */
  | {
      readonly _tag: "Placed"
      readonly result: unknown
      readonly state?: string
      /** Fingerprints of the match, in addition to those known before the write was sent. */
      readonly fingerprints?: ReadonlyArray<string>
    }
  /** The write definitely did not happen, and no longer can. */
  | { readonly _tag: "NotPlaced"; readonly reason: string }
  /** The write might have happened. */
  | {
      readonly _tag: "Unknown"
      readonly reason: string
      readonly check: string
      readonly safeToRepeat?: boolean
      /** Ids of orders that were to be cancelled and were last seen open. */
      readonly stillOpen?: ReadonlyArray<string>
    }

/** A write that is ready to be sent. */
export interface PreparedWrite {
  readonly params: Params
  /** Adds parameters that depend on the moment of sending. `now` is that moment on Kraken's clock. */
  readonly stamp?: (params: Params, now: DateTime.Utc) => Params
  /**
   * The terms by which the write is found on the account and which another write can share. Empty if its settlement
   * cannot take another write for it.
   */
  readonly fingerprints: ReadonlyArray<string>
  /** Tells whether Kraken's result confirms that the write happened. If it does not, the write is settled. */
  readonly isConfirmed: Confirmation
  readonly settle: (attempt: UnconfirmedWrite) => Effect.Effect<Settlement, never, Principal>
  /** Adds values that only this server knows to Kraken's result, such as a generated `cl_ord_id`. */
  readonly complete?: (result: unknown, sent: Params) => unknown
}

/** A write that is not sent, since the account shows an identical one. */
export interface AlreadyDone {
  readonly result: unknown
  readonly duplicateOf: ReadonlyArray<string>
}

/**
 * Prepares a write to one endpoint: adds defaults, reads what settling it will need, or refuses it. `repeat` is true if
 * the caller wants the write although an identical one was just sent.
 */
export type WriteProcedure = (
  context: ProcedureContext,
  endpoint: WriteEndpoint,
  params: Params,
  repeat: boolean
) => Effect.Effect<PreparedWrite | AlreadyDone, KrakenWriteRefused | KrakenPrecheckFailed | ReadError, Principal>
