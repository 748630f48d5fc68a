import { Context, DateTime, type Duration, type Effect, Option, type Redacted, Schema } from "effect"

/** The first 12 hex characters of the token's SHA-256. It can be computed from the token, but not the reverse. */
export const TokenId = Schema.String.pipe(Schema.brand("TokenId"))
export type TokenId = typeof TokenId.Type

export class TokenNotFound extends Schema.TaggedError<TokenNotFound>()("TokenNotFound", { id: Schema.String }) {
  override get message() {
    return `No token has the id ${this.id}.`
  }
}

/** A valid token for paper mode only, presented to a server with the real account. */
export class TokenForPaper extends Schema.TaggedError<TokenForPaper>()("TokenForPaper", { id: TokenId }) {
  override get message() {
    return "This token was made for paper mode, and this server is not in paper mode. The user needs one for the real account: see docs/troubleshooting.md"
  }
}

/** The token database can't be opened, read or written. */
export class TokenStoreError extends Schema.TaggedError<TokenStoreError>()("TokenStoreError", {
  /** A sentence for the operator, with the path. */
  reason: Schema.String,
  cause: Schema.Defect
}) {
  override get message() {
    return this.reason
  }
}

export interface Token {
  readonly id: TokenId
  /** The name that the operator gave it. Not necessarily unique. */
  readonly name: string
  /** True if it gives access only to simulated accounts, not to the real one. */
  readonly paperOnly: boolean
  readonly createdAt: DateTime.Utc
  readonly expiresAt: Option.Option<DateTime.Utc>
  readonly revokedAt: Option.Option<DateTime.Utc>
  readonly lastUsedAt: Option.Option<DateTime.Utc>
}

/** Bearer tokens of the HTTP server. Only their SHA-256 is stored. */
export class TokenStore extends Context.Tag("mcp-kraken/services/TokenStore")<
  TokenStore,
  {
    /** Creates a token. Its secret (`mck_…`, 47 characters) is returned only here. */
    readonly create: (
      options: Pick<Token, "name" | "paperOnly"> & { readonly expiresIn: Option.Option<Duration.Duration> }
    ) => Effect.Effect<{ readonly token: Token; readonly secret: Redacted.Redacted }, TokenStoreError>
    /** All tokens, newest first, including revoked and expired ones. */
    readonly list: Effect.Effect<ReadonlyArray<Token>, TokenStoreError>
    /** Revokes a token. Revoking it again changes nothing. */
    readonly revoke: (
      id: string
    ) => Effect.Effect<{ readonly token: Token; readonly wasRevoked: boolean }, TokenNotFound | TokenStoreError>
    /**
     * Finds a token that is neither expired nor revoked. The reason for None is not reported. `TokenForPaper` is, since
     * its caller has the token already.
     */
    readonly verify: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Token>, TokenForPaper | TokenStoreError>
  }
>() {}
