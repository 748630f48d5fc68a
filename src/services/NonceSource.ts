import { Context, type Effect, type Scope } from "effect"
import type { Priority } from "./KrakenClient.ts"

/** The right to send with one nonce; no later nonce of the key is sent while it is held. */
export interface Turn {
  /** Unsigned, greater than every nonce of the key before it, in microseconds (nanoseconds after `jump`). */
  readonly nonce: bigint
}

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
    /** The key has seen larger nonces from elsewhere: count in nanoseconds from now on, for good. */
    readonly jump: Effect.Effect<void>
  }
>() {}
