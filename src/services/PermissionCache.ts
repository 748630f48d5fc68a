import { Context, type Effect, type Option } from "effect"
import type { Endpoint } from "../domain/endpoints/endpoints.ts"
import type { KeyInfo } from "../domain/keys/keyInfo.ts"
import type { AnyOf } from "../domain/keys/permissions.ts"
import type { KrakenCredentialsMissing, KrakenPermissionError, KrakenUnavailable } from "./KrakenErrors.ts"
import type { Principal } from "./Principal.ts"
import type { Priority, ReadError } from "./KrakenClient.ts"

/** Permissions of the configured API key, read from Kraken on the first private call and cached for ten minutes. */
export class PermissionCache extends Context.Tag("mcp-kraken/services/PermissionCache")<
  PermissionCache,
  {
    /**
     * Refuses a call, before it is sent, if the key definitely lacks the permission. If Kraken does not tell, it decides on
     * the call. If the servers' database is away and nothing is known, only calls that cancel pass, as do those of the
     * priority `cancel`.
     */
    readonly require: (
      endpoint: Endpoint,
      needed: AnyOf,
      priority?: Priority
    ) => Effect.Effect<void, KrakenPermissionError | KrakenCredentialsMissing | KrakenUnavailable, Principal>
    /** Reads the permissions again after Kraken has refused a call, and explains the refusal like `require`. */
    readonly explain: (
      error: KrakenPermissionError,
      needed: AnyOf
    ) => Effect.Effect<KrakenPermissionError, never, Principal>
    /** The permissions from the cache or from Kraken. None if Kraken does not report them. */
    readonly known: Effect.Effect<Option.Option<KeyInfo>, never, Principal>
    /** Caches an answer of `private/GetApiKeyInfo`. An answer in an unknown form is ignored. */
    readonly store: (answer: unknown) => Effect.Effect<void>
    /** Reads the permissions from Kraken and caches them. */
    readonly refresh: Effect.Effect<KeyInfo, ReadError, Principal>
  }
>() {}
