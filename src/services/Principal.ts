import { Brand, Context, type DateTime, type Option } from "effect"
import type { Mandate } from "../domain/mandates/mandate.ts"
import type { KrakenAccountName } from "./KrakenAccount.ts"
import type { TokenId } from "./TokenStore.ts"

/** The name of one account, on Kraken or simulated. Budgets, duplicates and journals are kept by account. */
export type AccountName = string & Brand.Brand<"AccountName">
export const AccountName = Brand.nominal<AccountName>()

/** The client that makes a call. Its id is safe to log and to use as a key. */
export type Caller =
  | {
      readonly _tag: "Token"
      readonly id: TokenId
      /** The name that the owner gave the token. It need not be unique. */
      readonly name: string
      readonly expiresAt: Option.Option<DateTime.Utc>
    }
  /** The user who started the process: over stdio, or over HTTP with authentication switched off. */
  | { readonly _tag: "Operator"; readonly id: "local" }

/** The mandate under which a caller acts. */
export interface MandateInForce {
  /** The id under which its usage is counted: that of the token for which it was made, or `local`. */
  readonly subject: string
  readonly revision: number
  readonly terms: Mandate
}

/**
 * The party for whom a call is made. It has no default. Each transport provides it with each request, and code that
 * forgets it does not compile.
 *
 * @effect-leakable-service
 */
export class Principal extends Context.Tag("mcp-kraken/services/Principal")<
  Principal,
  {
    readonly caller: Caller
    /** The kind of money that the call moves. A token for paper never gets `live`. */
    readonly mode: "live" | "paper"
    /** The Kraken account whose API key is used. On paper, the one for which the caller is meant. */
    readonly krakenAccount: KrakenAccountName
    /** The account in books that are kept by API key: `kraken` in live mode, or that of the caller on paper. */
    readonly account: AccountName
    /** None for a caller without limits of its own. */
    readonly mandate: Option.Option<MandateInForce>
  }
>() {}
