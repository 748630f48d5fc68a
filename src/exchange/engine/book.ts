import { min } from "../base/fixed.ts"
import { type Order, type Side, left } from "../state/order.ts"
import type { SortedMap } from "../base/sortedMap.ts"
import { type Exchange, type PairState, nextNumber } from "../state/state.ts"

/** Adds an order at the end of the queue at its limit price. */
export const addToBook = (exchange: Exchange, state: PairState, order: Order): void => {
  order.priority = nextNumber(exchange)
  order.visible = order.display === undefined ? left(order) : min(order.display, left(order))
  enqueue(sideOf(state, order.side), keyOf(order.side, order.limit!), order)
}

export const removeFromBook = (state: PairState, order: Order): void => {
  dequeue(sideOf(state, order.side), keyOf(order.side, order.limit!), order)
}

/** Returns the first order in the queue of the buyers or the sellers. */
export const firstInQueue = (state: PairState, side: Side): Order | undefined => {
  const level = (side === "buy" ? state.bids : state.asks).first()
  if (level === undefined) return undefined
  for (const order of level.values()) return order
  return undefined
}

/** Iterates over one side's resting orders in price-time priority. The book must not change during the iteration. */
export function* restingOrders(state: PairState, side: Side): IterableIterator<Order> {
  for (const level of (side === "buy" ? state.bids : state.asks).values()) yield* level.values()
}

/** Returns true if a taker with this limit accepts the price. */
export const acceptable = (side: Side, limit: bigint | undefined, price: bigint): boolean =>
  limit === undefined || (side === "buy" ? price <= limit : price >= limit)

export const enqueue = (side: SortedMap<bigint, Map<string, Order>>, key: bigint, order: Order): void => {
  const level = side.get(key)
  if (level === undefined) side.set(key, new Map([[order.txid, order]]))
  else level.set(order.txid, order)
}

export const dequeue = (side: SortedMap<bigint, Map<string, Order>>, key: bigint, order: Order): void => {
  const level = side.get(key)
  if (level === undefined) return
  level.delete(order.txid)
  if (level.size === 0) side.delete(key)
}

const sideOf = (state: PairState, side: Side) => (side === "buy" ? state.bids : state.asks)

const keyOf = (side: Side, price: bigint) => (side === "buy" ? -price : price)
