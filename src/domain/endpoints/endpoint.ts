import type { Schema } from "effect"
import type { AnyOf } from "../keys/permissions.ts"

/** What a call does to the account, in rising order of regret. Only `read` is ever sent twice. */
export type Intent = "read" | "write" | "destroy"

/**
 * What a call moves; limits and approvals decide by it.
 *
 * `within` stays in the account holder's own wallets and accounts, `out` leaves Kraken, and a `credential` can trade
 * outside this program.
 */
export type Moves = "nothing" | "orders" | "cancels" | "within" | "out" | "earn" | "credential"

/** What a call does in the trading engine, which counts by it. `cancel` names orders, `cancelAll` takes all. */
export type EngineAction = "none" | "add" | "addBatch" | "amend" | "edit" | "cancel" | "cancelAll"

/** The place that a call takes in the lane of its key. */
export type LanePriority = "cancel" | "write" | "read"

/** A page of Kraken's documentation, and the day on which it was read. */
export interface Reference {
  readonly url: string
  readonly read: string
}

/** An endpoint and all that is known of it. */
export interface Definition<
  out I extends Intent = Intent,
  S extends Schema.Schema.AnyNoContext = Schema.Schema.AnyNoContext
> {
  readonly scope: "public" | "private"
  readonly intent: I
  readonly moves: Moves
  /** Any of these sets of key permissions is enough; none for public endpoints. */
  readonly permissions: AnyOf
  /** Nobody could confirm the permissions: Kraken decides. */
  readonly unconfirmed: boolean
  /** What a call adds to the REST counter of its key. Public calls have a limit of their own. */
  readonly restCost: 0 | 1 | 2
  readonly engine: EngineAction
  readonly priority: LanePriority
  /** A second, equal call changes nothing more. */
  readonly idempotent: boolean
  /** What public calls are counted by, apart from the address that they come from. */
  readonly countedBy: "address" | "pair"
  /** Fields of the result that are credentials and appear in no log. */
  readonly secrets: ReadonlyArray<string>
  /** Kraken's `result`, as far as it is used; unknown fields are ignored. */
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

/** Defines an endpoint that shows something of the account and changes nothing. */
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

/** Refers to a page of Kraken's REST reference as of 17 August 2026, or of another day. */
export const page = (name: string, read = "2026-08-17"): Reference => ({
  url: `https://docs.kraken.com/api/docs/rest-api/${name}`,
  read
})
