import type { Tier } from "../../domain/endpoints/rateCosts.ts"
import { Sorted } from "../base/Sorted.ts"
import type { Market, Taken } from "./Market.ts"
import type { Order, Trade } from "./order.ts"
import { makeBuiltIn } from "../catalogue/builtIn.ts"
import type { Catalogue } from "../catalogue/catalogue.ts"
import type { Pair } from "../catalogue/pairs.ts"

export interface Settings {
  /** Decides ids and addresses. */
  readonly seed: number
  /** The verification tier: counters and open orders allowed. */
  readonly tier: Tier
  /** Whether the REST and engine counters refuse calls. */
  readonly rateLimits: boolean
}

export const defaults: Settings = { seed: 1, tier: "starter", rateLimits: true }

/**
 * A whole simulated venue. Changed in place and only by `handle`, which is a function of the state, the call and the
 * market alone: an equal journal of calls leads to an equal state. Everything is plain data, so it can be compared.
 */
export interface Exchange {
  settings: Settings
  readonly market: Market
  readonly catalogue: Catalogue
  /** Epoch milliseconds up to which everything has happened. */
  now: number
  /** Counts everything that is numbered: ids, priorities. */
  sequence: number
  status: "online" | "maintenance" | "cancel_only" | "post_only"
  readonly accounts: Map<string, Account>
  readonly orders: Map<string, Order>
  readonly venues: Map<string, Venue>
  readonly timers: Sorted<number, Array<Timer>>
  /** What accounts have paid in fees, by asset. */
  readonly fees: Map<string, bigint>
  /** The world outside: the market's side of every trade, deposits and withdrawals; usually below zero. */
  readonly outside: Map<string, bigint>
  /** REST counters by key; not part of what a journal restores, since reading is not journalled. */
  readonly restCounters: Map<string, Counter>
  readonly engineCounters: Map<string, Counter>
  /** Fills whose conditional close is yet to be placed: empty between calls. */
  readonly fills: Array<{ readonly order: Order; readonly price: bigint; readonly volume: bigint }>
}

export interface Counter {
  value: number
  at: number
}

/** Where one pair is traded. */
export interface Venue {
  readonly pair: Pair
  /** What the pair allows now; at first what it was listed with. */
  status: Pair["status"] | "delisted"
  /** When that was last listed anew, in epoch milliseconds. */
  listed: number
  /** Resting orders by price, best first: keys of bids are negative prices. */
  readonly bids: Sorted<bigint, Map<string, Order>>
  readonly asks: Sorted<bigint, Map<string, Order>>
  /** Orders waiting for a price, by the price at which they wake: `down` keys are negative. */
  readonly stops: Record<"last" | "index", Record<"up" | "down", Sorted<bigint, Map<string, Order>>>>
  readonly trailing: Map<string, Order>
  /** How much of the market's book our orders have taken since its last tick. */
  readonly taken: { tick: number; bid: Taken; ask: Taken }
  /** Our own last trade: the last price until the market's next tick, or, where it is looked at, its next trade. */
  ownTrade: { readonly price: bigint; readonly tick: number } | undefined
  readonly trades: Array<Trade>
}

export type Timer =
  | { readonly kind: "start" | "expire"; readonly txid: string }
  | { readonly kind: "cancel-all"; readonly account: string; readonly sequence: number }
  | { readonly kind: "deposit"; readonly account: string; readonly refid: string }
  | { readonly kind: "earn"; readonly account: string; readonly strategy: string; readonly sequence: number }
  | { readonly kind: "reward"; readonly account: string; readonly strategy: string }

export interface Account {
  readonly id: string
  readonly name: string
  readonly master: string | undefined
  readonly created: number
  /** By asset id, or asset id with a suffix for what is earning. */
  readonly balances: Map<string, bigint>
  readonly futures: Map<string, bigint>
  readonly holds: Map<string, bigint>
  /** Open and pending orders, oldest first. */
  readonly open: Map<string, Order>
  readonly clientIds: Map<string, Order>
  /** In the order in which they closed. */
  readonly closed: Array<Order>
  readonly trades: Array<Trade>
  readonly tradesById: Map<string, Trade>
  readonly ledger: Array<LedgerEntry>
  readonly ledgerById: Map<string, LedgerEntry>
  /** Dollars traded, oldest first, for the 30-day volume; `from` is the first that still counts. */
  readonly volume: {
    readonly entries: Array<{ readonly time: number; readonly dollars: bigint }>
    from: number
    sum: bigint
  }
  cancelAllAt: { readonly time: number; readonly sequence: number } | undefined
  readonly deposits: Array<Deposit>
  readonly withdrawals: Array<Withdrawal>
  readonly depositAddresses: Array<DepositAddress>
  readonly withdrawalAddresses: Array<WithdrawalAddress>
  readonly earn: Map<string, Allocation>
  readonly reports: Array<Report>
}

export interface LedgerEntry {
  readonly id: string
  readonly refid: string
  readonly time: number
  readonly type: string
  readonly subtype: string
  /** The balance it changes, with its suffix. */
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
  /** Unless it fails before. */
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
  /** What the receiver gets; the fee comes on top. */
  readonly amount: bigint
  readonly fee: bigint
  /** Dollars in units of 10^-4, fee and all, when it was asked for. */
  readonly worth: bigint
  readonly time: number
  /** The money is back: it was called back, or did not get there. */
  returned: { readonly at: number; readonly why: "canceled" | "failed" } | undefined
}

export interface DepositAddress {
  readonly asset: string
  readonly method: string
  readonly address: string
  readonly tag: string | undefined
  readonly created: number
  /** 0 if never. */
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
  /** What has earned since the period began, in units times milliseconds, counted up to `counted`. */
  weight: bigint
  counted: number
  /** All that has been earned and paid. */
  rewarded: bigint
  /** When the next reward is due; undefined where nothing earns. */
  payout: number | undefined
  /** What became of the last operation of each kind. */
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

/** A venue without accounts, at a moment in epoch milliseconds. */
export const makeExchange = (market: Market, now: number, settings: Partial<Settings> = {}): Exchange => {
  const catalogue = makeBuiltIn()
  return {
    settings: { ...defaults, ...settings },
    market,
    catalogue,
    now,
    sequence: 0,
    status: "online",
    accounts: new Map(),
    orders: new Map(),
    venues: new Map(Array.from(catalogue.pairs.values(), (pair) => [pair.id, makeVenue(pair)])),
    timers: new Sorted(),
    fees: new Map(),
    outside: new Map(),
    restCounters: new Map(),
    engineCounters: new Map(),
    fills: []
  }
}

export const makeVenue = (pair: Pair): Venue => ({
  pair,
  status: pair.status,
  listed: 0,
  bids: new Sorted(),
  asks: new Sorted(),
  stops: {
    last: { up: new Sorted(), down: new Sorted() },
    index: { up: new Sorted(), down: new Sorted() }
  },
  trailing: new Map(),
  taken: { tick: 0, bid: { place: 0, volume: 0n }, ask: { place: 0, volume: 0n } },
  ownTrade: undefined,
  trades: []
})

export const venueOf = (x: Exchange, pair: Pair): Venue => x.venues.get(pair.id)!

/** The next number; ids and priorities come from it. */
export const next = (x: Exchange): number => ++x.sequence

/** Have something happen at a moment. */
export const at = (x: Exchange, time: number, timer: Timer): void => {
  const due = x.timers.get(time)
  if (due === undefined) x.timers.set(time, [timer])
  else due.push(timer)
}
