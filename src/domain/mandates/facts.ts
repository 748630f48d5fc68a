import type { Directory } from "../assets/model.ts"
import type { WriteEndpoint } from "../endpoints/endpoints.ts"
import type { Mandate, ServerLimits } from "./mandate.ts"
import type { Books } from "./conversion.ts"
import type { Judged } from "./refusal.ts"
import type { Claim } from "./claim.ts"
import type { OpenSpend } from "./room.ts"

/** The rules that bind a write. */
export interface Rules {
  /** The mandate of the caller. */
  readonly own?: { readonly subject: string; readonly revision: number; readonly terms: Mandate }
  /** The limits that all callers share. */
  readonly server?: ServerLimits
}

/**
 * An open order as Kraken lists it. Decimals are text or, in a few answers, JSON numbers.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17
 */
export interface OrderRow {
  readonly descr: {
    readonly pair: string
    readonly type?: string
    readonly ordertype?: string
    readonly price?: string | number
    readonly price2?: string | number
    readonly leverage?: string | number
    /** Kraken's description of the orders that its fills make. */
    readonly close?: string
  }
  readonly vol: string | number
  readonly vol_exec: string | number
  readonly oflags?: string
}

/** The order that an amendment names. */
export interface AmendedOrder {
  /** The open spend of the caller's scope that this order belongs to. Undefined if it belongs to none. */
  readonly open: OpenSpend | undefined
  readonly row: OrderRow
  /** True if its fills make other orders. */
  readonly hasClose: boolean
}

/** The strategy that an allocation names. */
export interface EarnStrategy {
  /** The asset in any spelling. */
  readonly asset: string
  /** `flex`, `instant`, `bonded`, `timed`. Undefined if it is unknown. */
  readonly lock?: string
}

/** All that was read to judge a write. */
export interface Facts {
  readonly directory: Directory
  /** The order books by the display names of their pairs, each read at most five seconds ago. */
  readonly books: Books
  /** The taker fee of a pair, by its display name, in percent. Undefined if it could not be read. */
  readonly takerFee: (pair: string) => string | undefined
  /** The amounts that the caller owns and no open write can take, by the display names of assets. */
  readonly owned: ReadonlyMap<string, string>
  /** The balances that are available, less open reservations that the report does not contain, by display name. */
  readonly balances?: ReadonlyMap<string, string>
  readonly amended?: AmendedOrder
  readonly strategy?: EarnStrategy
  /** The ids among those of the write that orders had before. */
  readonly usedClientIds: ReadonlySet<string>
  /** The pairs, by display name, on which the caller placed orders with leverage. */
  readonly leveraged?: ReadonlySet<string>
}

/** The facts that have to be read before a write can be judged. */
export interface FactsNeeded {
  /** Display names of pairs. */
  readonly books: ReadonlyArray<string>
  /** Display names of pairs. */
  readonly fees: ReadonlyArray<string>
  /** Display names of assets. */
  readonly owned: ReadonlyArray<string>
  readonly balances: boolean
  /** The order that an amendment names. */
  readonly amended?: { readonly txid?: string; readonly cl_ord_id?: string }
  /** The id of the strategy that an allocation names. */
  readonly strategy?: string
  /** The ids of orders that have to be new. */
  readonly newClientIds: ReadonlyArray<string>
  /** The pair, by display name, on which the caller needs to have placed orders with leverage. */
  readonly leveraged?: string
}

/** A write that is being judged. */
export interface Judging {
  readonly endpoint: WriteEndpoint
  readonly rules: Rules
  readonly facts: Facts
}

/** A write that is allowed as far as no sum of earlier ones is concerned. */
export interface Allowed {
  readonly _tag: "Allowed"
  /** The parameters to send, instead of those that were judged. */
  readonly params: { readonly [name: string]: unknown }
  readonly claim: Claim
  /** The terms that were changed, by name. Those of the third order of a batch begin with `orders.2.`. */
  readonly sentAs?: { readonly [name: string]: string }
  /** The reasons for which a person has to approve it: `above 50 USD`, `funds`, `market`, `cancel-all`. */
  readonly ask: ReadonlyArray<string>
}

/** The judgement of one kind of write. */
export type Judge = (judging: Judging, params: { readonly [name: string]: unknown }) => Judged<Allowed>

/** The rules in whose name a form of a write is refused. */
export const layerOf = ({ own }: Rules): "mandate" | "server" => (own === undefined ? "server" : "mandate")
