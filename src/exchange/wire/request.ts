import type { Key } from "./call.ts"
import type { Params } from "./params.ts"

/** A call to the exchange, from a client or an operator. */
export interface Request {
  /**
   * Name of the endpoint: `public/Ticker`, `private/AddOrder`, or an operator command such as `control/OpenAccount`.
   */
  readonly endpoint: string
  readonly params?: Params
  /** Time in epoch milliseconds. A time earlier than the last call's counts as the same moment. */
  readonly now: number
  /** Id or name of the account. Required for private endpoints. */
  readonly account?: string
  /** Signing key; if absent, a key with all permissions. */
  readonly key?: Key
}
