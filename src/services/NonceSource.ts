import { Context, Data, type Effect, type Scope } from "effect"
import type { LeavingIntent, Priority } from "./KrakenClient.ts"

/** The right to send a request with one nonce. While it is held, no later nonce of the key is sent. */
export interface Turn {
  /** Unsigned and greater than every earlier nonce of the key; in microseconds, or nanoseconds after `jump`. */
  readonly nonce: bigint
}

/** The request of an intent may not leave. Nothing was sent. */
export class MayNotLeave extends Data.TaggedError("MayNotLeave")<{ readonly reason: string }> {}

/**
 * Nonces of the configured API key, in order across all processes of this machine that share the key. Kraken refuses a
 * nonce that is not greater than the last one that arrived from the key.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-auth read 2026-08-17
 */
export class NonceSource extends Context.Tag("mcp-kraken/services/NonceSource")<
  NonceSource,
  {
    /**
     * Waits for the key's turn, behind waiting calls of higher priority. The turn ends with the scope, and after three
     * seconds at the latest.
     */
    readonly turn: (priority: Priority) => Effect.Effect<Turn, never, Scope.Scope>
    /**
     * The same for the request of a recorded intent. Fails if the intent is no longer this process's or its time to leave
     * has passed. Both are checked in the step that takes the nonce: a process that takes the intent over later takes a
     * later nonce, too.
     */
    readonly turnOf: (intent: LeavingIntent, priority: Priority) => Effect.Effect<Turn, MayNotLeave, Scope.Scope>
    /** Counts permanently in nanoseconds, after another program has sent larger nonces with the key. */
    readonly jump: Effect.Effect<void>
    /** Counts from Kraken's time, which is `millis` milliseconds ahead of the clock of this machine. */
    readonly setLag: (millis: number) => Effect.Effect<void>
  }
>() {}
