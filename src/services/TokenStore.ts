import { Context, DateTime, type Duration, type Effect, Option, type Redacted, Schema } from "effect"
import type { KrakenAccountName } from "./KrakenAccount.ts"

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
  /** True if it gives access only to simulated accounts, not to the real one. The same as the mark `paper`. */
  readonly paperOnly: boolean
  /** The Kraken account that it opens, and no other. The same as a mark such as `account=desk`. */
  readonly account: KrakenAccountName
  /**
   * Restrictions that a server must respect to accept the token: `mandate` is refused without its mandate, `paper` opens
   * only simulated accounts, and `account=desk` opens only that account. Other ones are those of a newer version, and this one refuses such a token.
   */
  readonly marks: ReadonlyArray<string>
  readonly createdAt: DateTime.Utc
  readonly expiresAt: Option.Option<DateTime.Utc>
  readonly revokedAt: Option.Option<DateTime.Utc>
  readonly lastUsedAt: Option.Option<DateTime.Utc>
}

/** A token that was just created, with its secret. */
export interface NewToken {
  readonly token: Token
  readonly secret: Redacted.Redacted
}

/** Bearer tokens of the HTTP server. Only their SHA-256 is stored. */
export class TokenStore extends Context.Tag("mcp-kraken/services/TokenStore")<
  TokenStore,
  {
    /** Creates a token. Its secret (`mck_…`, 47 characters) is returned only here. */
    readonly create: (
      options: Pick<Token, "name" | "paperOnly"> & {
        /** The account that it opens. The one of the API key without a name by default. */
        readonly account?: KrakenAccountName | undefined
        readonly expiresIn: Option.Option<Duration.Duration>
        /** True if it is refused until a mandate is saved for it. False by default. */
        readonly hasMandate?: boolean
      }
    ) => Effect.Effect<NewToken, TokenStoreError>
    /** Finds a token by its id, also a revoked or expired one. */
    readonly find: (id: string) => Effect.Effect<Token, TokenNotFound | TokenStoreError>
    /** Creates a token with the name, marks and expiry of another one, which stays valid until it is revoked. */
    readonly replace: (id: string) => Effect.Effect<NewToken, TokenNotFound | TokenStoreError>
    /** Sets or removes the mark `mandate`. It is set before the mandate is saved, and removed after the mandate. */
    readonly markMandate: (id: string, hasMandate: boolean) => Effect.Effect<Token, TokenNotFound | TokenStoreError>
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
