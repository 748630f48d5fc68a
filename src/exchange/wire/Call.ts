import type { Params } from "./params.ts"
import type { Account, Exchange } from "../state/state.ts"

/** What the engine needs to know about the key that signed a call. */
export interface Key {
  /** Counts calls apart from those of other keys. */
  readonly id: string
  readonly name: string
  readonly permissions: ReadonlyArray<string>
  readonly nonce?: string
  readonly nonceWindow?: number
  /** Epoch seconds; none if absent. */
  readonly validUntil?: number
  readonly queryFrom?: number
  readonly queryTo?: number
  readonly created?: number
  readonly lastUsed?: number
  readonly ipAllowlist?: ReadonlyArray<string>
}

/** A private call whose account is known and whose key may make it. */
export interface Call {
  readonly params: Params
  readonly account: Account
  readonly key: Key
}

/** Answers a call with the `result` of Kraken's envelope, or throws a Refusal before it has changed anything. */
export type Endpoint = (x: Exchange, call: Call) => unknown
export type PublicEndpoint = (x: Exchange, params: Params) => unknown
