import { Context, type Effect, type Option } from "effect"
import type { Endpoint } from "../domain/endpoints/endpoints.ts"
import type { KeyInfo } from "../domain/keys/keyInfo.ts"
import type { AnyOf } from "../domain/keys/permissions.ts"
import type { KrakenCredentialsMissing, KrakenPermissionError } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"
import type { ReadError } from "./KrakenClient.ts"

/** What the configured API key may do, asked of Kraken on the first private call and remembered for ten minutes. */
export class PermissionCache extends Context.Tag("mcp-kraken/services/PermissionCache")<
  PermissionCache,
  {
    /** Refuse, before anything is sent, what the key surely may not do. Where that can't be known, Kraken decides. */
    readonly require: (
      endpoint: Endpoint,
      needed: AnyOf
    ) => Effect.Effect<void, KrakenPermissionError | KrakenCredentialsMissing, Principal>
    /** Kraken has refused: ask again what the key may do, and say it in the same words as `require`. */
    readonly explain: (
      error: KrakenPermissionError,
      needed: AnyOf
    ) => Effect.Effect<KrakenPermissionError, never, Principal>
    /** What is remembered or can be learned now; none where Kraken does not tell. */
    readonly known: Effect.Effect<Option.Option<KeyInfo>, never, Principal>
    /** Remember an answer of `private/GetApiKeyInfo` that somebody has just got; a shape we can't read is ignored. */
    readonly learn: (answer: unknown) => Effect.Effect<void>
    /** Ask Kraken now, and remember. */
    readonly refresh: Effect.Effect<KeyInfo, ReadError, Principal>
  }
>() {}
