import { decodeGraph, encodeGraph } from "../base/graph.ts"
import { type Archive, blockLength, History, type Kind, type Summary } from "../base/history.ts"
import { defaultFees } from "../catalogue/fees.ts"
import type { Pair } from "../catalogue/pairs.ts"
import type { Market } from "./market.ts"
import { type Account, kinds } from "./account.ts"
import { type Exchange, mostPairTrades, type PairState } from "./state.ts"

/** Version of a snapshot's text. Raise it with every change of the state's types, and read the older ones. */
export const snapshotFormat = 1

/** Objects of the program that are compared as such. */
const shared: ReadonlyArray<object> = [defaultFees]

/** A block of an account's history, to be kept beside the snapshot. */
export interface ArchivedBlock {
  readonly history: string
  readonly number: number
  readonly text: string
  readonly summary: Summary
  readonly ids: ReadonlyArray<string>
}

/** Reads the blocks of an exchange's histories. */
export interface Archives {
  readonly summaries: (history: string) => ReadonlyArray<Summary>
  /** Returns the text of a block. */
  readonly block: (history: string, number: number) => string
  readonly placeOf: (history: string, id: string) => number | undefined
}

/**
 * All pairs that the exchange has ever had, of which orders and trades refer to one by its number. A pair that has got
 * other decimals is another one.
 */
export type Pairs = Array<Pair>

/**
 * Prints the state of an exchange. What has ended is only added to, and goes into blocks, so that the text does not grow
 * with the history. REST counters are left out, since a replay does not count reads.
 */
export const takeSnapshot = (
  exchange: Exchange,
  pairs: Pairs
): { text: string; blocks: ReadonlyArray<ArchivedBlock> } => {
  for (const pair of pairsOf(exchange)) if (!pairs.includes(pair)) pairs.push(pair)
  const numbers = new Map(pairs.map((pair, number) => [pair, number] as const))
  const blocks: Array<ArchivedBlock> = []
  const rest = <A>(name: string, history: History<A>) => {
    const whole = history.wholeBlocks()
    for (const { ids, items, number, summary } of whole)
      blocks.push({ history: name, number, text: encodeGraph([...items], numbers), summary, ids })
    return history.inMemory(history.inMemory().first + whole.length * blockLength)
  }
  const accounts = Array.from(exchange.accounts.values(), (account) => ({
    ...account,
    ...historiesOf(account, rest),
    volume: { ...account.volume, entries: rest(nameOf(account, "volume"), account.volume.entries) }
  }))
  const { market, orders: _, restCounters: __, ...state } = exchange
  const root = {
    pairs,
    exchange: {
      ...state,
      accounts,
      pairStates: Array.from(exchange.pairStates.values(), (it) => ({ ...it, trades: it.trades.inMemory() }))
    },
    tapes: market.recorder?.tapes
  }
  return { text: encodeGraph(root, new Map(shared.map((object, number) => [object, number]))), blocks }
}

/** Leaves what a snapshot has put into blocks to the archives, once these hold it. */
export const leaveToArchives = (exchange: Exchange, pairs: Pairs, archives: Archives): void => {
  const leave = <A>(name: string, history: History<A>) =>
    history.leaveTo(archiveOf<A>(archives, name, pairs), Math.floor(history.length / blockLength) * blockLength)
  for (const account of exchange.accounts.values()) {
    for (const { txid } of leave(nameOf(account, "closed"), account.closed)) exchange.orders.delete(txid)
    leave(nameOf(account, "trades"), account.trades)
    leave(nameOf(account, "ledger"), account.ledger)
    leave(nameOf(account, "volume"), account.volume.entries)
  }
}

/** Makes the exchange of a snapshot. Throws if the text is not one. */
export const restoreSnapshot = (
  text: string,
  market: Market,
  archives: Archives
): { readonly exchange: Exchange; readonly pairs: Pairs } => {
  const root = decodeGraph(text, shared) as Root
  const { pairs, tapes } = root
  const restored = <A>(name: string, kind: Kind<A>, held: Held<A>) =>
    new History(kind).restore(held, archiveOf<A>(archives, name, pairs))
  const accounts = root.exchange.accounts.map((held): Account => {
    const { closed, ledger, trades, volume } = held
    return {
      ...held,
      closed: restored(nameOf(held, "closed"), kinds.closed, closed),
      trades: restored(nameOf(held, "trades"), kinds.trades, trades),
      ledger: restored(nameOf(held, "ledger"), kinds.ledger, ledger),
      volume: { ...volume, entries: restored(nameOf(held, "volume"), kinds.volume, volume.entries) }
    }
  })
  const pairStates = root.exchange.pairStates.map((held): PairState => ({
    ...held,
    trades: new History(kinds.trades, mostPairTrades).restore(held.trades)
  }))
  for (const [pair, tape] of tapes ?? []) market.recorder?.tapes.set(pair, tape)
  const orders = accounts.flatMap(({ closed, open }) => [...closed.inMemory().items, ...open.values()])
  const exchange: Exchange = {
    ...root.exchange,
    market,
    accounts: new Map(accounts.map((account) => [account.id, account])),
    pairStates: new Map(pairStates.map((state) => [state.pair.id, state])),
    orders: new Map(orders.map((order) => [order.txid, order])),
    restCounters: new Map()
  }
  return { exchange, pairs }
}

/** The part of a history that a snapshot holds, and the place at which it begins. */
interface Held<A> {
  readonly first: number
  readonly items: ReadonlyArray<A>
}

/** A type whose histories are parts of them. */
type Cut<T> = { readonly [K in keyof T]: T[K] extends History<infer A> ? Held<A> : T[K] }

interface Root {
  readonly pairs: Pairs
  readonly exchange: Omit<Exchange, "accounts" | "market" | "orders" | "pairStates" | "restCounters"> & {
    readonly accounts: ReadonlyArray<Omit<Cut<Account>, "volume"> & { readonly volume: Cut<Account["volume"]> }>
    readonly pairStates: ReadonlyArray<Cut<PairState>>
  }
  readonly tapes: Tapes | undefined
}

type Tapes = NonNullable<Market["recorder"]>["tapes"]

const historiesOf = (account: Account, rest: <A>(name: string, history: History<A>) => Held<A>) => ({
  closed: rest(nameOf(account, "closed"), account.closed),
  trades: rest(nameOf(account, "trades"), account.trades),
  ledger: rest(nameOf(account, "ledger"), account.ledger)
})

const nameOf = ({ id }: Pick<Account, "id">, history: string): string => `${id} ${history}`

const archiveOf = <A>(archives: Archives, name: string, pairs: Pairs): Archive<A> => ({
  summaries: () => archives.summaries(name),
  block: (number) => decodeGraph(archives.block(name, number), pairs) as ReadonlyArray<A>,
  placeOf: (id) => archives.placeOf(name, id)
})

/** Lists the pairs that anything in memory refers to. */
const pairsOf = (exchange: Exchange): ReadonlySet<Pair> =>
  new Set([
    ...exchange.catalogue.pairs.values(),
    ...Array.from(exchange.pairStates.values(), ({ pair }) => pair),
    ...Array.from(exchange.orders.values(), ({ pair }) => pair),
    ...[...exchange.accounts.values()].flatMap(({ trades }) => trades.inMemory().items.map(({ pair }) => pair)),
    ...(exchange.market.recorder?.tapes.keys() ?? [])
  ])
