import type { Spend } from "./claim.ts"
import type { Mandate, Window } from "./mandate.ts"

/** A reason for which a write has no room under limits. Amounts are decimals in `unit`. */
export type NoRoom =
  | {
      readonly _tag: "Limit"
      readonly layer: "mandate" | "server"
      /** `max/day`, `withdraw KEY`, `capital`, `max-open`, `rate`. */
      readonly limit: string
      readonly asked: string
      readonly allowed: string
      readonly left: string
      /** A currency, an asset, or the thing that is counted. */
      readonly unit: string
      /** The time at which there is room again, in Unix milliseconds. Absent if time does not bring it. */
      readonly availableAt?: number
      /** The difference between our clock and Kraken's, in milliseconds, if it is too large to trust either. */
      readonly clockDifference?: number
    }
  | {
      readonly _tag: "Frozen"
      readonly scope: "everything" | "caller"
      /** Unix milliseconds. */
      readonly since: number
      readonly by: string
      readonly reason?: string
    }
  /** The mandate has another revision than the one under which the claim was made. */
  | { readonly _tag: "Changed" }

/** The use of one limit. Amounts are decimals in `unit`. */
export interface LimitUsage {
  readonly layer: "mandate" | "server"
  readonly limit: string
  readonly window: Exclude<Window, "order">
  readonly unit: string
  readonly allowed: string
  readonly used: string
  readonly left: string
  /** The time at which the oldest use leaves the window, in Unix milliseconds. Absent if none does. */
  readonly availableAt?: number
}

/** The share of an asset that belongs to a caller under its mandate. Amounts are decimals. */
export interface Owned {
  /** The sum of its capital, grants and proceeds. */
  readonly amount: string
  /** The part of it that open writes can still take. */
  readonly reserved: string
}

/** The state of a caller's limits. */
export interface Usage {
  readonly terms?: Mandate
  readonly limits: ReadonlyArray<LimitUsage>
  /** By asset. */
  readonly owned: Readonly<Record<string, Owned>>
  readonly openOrders: number
  /** Writes in the last minute, cancels not counted. */
  readonly writes: number
  readonly frozen?: Extract<NoRoom, { readonly _tag: "Frozen" }>
}

/** A spend that can still take money. */
export interface OpenSpend extends Pick<Spend, "amount" | "asset" | "gets" | "kind" | "order" | "parent"> {
  /** The limits that it counts against. Absent if they are not known, so that it cannot be raised. */
  readonly counts?: Spend["counts"]
  /** The row of its intent and its number there. */
  readonly seq: number
  readonly n: number
  /** Unix milliseconds. */
  readonly at: number
  readonly txid?: string
  /** The id of the order whose fills make its orders, if that is known. */
  readonly parentTxid?: string
  readonly paid: string
  readonly got: string
  /** The number of its orders that were open when they were last read back. */
  readonly open: number
  /** True if the outcome of its write is unknown or open. */
  readonly isUndecided: boolean
}

/** Selects the limits that concern a caller of an access: without trading only those of calls, which are not among these. */
export const limitsInEffect = ({ limits, terms }: Pick<Usage, "limits" | "terms">): ReadonlyArray<LimitUsage> => {
  if (terms === undefined || terms.access === "full") return limits
  return terms.access === "read" ? [] : limits.filter(({ limit }) => !limit.startsWith("withdraw "))
}
