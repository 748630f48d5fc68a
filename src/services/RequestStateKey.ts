import { Context, type Effect, type Redacted } from "effect"

/** What seals the state that a client carries for us between two rounds of one call. */
export class RequestStateKey extends Context.Tag("mcp-kraken/services/RequestStateKey")<
  RequestStateKey,
  {
    /** 32 bytes, the same for all processes that may get the second round. */
    readonly key: Effect.Effect<Redacted.Redacted<Uint8Array>>
    /** Notes that a seal was used; false if it was before. Remembered until `expires` (Unix ms). */
    readonly redeem: (id: string, expires: number) => Effect.Effect<boolean>
  }
>() {}
