import { Context, type DateTime, type Option, Schema } from "effect"
import type { TokenId } from "./TokenStore.ts"

/** A name for one account: Kraken's, or a simulated one. Budgets, duplicates and journals are kept by it. */
export const AccountName = Schema.String.pipe(Schema.brand("AccountName"))
export type AccountName = typeof AccountName.Type

/** The one who calls. Its id is safe to log and to use as a key. */
export type Caller =
  | {
      readonly _tag: "Token"
      readonly id: TokenId
      /** The owner's name for the token; need not be unique. */
      readonly name: string
      readonly expiresAt: Option.Option<DateTime.Utc>
    }
  /** Whoever started the process: over stdio, or over HTTP with authentication switched off. */
  | { readonly _tag: "Operator"; readonly id: "local" }

/**
 * The party for whom a call is made. It has no default: an edge provides it with each request, and a path that forgets
 * it does not compile.
 *
 * @effect-leakable-service
 */
export class Principal extends Context.Tag("mcp-kraken/services/Principal")<
  Principal,
  {
    readonly caller: Caller
    /** The kind of money it moves. A token for paper never gets `live`. */
    readonly mode: "live" | "paper"
    readonly account: AccountName
  }
>() {}
