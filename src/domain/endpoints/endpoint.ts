import type { Schema } from "effect"
import type { AnyOf } from "../keys/permissions.ts"

/** The effect of a call on the account, in rising order of regret. Only `read` is ever sent twice. */
export type Intent = "read" | "write" | "destroy"

/**
 * The kind of value that a call moves. Limits and approvals depend on it.
 *
 * `within` stays in the account holder's own wallets and accounts, `out` leaves Kraken, and `credential` hands out
 * access with which another program can trade.
 */
export type Moves = "nothing" | "orders" | "cancels" | "within" | "out" | "earn" | "credential"

/**
 * The action that the trading engine counts for a call. `cancel` names orders; `cancelAll` cancels all of them.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
type EngineAction = "none" | "add" | "addBatch" | "amend" | "edit" | "cancel" | "cancelAll"

/** The priority of a call in the lane of its key. */
export type LanePriority = "cancel" | "write" | "read"

/** A page of Kraken's documentation and the date on which it was read. */
interface Reference {
  readonly url: string
  readonly read: string
}

/** All that is known of an endpoint. */
export interface Definition<
  out I extends Intent = Intent,
  S extends Schema.Schema.AnyNoContext = Schema.Schema.AnyNoContext
> {
  readonly scope: "public" | "private"
  readonly intent: I
  readonly moves: Moves
  /** Sets of key permissions, any one of which is enough. Empty for public endpoints. */
  readonly permissions: AnyOf
  /** True if the permissions could not be confirmed: Kraken then decides. */
  readonly unconfirmed: boolean
  /**
   * The amount that a call adds to the REST counter of its key. Public calls have a separate limit.
   *
   * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
   */
  readonly restCost: 0 | 1 | 2
  readonly engine: EngineAction
  readonly priority: LanePriority
  /** True if repeating the call has no further effect. */
  readonly idempotent: boolean
  /**
   * The unit that Kraken limits public calls by: the IP address, or the IP address and the pair.
   *
   * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
   */
  readonly countedBy: "address" | "pair"
  /** Fields of the result that are credentials. They are never logged. */
  readonly secrets: ReadonlyArray<string>
  /** The schema of Kraken's `result`, as far as it is used. Unknown fields are ignored. */
  readonly result: S
  readonly see: Reference
}

type Described<S> = { readonly result: S; readonly see: Reference }

/** Defines an endpoint that needs no key. */
export const publicRead = <S extends Schema.Schema.AnyNoContext>(
  spec: Described<S> & Pick<Definition, "countedBy">
): Definition<"read", S> => ({
  scope: "public",
  intent: "read",
  moves: "nothing",
  permissions: [],
  unconfirmed: false,
  restCost: 0,
  engine: "none",
  priority: "read",
  idempotent: true,
  secrets: [],
  ...spec
})

/** Defines an endpoint that reads the account and changes nothing. */
export const read = <S extends Schema.Schema.AnyNoContext>(
  spec: Described<S> & Pick<Definition, "permissions" | "restCost"> & Partial<Pick<Definition, "unconfirmed">>
): Definition<"read", S> => ({
  scope: "private",
  intent: "read",
  moves: "nothing",
  unconfirmed: false,
  engine: "none",
  priority: "read",
  idempotent: true,
  countedBy: "address",
  secrets: [],
  ...spec
})

/** Defines an endpoint that changes the account. */
export const write = <I extends "write" | "destroy", S extends Schema.Schema.AnyNoContext>(
  spec: Described<S> & { readonly intent: I } & Pick<Definition, "moves" | "permissions" | "restCost" | "engine"> &
    Pick<Definition, "priority" | "idempotent"> &
    Partial<Pick<Definition, "secrets">>
): Definition<I, S> => ({
  scope: "private",
  unconfirmed: false,
  countedBy: "address",
  secrets: [],
  ...spec
})

/** Refers to a page of Kraken's REST reference. `read` is the date on which the page was read. */
export const page = (name: string, read = "2026-08-17"): Reference => ({
  url: `https://docs.kraken.com/api/docs/rest-api/${name}`,
  read
})
