import { min } from "../base/fixed.ts"
import { type Order, type Side, left } from "../state/order.ts"
import type { Sorted } from "../base/Sorted.ts"
import { type Exchange, type Venue, next } from "../state/state.ts"

/** Adds an order at the end of the queue at its limit price. */
export const rest = (exchange: Exchange, venue: Venue, order: Order): void => {
  order.priority = next(exchange)
  order.visible = order.display === undefined ? left(order) : min(order.display, left(order))
  enqueue(sideOf(venue, order.side), keyOf(order.side, order.limit!), order)
}

export const unrest = (venue: Venue, order: Order): void => {
  dequeue(sideOf(venue, order.side), keyOf(order.side, order.limit!), order)
}

/** Returns the first order in the queue of the buyers or the sellers. */
export const firstInLine = (venue: Venue, side: Side): Order | undefined => {
  const level = (side === "buy" ? venue.bids : venue.asks).first()
  if (level === undefined) return undefined
  for (const order of level.values()) return order
  return undefined
}

/** Iterates over one side's resting orders in price-time priority. The book must not change during the iteration. */
export function* inLine(venue: Venue, side: Side): IterableIterator<Order> {
  for (const level of (side === "buy" ? venue.bids : venue.asks).values()) yield* level.values()
}

/** Returns true if a taker with this limit accepts the price. */
export const acceptable = (side: Side, limit: bigint | undefined, price: bigint): boolean =>
  limit === undefined || (side === "buy" ? price <= limit : price >= limit)

export const enqueue = (side: Sorted<bigint, Map<string, Order>>, key: bigint, order: Order): void => {
  const level = side.get(key)
  if (level === undefined) side.set(key, new Map([[order.txid, order]]))
  else level.set(order.txid, order)
}

export const dequeue = (side: Sorted<bigint, Map<string, Order>>, key: bigint, order: Order): void => {
  const level = side.get(key)
  if (level === undefined) return
  level.delete(order.txid)
  if (level.size === 0) side.delete(key)
}

const sideOf = (venue: Venue, side: Side) => (side === "buy" ? venue.bids : venue.asks)

const keyOf = (side: Side, price: bigint) => (side === "buy" ? -price : price)
