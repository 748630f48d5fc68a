import type { DateTime, Duration, Effect } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { KrakenClient, ReadError } from "../../../services/KrakenClient.ts"
import type { KrakenOutcomeUnknown, KrakenPrecheckFailed, KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Confirmation } from "./confirmation.ts"
import type { Departure } from "./timing.ts"

/** What procedures look things up with. */
export interface ProcedureContext {
  readonly kraken: typeof KrakenClient.Service
  readonly keys: typeof PermissionCache.Service
  readonly directory: Effect.Effect<Directory, never, Principal>
  /** How far ahead a `deadline` is set. */
  readonly deadline: Duration.Duration
  /** Ids (txid, refid, amend_id) that earlier writes of this process have made: they can't be what a later one has made. */
  readonly made: { readonly add: (ids: ReadonlyArray<string>) => void; readonly has: (id: string) => boolean }
}

/** A write that was sent and got no answer that tells what became of it. */
export interface UnconfirmedWrite {
  readonly endpoint: WriteEndpoint
  /** What was sent, with what we filled in. */
  readonly params: Params
  /** The moment at which it left. */
  readonly departure: Departure
  readonly error: KrakenOutcomeUnknown
  /** Kraken's result, if it came without an error and does not confirm the write. */
  readonly result?: unknown
}

/** What looking has shown. */
export type Settlement =
  /** It happened. `result` has the shape of Kraken's own. */
  | {
      readonly _tag: "Placed"
      readonly result: unknown
      readonly state?: string
      /** What it looks like, beside what was known before it was sent. */
      readonly fingerprints?: ReadonlyArray<string>
    }
  /** It surely did not happen, and can't any more. */
  | { readonly _tag: "NotPlaced"; readonly reason: string }
  /** It can't be told. */
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
  /** What to send. */
  readonly params: Params
  /** Adds what counts from the moment of sending: its turn has come at `now` on Kraken's clock. */
  readonly stamp?: (params: Params, now: DateTime.Utc) => Params
  /** How the write will appear on the account, in terms that another write may share; empty if its ids are its own. */
  readonly fingerprints: ReadonlyArray<string>
  /** Whether Kraken's result tells that it happened. If it does not, the write is settled. */
  readonly isConfirmed: Confirmation
  readonly settle: (attempt: UnconfirmedWrite) => Effect.Effect<Settlement, never, Principal>
  /** Adds to Kraken's own result what only we know, such as a generated `cl_ord_id`. */
  readonly complete?: (result: unknown, sent: Params) => unknown
}

/** A write that is not sent, since the account shows an identical one. */
export interface AlreadyDone {
  readonly result: unknown
  readonly duplicateOf: ReadonlyArray<string>
}

/**
 * How one endpoint is written: fill in what the caller left out, note what settling needs, or refuse. `repeat`: the
 * caller says that it is meant although an identical one was just sent.
 */
export type WriteProcedure = (
  context: ProcedureContext,
  endpoint: WriteEndpoint,
  params: Params,
  repeat: boolean
) => Effect.Effect<PreparedWrite | AlreadyDone, KrakenWriteRefused | KrakenPrecheckFailed | ReadError, Principal>
