import type { Key } from "./Call.ts"
import type { Params } from "./params.ts"

/** A call to the exchange: a client's, or an operator's command. */
export interface Request {
  /** `public/Ticker`, `private/AddOrder`, or one of the operator's, `control/OpenAccount`. */
  readonly endpoint: string
  readonly params?: Params
  /** Epoch milliseconds. Earlier than the last call counts as the same moment. */
  readonly now: number
  /** For private endpoints: the account's id, or the name it was opened with. */
  readonly account?: string
  /** The key that signed; one that may do everything if absent. */
  readonly key?: Key
}
