/** A simulated account: the account of a caller on one kind of market. */
export interface AccountId {
  /** The id of a bearer token, or `local`. */
  readonly account: string
  readonly market: string
}
