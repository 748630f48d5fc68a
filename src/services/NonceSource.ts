import { Context, Data, type Effect } from "effect"
import type { LeavingIntent, Priority } from "./KrakenClient.ts"

/** The right to send a request with one nonce. While it is held, no later nonce of the key is sent. */
export interface Turn {
  /** Unsigned and greater than every earlier nonce of the key; in microseconds, or nanoseconds after `jump`. */
  readonly nonce: bigint
  /** Ends the turn before its use ends. */
  readonly end: Effect.Effect<void>
}

/** The request of an intent may not leave. Nothing was sent. */
export class MayNotLeave extends Data.TaggedError("MayNotLeave")<{ readonly reason: string }> {}

/**
 * Nonces of the configured API key, in order across all processes that share the key and the state. Kraken refuses a
 * nonce that is not greater than the last one that arrived from the key.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
export class NonceSource extends Context.Tag("mcp-kraken/services/NonceSource")<
  NonceSource,
  {
    /**
     * Uses the key's turn, after a wait behind waiting calls of higher priority. The turn ends with its use, and after three
     * seconds at the latest. Fails if no nonce can be taken.
     */
    readonly turn: <A, E, R>(
      priority: Priority,
      use: (turn: Turn) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | MayNotLeave, R>
    /**
     * The same for the request of a recorded intent. Fails if the intent is no longer this process's or its time to leave
     * has passed. Both are checked in the step that takes the nonce: a process that takes the intent over later takes a
     * later nonce, too.
     */
    readonly turnOf: <A, E, R>(
      intent: LeavingIntent,
      priority: Priority,
      use: (turn: Turn) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E | MayNotLeave, R>
    /** Counts permanently in nanoseconds, after another program has sent larger nonces with the key. */
    readonly jump: Effect.Effect<void>
    /**
     * Lets reads overlap whose nonces are within the nonce window of the key, in the order in which they may then arrive. 0:
     * all turns follow each other, as those of writes do in any case.
     */
    readonly setWindow: (window: bigint) => Effect.Effect<void>
    /** Counts from Kraken's time, which is `millis` milliseconds ahead of the clock of this machine. */
    readonly setLag: (millis: number) => Effect.Effect<void>
  }
>() {}
