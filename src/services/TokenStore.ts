import { Context, DateTime, type Duration, type Effect, Option, type Redacted, Schema } from "effect"

/** The first 12 hex characters of the token's SHA-256: it can be computed from the token, and not the other way. */
export const TokenId = Schema.String.pipe(Schema.brand("TokenId"))
export type TokenId = typeof TokenId.Type

export class TokenNotFound extends Schema.TaggedError<TokenNotFound>()("TokenNotFound", { id: Schema.String }) {
  override get message() {
    return `No token has the id ${this.id}.`
  }
}

/** A good token, though not for this server: it opens simulated accounts alone, and here is the real one. */
export class TokenForPaper extends Schema.TaggedError<TokenForPaper>()("TokenForPaper", { id: TokenId }) {
  override get message() {
    return "This token was made for paper mode, and this server is not in paper mode. Make one for the real account: mcp-kraken token create NAME"
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
  /** What the owner called it; need not be unique. */
  readonly name: string
  /** It opens simulated accounts alone; else the real one too. */
  readonly paperOnly: boolean
  readonly createdAt: DateTime.Utc
  readonly expiresAt: Option.Option<DateTime.Utc>
  readonly revokedAt: Option.Option<DateTime.Utc>
  readonly lastUsedAt: Option.Option<DateTime.Utc>
}

/** Bearer tokens of the HTTP server. Only their SHA-256 is kept. */
export class TokenStore extends Context.Tag("mcp-kraken/services/TokenStore")<
  TokenStore,
  {
    /** Make a token; its secret (`mck_…`, 47 characters) is given out here and never again. */
    readonly create: (
      options: Pick<Token, "name" | "paperOnly"> & { readonly expiresIn: Option.Option<Duration.Duration> }
    ) => Effect.Effect<{ readonly token: Token; readonly secret: Redacted.Redacted }, TokenStoreError>
    /** Newest first, revoked and expired ones included. */
    readonly list: Effect.Effect<ReadonlyArray<Token>, TokenStoreError>
    /** Revoking again changes nothing. */
    readonly revoke: (
      id: string
    ) => Effect.Effect<{ readonly token: Token; readonly wasRevoked: boolean }, TokenNotFound | TokenStoreError>
    /**
     * The token, if it exists and is neither expired nor revoked; why not is not told. That it is for paper alone, where
     * this server is live, is: whoever shows such a token has it already.
     */
    readonly verify: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Token>, TokenForPaper | TokenStoreError>
  }
>() {}
