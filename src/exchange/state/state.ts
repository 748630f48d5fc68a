import type { Tier } from "../../domain/endpoints/rateCosts.ts"
import { History } from "../base/history.ts"
import { SortedMap } from "../base/sortedMap.ts"
import { type Account, kinds } from "./account.ts"
import type { Market, Taken } from "./market.ts"
import type { Order, Trade } from "./order.ts"
import { makeBuiltIn } from "../catalogue/builtIn.ts"
import type { Catalogue } from "../catalogue/catalogue.ts"
import type { Pair } from "../catalogue/pairs.ts"

export interface Settings {
  /** Seed of ids and addresses. */
  readonly seed: number
  /** Verification tier, which decides the limits of counters and open orders. */
  readonly tier: Tier
  /** True if the REST and engine counters refuse calls. */
  readonly rateLimits: boolean
  /** Revision of the rules for commands, at most {@link currentRules}. */
  readonly rules: number
}

/**
 * Newest revision of the rules for commands. A journal begins with revision 1, so that each of its entries ends again as
 * it did; `control/Rules` changes to a newer one. A change that lets an old command end otherwise needs a new revision,
 * and keeps the old behaviour for the older ones.
 */
export const currentRules = 2

const defaults: Settings = { seed: 1, tier: "starter", rateLimits: true, rules: currentRules }

/**
 * A simulated exchange. It is changed in place and only by `handle`, which depends only on the state, the call and the
 * market: equal journals lead to equal states. Everything is plain data, so states can be compared.
 */
export interface Exchange {
  settings: Settings
  readonly market: Market
  readonly catalogue: Catalogue
  /** Moment up to which everything has been processed, in epoch milliseconds. */
  now: number
  /** Counter from which ids and priorities are taken. */
  sequence: number
  status: "online" | "maintenance" | "cancel_only" | "post_only"
  readonly accounts: Map<string, Account>
  /** Orders by id, without those that an archive holds: see {@link findOrder}. */
  readonly orders: Map<string, Order>
  readonly pairStates: Map<string, PairState>
  readonly timers: SortedMap<number, Array<Timer>>
  /** Fees paid by all accounts, by asset. */
  readonly fees: Map<string, bigint>
  /** Balances outside the exchange: the market's side of every trade, deposits and withdrawals; usually negative. */
  readonly outside: Map<string, bigint>
  /** REST counters by key. They are not restored from a journal, since reads are not journalled. */
  readonly restCounters: Map<string, Counter>
  readonly engineCounters: Map<string, Counter>
  /** Fills whose conditional close has not been placed yet. Empty between calls. */
  readonly fills: Array<{ readonly order: Order; readonly price: bigint; readonly volume: bigint }>
}

export interface Counter {
  value: number
  at: number
}

/** The trading state of one pair. */
export interface PairState {
  readonly pair: Pair
  /** Trading status of the pair, initially the listed one. */
  status: Pair["status"] | "delisted"
  /** Time of the list that the status was last imported from, in epoch milliseconds. */
  listed: number
  /** Resting orders by price, best first: keys of bids are negative prices. */
  readonly bids: SortedMap<bigint, Map<string, Order>>
  readonly asks: SortedMap<bigint, Map<string, Order>>
  /** Orders waiting for a price, by their trigger price. Keys of `down` are negative. */
  readonly stops: Record<"last" | "index", Record<"up" | "down", SortedMap<bigint, Map<string, Order>>>>
  readonly trailing: Map<string, Order>
  /** Volume that our orders have taken from the market's book since its last tick. */
  readonly taken: { tick: number; bid: Taken; ask: Taken }
  /**
   * Our own last trade. Its price is the last price until the market's next tick, or on a recorded market until its
   * next trade.
   */
  ownTrade: { readonly price: bigint; readonly tick: number } | undefined
  /** The newest trades of all accounts on the pair. */
  readonly trades: History<Trade>
}

export type Timer =
  | { readonly kind: "start" | "expire"; readonly txid: string }
  | { readonly kind: "cancel-all"; readonly account: string; readonly sequence: number }
  | { readonly kind: "deposit"; readonly account: string; readonly refid: string }
  | { readonly kind: "earn"; readonly account: string; readonly strategy: string; readonly sequence: number }
  | { readonly kind: "reward"; readonly account: string; readonly strategy: string }

/** Makes an exchange without accounts. `now` is in epoch milliseconds. */
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
    pairStates: new Map(Array.from(catalogue.pairs.values(), (pair) => [pair.id, makePairState(pair)])),
    timers: new SortedMap(),
    fees: new Map(),
    outside: new Map(),
    restCounters: new Map(),
    engineCounters: new Map(),
    fills: []
  }
}

/** Number of own trades that a pair's public trades show at least. */
export const mostPairTrades = 200

export const makePairState = (pair: Pair): PairState => ({
  pair,
  status: pair.status,
  listed: 0,
  bids: new SortedMap(),
  asks: new SortedMap(),
  stops: {
    last: { up: new SortedMap(), down: new SortedMap() },
    index: { up: new SortedMap(), down: new SortedMap() }
  },
  trailing: new Map(),
  taken: { tick: 0, bid: { place: 0, volume: 0n }, ask: { place: 0, volume: 0n } },
  ownTrade: undefined,
  trades: new History(kinds.trades, mostPairTrades)
})

export const pairStateOf = (exchange: Exchange, pair: Pair): PairState => exchange.pairStates.get(pair.id)!

/** Finds an order of any account by its id, open or closed. */
export const findOrder = (exchange: Exchange, txid: string): Order | undefined => {
  const known = exchange.orders.get(txid)
  if (known !== undefined) return known
  for (const { closed } of exchange.accounts.values()) {
    const found = closed.get(txid)
    if (found !== undefined) return found
  }
  return undefined
}

/** Returns the next number of the sequence, for ids and priorities. */
export const nextNumber = (exchange: Exchange): number => ++exchange.sequence

/** Schedules a timer. */
export const addTimer = (exchange: Exchange, time: number, timer: Timer): void => {
  const due = exchange.timers.get(time)
  if (due === undefined) exchange.timers.set(time, [timer])
  else due.push(timer)
}
