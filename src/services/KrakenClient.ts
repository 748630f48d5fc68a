import { Context, type DateTime, type Effect } from "effect"
import type { LanePriority } from "../domain/endpoints/endpoint.ts"
import type { Endpoint, FileEndpoint, Params, WriteEndpoint } from "../domain/endpoints/endpoints.ts"
import type { KrakenError, KrakenWriteError } from "./KrakenErrors.ts"
import type { PaperAccountBroken } from "./PaperAccountBroken.ts"
import type { Principal } from "./Principal.ts"

/** Errors of a read: those of Kraken, or of the simulated account that stands in for one there. */
export type ReadError = KrakenError | PaperAccountBroken

/** Errors of a write. */
export type WriteError = KrakenWriteError | PaperAccountBroken

/** Place in the lane of an API key, first served first: a cancel never waits behind a read. */
export type Priority = LanePriority | "settlement"

export interface CallOptions {
  /** Default: `read` for reads and downloads, `write` for writes. */
  readonly priority?: Priority
}

export interface WriteOptions extends CallOptions {
  /**
   * What is sent in place of the parameters, which then are a draft for the rate budget. It is evaluated once for each
   * sending, when the call's turn in the lane has come, so that a `deadline` counts from there.
   */
  readonly stamped?: Effect.Effect<Params>
}

/** How far `now` can be trusted. */
export interface ClockQuality {
  /** Changes when Kraken's clock becomes known or is contradicted: times of different epochs can't be compared. */
  readonly epoch: number
  /** How far off `now` can be, in milliseconds. */
  readonly within: number
}

/**
 * Kraken's Spot REST API. Every method returns the `result` of the envelope as exact JSON: numbers that a double can't
 * hold are strings of their digits.
 *
 * Private calls pass one lane for each API key in the order of their nonces. Parameters that are `undefined` are left
 * out; lists make the body JSON; decimals are strings.
 *
 * Each call is made for a principal, a public one too: a simulated market is its account's, and calls are counted by
 * account.
 */
export class KrakenClient extends Context.Tag("mcp-kraken/services/KrakenClient")<
  KrakenClient,
  {
    /**
     * A call that changes nothing; repeated when Kraken does not answer. Some endpoints that write only read with certain
     * parameters, such as `validate`.
     */
    readonly read: (
      endpoint: Endpoint,
      params: Params,
      options?: CallOptions
    ) => Effect.Effect<unknown, ReadError, Principal>
    /**
     * A call that changes something: sent once, and again only after Kraken refused its nonce. Interrupting the caller
     * may tear it; `KrakenWriter` is the one that may not be torn, and the one tools use.
     */
    readonly write: (
      endpoint: WriteEndpoint,
      params: Params,
      options?: WriteOptions
    ) => Effect.Effect<unknown, WriteError, Principal>
    /** The few endpoints that answer with bytes instead of JSON. */
    readonly download: (
      endpoint: FileEndpoint,
      params: Params,
      options?: CallOptions
    ) => Effect.Effect<Uint8Array, ReadError, Principal>
    /** Kraken's clock, learned from the `Date` of its answers; ours until there was one. */
    readonly now: Effect.Effect<DateTime.Utc>
    readonly clock: Effect.Effect<ClockQuality>
  }
>() {}
