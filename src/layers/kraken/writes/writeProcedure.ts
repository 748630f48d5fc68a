import { type Duration, Effect, type ParseResult, Schema } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { Observed } from "../../../services/AccountData.ts"
import type { KrakenClient, ReadError } from "../../../services/KrakenClient.ts"
import type { KrakenOutcomeUnknown, KrakenPrecheckFailed, KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { PermissionCache } from "../../../services/PermissionCache.ts"
import type { Principal } from "../../../services/Principal.ts"
import type { Record } from "../../../services/Record.ts"
import type { Confirmation } from "./confirmation.ts"
import type { Departure } from "./timing.ts"

/** The services and values that procedures use. */
export interface ProcedureContext {
  readonly kraken: typeof KrakenClient.Service
  readonly keys: typeof PermissionCache.Service
  readonly directory: Effect.Effect<Directory, never, Principal>
  /** Selects the ids that recorded writes have made. No later write can have made them. */
  readonly madeBefore: (typeof Record.Service)["madeBefore"]
  readonly observed: Observed
  /** The time between sending an order and the `deadline` that it gets. */
  readonly deadline: Duration.Duration
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
export interface PreparedWrite<Before = unknown> {
  /** The parameters with all ids by which the write can be found, but without those added at the sending. */
  readonly params: Params
  /** The readings that settling compares with later ones. */
  readonly before: Before
  /**
   * The terms by which the write is found on the account and which another write can share. Empty if its settlement
   * cannot take another write for it.
   */
  readonly fingerprints: ReadonlyArray<string>
}

/** A write that is not sent, since the account shows an identical one. */
export interface AlreadyDone {
  readonly result: unknown
  readonly duplicateOf: ReadonlyArray<string>
}

/** The call that a write was made for. */
export interface Asked {
  /** The parameters of the caller, before ids were added and limits changed their form. */
  readonly given: Params
  /** True if the caller wants the write although an identical one was just sent. */
  readonly repeat: boolean
}

/** Errors that preparing a write can end in. Nothing was sent. */
export type PrepareError = KrakenWriteRefused | KrakenPrecheckFailed | ReadError

/**
 * The two halves of a write to one endpoint. Only values that the record keeps pass from `prepare` to `settle`, so that
 * another process can settle a write whose own process has ended.
 */
interface Halves<Before, Encoded> {
  /** Adds the ids by which the orders can be found to those that their caller did not name. Absent: there are none. */
  readonly name?: (params: Params) => Params
  /** Adds defaults, reads what settling will need, or refuses the write. */
  readonly prepare: (
    context: ProcedureContext,
    endpoint: WriteEndpoint,
    params: Params,
    asked: Asked
  ) => Effect.Effect<PreparedWrite<Before> | AlreadyDone, PrepareError, Principal>
  /** The JSON of the readings. */
  readonly before: Schema.Schema<Before, Encoded>
  /** True if Kraken's engine refuses the write after a `deadline`, which it gets when it is sent. */
  readonly hasDeadline: boolean
  /** Tells whether Kraken's result confirms that the write happened. If it does not, the write is settled. */
  readonly isConfirmed: Confirmation
  readonly settle: (
    context: ProcedureContext,
    attempt: UnconfirmedWrite,
    before: Before
  ) => Effect.Effect<Settlement, never, Principal>
  /** Adds values that only this server knows to Kraken's result, such as a generated `cl_ord_id`. */
  readonly complete?: (result: unknown, sent: Params) => unknown
}

/** The procedure of an endpoint, whose readings are JSON. */
export interface WriteProcedure extends Pick<
  Halves<unknown, unknown>,
  "complete" | "hasDeadline" | "isConfirmed" | "name" | "prepare"
> {
  /** Fails if the readings are not those of this procedure. */
  readonly settle: (
    context: ProcedureContext,
    attempt: UnconfirmedWrite,
    before: unknown
  ) => Effect.Effect<Settlement, ParseResult.ParseError, Principal>
}

/** Makes the procedure of an endpoint from its halves. */
export const procedure = <Before, Encoded>({
  before,
  prepare,
  settle,
  ...rest
}: Halves<Before, Encoded>): WriteProcedure => {
  const encode = Schema.encodeSync(before)
  const decode = Schema.decodeUnknown(before)
  return {
    ...rest,
    prepare: (context, endpoint, params, asked) =>
      Effect.map(prepare(context, endpoint, params, asked), (prepared) =>
        "duplicateOf" in prepared ? prepared : { ...prepared, before: encode(prepared.before) }
      ),
    settle: (context, attempt, encoded) =>
      Effect.flatMap(decode(encoded), (readings) => settle(context, attempt, readings))
  }
}

/** The readings of a procedure that needs none. */
export const NoReadings = Schema.Struct({})
