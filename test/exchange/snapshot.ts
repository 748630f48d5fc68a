import { restingOrders } from "../../src/exchange/engine/book.ts"
import { recentVolume } from "../../src/exchange/accounts/holds.ts"
import { printPair } from "../../src/exchange/commands/catalogueImport/rows.ts"
import { marketLevel } from "../../src/exchange/engine/liquidity.ts"
import type { Exchange } from "../../src/exchange/state/state.ts"

/**
 * Prints the whole state as plain JSON. Two exchanges that executed the same commands have equal snapshots. Values that
 * reads change are omitted: REST counters, and how much expired volume has been dropped.
 */
export const snapshot = (exchange: Exchange): unknown => {
  for (const account of exchange.accounts.values()) recentVolume(exchange, account)
  return plain({
    now: exchange.now,
    settings: exchange.settings,
    sequence: exchange.sequence,
    status: exchange.status,
    accounts: [...exchange.accounts.values()].map((account) => ({
      ...account,
      clientIds: [...account.clientIds.keys()],
      open: [...account.open.keys()],
      closed: Array.from(account.closed, ({ txid }) => txid),
      trades: [...account.trades],
      ledger: [...account.ledger],
      volume: { ...account.volume, entries: [...account.volume.entries] }
    })),
    assets: [...exchange.catalogue.assets.keys()],
    pairs: [...exchange.catalogue.pairs.values()].map((pair) => ({ ...printPair(pair, pair.status), tick: pair.tick })),
    orders: new Map(
      [...exchange.accounts.values()]
        .flatMap(({ closed, open }) => [...closed, ...open.values()])
        .toSorted((one, other) => one.opened - other.opened || (one.txid < other.txid ? -1 : 1))
        .map((order) => [order.txid, order])
    ),
    pairStates: [...exchange.pairStates.values()].map((state) => ({
      pair: state.pair.id,
      status: state.status,
      bids: [...restingOrders(state, "buy")].map(({ txid }) => txid),
      asks: [...restingOrders(state, "sell")].map(({ txid }) => txid),
      market: [
        marketLevel(exchange, state, "bid"),
        marketLevel(exchange, state, "ask"),
        exchange.market.last(state.pair, exchange.now)
      ],
      ownTrade: state.ownTrade,
      trades: Array.from(state.trades, ({ id }) => id)
    })),
    timers: [...exchange.timers.values()],
    fees: exchange.fees,
    outside: exchange.outside,
    engineCounters: exchange.engineCounters
  })
}

const plain = (value: unknown): unknown => {
  if (typeof value === "bigint") return value.toString()
  if (value instanceof Map) return plain(Object.fromEntries(value))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      each === undefined
        ? []
        : [[key, key === "pair" && typeof each === "object" ? (each as { id: string }).id : plain(each)]]
    )
  )
}
