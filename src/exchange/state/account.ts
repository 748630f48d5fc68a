import type { History, Kind } from "../base/history.ts"
import type { Order, Trade } from "./order.ts"

export interface Account {
  readonly id: string
  readonly name: string
  readonly master: string | undefined
  readonly created: number
  /** Balances by asset id. Allocated amounts have the asset id with a suffix. */
  readonly balances: Map<string, bigint>
  readonly futures: Map<string, bigint>
  readonly holds: Map<string, bigint>
  /** Open and pending orders, oldest first. */
  readonly open: Map<string, Order>
  readonly clientIds: Map<string, Order>
  /** Closed orders in the order in which they closed. */
  readonly closed: History<Order>
  readonly trades: History<Trade>
  readonly ledger: History<LedgerEntry>
  /** Dollars traded, oldest first, for the 30-day volume. `from` is the index of the first entry that still counts. */
  readonly volume: {
    readonly entries: History<VolumeEntry>
    from: number
    sum: bigint
  }
  cancelAllAt: { readonly time: number; readonly sequence: number } | undefined
  readonly deposits: Array<Deposit>
  readonly withdrawals: Array<Withdrawal>
  /** Ids of transfers to the futures wallet. */
  readonly transfersToFutures: Array<string>
  readonly depositAddresses: Array<DepositAddress>
  readonly withdrawalAddresses: Array<WithdrawalAddress>
  readonly earn: Map<string, Allocation>
  readonly reports: Array<Report>
}

export interface VolumeEntry {
  readonly time: number
  readonly dollars: bigint
}

export interface LedgerEntry {
  readonly id: string
  readonly refid: string
  readonly time: number
  readonly type: string
  readonly subtype: string
  /** Name of the changed balance, with its suffix. */
  readonly asset: string
  readonly amount: bigint
  readonly fee: bigint
  readonly balance: bigint
}

export interface Deposit {
  readonly refid: string
  readonly txid: string
  readonly method: string
  readonly asset: string
  readonly address: string
  readonly amount: bigint
  readonly time: number
  /** Time at which the deposit is credited, unless it fails before. */
  readonly creditedAt: number
  failedAt: number | undefined
}

export interface Withdrawal {
  readonly refid: string
  readonly method: string
  readonly network: string
  readonly asset: string
  readonly address: string
  readonly key: string
  /** Amount that the receiver gets. The fee is charged in addition. */
  readonly amount: bigint
  readonly fee: bigint
  /** Value including the fee when it was requested, in units of 10^-4 dollars. */
  readonly worth: bigint
  readonly time: number
  /** Set once the amount was credited back: cancelled or failed. */
  returned: { readonly at: number; readonly why: "canceled" | "failed" } | undefined
}

export interface DepositAddress {
  readonly asset: string
  readonly method: string
  readonly address: string
  readonly tag: string | undefined
  readonly created: number
  /** Expiry in epoch milliseconds; 0 if the address never expires. */
  readonly expires: number
}

export interface WithdrawalAddress {
  readonly asset: string
  readonly method: string
  readonly key: string
  readonly address: string
  readonly verified: boolean
}

export interface Allocation {
  allocated: bigint
  pending:
    | {
        readonly kind: "allocate" | "deallocate"
        readonly amount: bigint
        readonly until: number
        readonly sequence: number
      }
    | undefined
  readonly unbonding: Array<{ readonly amount: bigint; readonly created: number; readonly expires: number }>
  /** Sum of allocated units times milliseconds since the period began, up to `counted`. */
  weight: bigint
  counted: number
  /** Total of rewards paid. */
  rewarded: bigint
  /** Time at which the next reward is due; undefined if nothing is allocated. */
  payout: number | undefined
  /** Error of the last operation of each kind; absent if it succeeded. */
  readonly failed: { allocate?: string; deallocate?: string }
}

export interface Report {
  readonly id: string
  readonly description: string
  readonly report: "trades" | "ledgers"
  readonly format: "CSV" | "TSV"
  readonly fields: string
  readonly created: number
  readonly from: number
  readonly to: number
}

/** The histories of an account by name. Groups are what a search can count without reading the items. */
export const kinds = {
  closed: {
    times: ({ closed, opened }) => [opened, closed ?? opened],
    groupOf: () => "",
    idOf: ({ txid }) => txid
  } satisfies Kind<Order>,
  trades: { times: ({ time }) => [time], groupOf: () => "", idOf: ({ id }) => id } satisfies Kind<Trade>,
  ledger: {
    times: ({ time }) => [time],
    groupOf: ({ asset, type }) => `${asset} ${type}`,
    idOf: ({ id }) => id
  } satisfies Kind<LedgerEntry>,
  volume: { times: ({ time }) => [time], groupOf: () => "" } satisfies Kind<VolumeEntry>
}
