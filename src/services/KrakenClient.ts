import { Context, DateTime, Effect } from "effect"
import type { LanePriority } from "../domain/endpoints/endpoint.ts"
import type { Endpoint, FileEndpoint, Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { KrakenError, KrakenNotPlaced, KrakenWriteError } from "./KrakenErrors.ts"
import type { Frozen } from "./LimitErrors.ts"
import type { PaperAccountBroken } from "./PaperAccountBroken.ts"
import type { Principal } from "./Principal.ts"
import type { IntentRef, RecordUnavailable } from "./Record.ts"

/** Errors of a read, by Kraken or by a simulated account. */
export type ReadError = KrakenError | PaperAccountBroken

/** Errors of a write. `KrakenNotPlaced`: its recorded intent did not let it leave. `Frozen`: all is stopped. */
export type WriteError = KrakenWriteError | KrakenNotPlaced | Frozen | PaperAccountBroken

/** The priority of a call in the lane of its API key. A cancel never waits for a read. */
export type Priority = LanePriority | "settlement"

export interface CallOptions {
  /** Defaults to `read` for reads and downloads, and to `write` for writes. */
  readonly priority?: Priority
  /** It stands for a feed, which costs no rate budget. A simulation does not count it; Kraken counts each request. */
  readonly isFeed?: boolean
}

/** The recorded intent of a request that is about to leave. */
export interface LeavingIntent extends IntentRef {
  /** Tells whether it may leave now. The lane of an API key asks the record itself, in the step that takes the nonce. */
  readonly mayLeave: Effect.Effect<boolean, RecordUnavailable>
}

export interface WriteOptions extends CallOptions {
  /** The intent of the request. Without one, nothing keeps the request from leaving. */
  readonly intent?: LeavingIntent | undefined
  /**
   * Makes the parameters to send. The parameters of the call are then only a draft for the rate budget. It runs once for
   * each sending, when the call's turn in the lane has come, so that a `deadline` counts from that moment.
   */
  readonly stamped?: Effect.Effect<Params>
  /** The emergency stop itself sends it, so that it leaves although all is stopped. */
  readonly isOfStop?: boolean
}

/** The quality of `now`. */
export interface ClockQuality {
  /** A number that changes when Kraken's clock becomes known or is contradicted. Do not compare times of two epochs. */
  readonly epoch: number
  /** The largest error of `now`, in milliseconds. */
  readonly within: number
}

/**
 * Kraken's Spot REST API. Every method returns the `result` of the envelope as exact JSON: numbers that a double cannot
 * represent are strings of their digits.
 *
 * Private calls of one API key pass its lane in the order of their nonces. Parameters that are `undefined` are left out.
 * A body with lists is JSON. Decimals are strings.
 *
 * Each call needs a principal, even a public one: a simulated market belongs to an account, and calls are counted by
 * account.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-intro read 2026-08-17
 */
export class KrakenClient extends Context.Tag("mcp-kraken/services/KrakenClient")<
  KrakenClient,
  {
    /**
     * Makes a call that changes nothing, and repeats it if Kraken does not answer. Some endpoints that write change
     * nothing with certain parameters, such as `validate`.
     */
    readonly read: (
      endpoint: Endpoint,
      params: Params,
      options?: CallOptions
    ) => Effect.Effect<unknown, ReadError, Principal>
    /**
     * Makes a call that changes something. It is sent once, and again only after Kraken refused its nonce. Right before it
     * leaves, the client looks for the emergency stop, which lets only cancels pass. Interrupting
     * the caller can interrupt the call after it was sent. Tools use `KrakenWriter`, which is safe from that.
     */
    readonly write: (
      endpoint: WriteEndpoint,
      params: Params,
      options?: WriteOptions
    ) => Effect.Effect<unknown, WriteError, Principal>
    /** Calls one of the few endpoints that answer with a file instead of JSON. */
    readonly download: (
      endpoint: FileEndpoint,
      params: Params,
      options?: CallOptions
    ) => Effect.Effect<Uint8Array, ReadError, Principal>
    /** Kraken's clock, read from the `Date` headers of its answers. Our clock until there was one. */
    readonly now: Effect.Effect<DateTime.Utc>
    readonly clock: Effect.Effect<ClockQuality>
  }
>() {}

/**
 * Reads the earliest time that Kraken's clock can show now, in Unix milliseconds, so that an event right after this counts.
 * It is our clock while Kraken's is not known.
 */
export const earliestNow = ({ clock, now }: Pick<typeof KrakenClient.Service, "clock" | "now">) =>
  Effect.zipWith(now, clock, (time, { within }) =>
    within === Infinity ? DateTime.toEpochMillis(time) : DateTime.toEpochMillis(time) - Math.ceil(within)
  )
