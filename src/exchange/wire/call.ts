import type { Params } from "./params.ts"
import type { Account } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"

/** The part of the signing key that the engine needs. */
export interface Key {
  /** Id by which calls are counted separately from those of other keys. */
  readonly id: string
  readonly name: string
  readonly permissions: ReadonlyArray<string>
  readonly nonce?: string
  readonly nonceWindow?: number
  /** Expiry in epoch seconds; absent if the key never expires. */
  readonly validUntil?: number
  readonly queryFrom?: number
  readonly queryTo?: number
  readonly created?: number
  readonly lastUsed?: number
  readonly ipAllowlist?: ReadonlyArray<string>
}

/** A private call whose account was found and whose key has the permissions. */
export interface Call {
  readonly params: Params
  readonly account: Account
  readonly key: Key
}

/** A handler that returns the `result` of Kraken's envelope, or throws a Refusal before it has changed anything. */
export type Endpoint = (exchange: Exchange, call: Call) => unknown
export type PublicEndpoint = (exchange: Exchange, params: Params) => unknown
