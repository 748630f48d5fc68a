import { Context, Data, type Effect, type Scope } from "effect"
import type { LeavingIntent, Priority } from "./KrakenClient.ts"

/** The right to send with one nonce; no later nonce of the key is sent while it is held. */
export interface Turn {
  /** Unsigned, greater than every nonce of the key before it, in microseconds (nanoseconds after `jump`). */
  readonly nonce: bigint
}

/** The request of an intent may not leave. Nothing was sent. */
export class MayNotLeave extends Data.TaggedError("MayNotLeave")<{ readonly reason: string }> {}

/**
 * Nonces of the configured API key, in order across all processes of this machine that share it. Kraken refuses a
 * number that is not greater than the last one it has seen from the key, and sees them in order of arrival.
 */
export class NonceSource extends Context.Tag("mcp-kraken/services/NonceSource")<
  NonceSource,
  {
    /**
     * Wait for the key's turn, behind calls of higher priority that wait too; it ends with the scope, or after three
     * seconds at the latest.
     */
    readonly turn: (priority: Priority) => Effect.Effect<Turn, never, Scope.Scope>
    /**
     * The same for the request of a recorded intent. Fails if the intent is no longer this process's or its time to leave
     * has passed. Both are checked in the step that takes the nonce: a process that takes the intent over later takes a
     * later nonce, too.
     */
    readonly turnOf: (intent: LeavingIntent, priority: Priority) => Effect.Effect<Turn, MayNotLeave, Scope.Scope>
    /** The key has seen larger nonces from elsewhere: count in nanoseconds from now on, for good. */
    readonly jump: Effect.Effect<void>
  }
>() {}
