import { Context, type Effect, type Redacted } from "effect"

/** The key that encrypts the state that a client returns to us when it sends a request again. */
export class RequestStateKey extends Context.Tag("mcp-kraken/services/RequestStateKey")<
  RequestStateKey,
  {
    /** 32 bytes, the same for all processes that might receive the second request. */
    readonly key: Effect.Effect<Redacted.Redacted<Uint8Array>>
    /** Marks a state as used until `expires` (Unix ms). Returns false if it was used before. */
    readonly redeem: (id: string, expires: number) => Effect.Effect<boolean>
  }
>() {}
