import { dequeue, enqueue } from "./book.ts"
import { divide, max } from "../base/fixed.ts"
import { priceSignal } from "./liquidity.ts"
import { type Order, isTrailing } from "../state/order.ts"
import type { SortedMap } from "../base/sortedMap.ts"
import { type Exchange, type PairState, pairStateOf } from "../state/state.ts"

/** Returns the direction of the price movement that triggers the order. */
const triggerDirection = (order: Pick<Order, "side" | "type">): "up" | "down" =>
  (order.side === "buy") === order.type.startsWith("take-profit") ? "down" : "up"

/** Returns true if the price has already reached the trigger of a stop that does not trail. */
export const triggersAt = (
  exchange: Exchange,
  order: Pick<Order, "pair" | "side" | "trigger" | "triggerBy" | "type">
): boolean => {
  const price = priceSignal(exchange, pairStateOf(exchange, order.pair), order.triggerBy)
  return triggerDirection(order) === "up" ? price >= order.trigger! : price <= order.trigger!
}

/** Adds a stop order to the queue of its trigger price. A trailing stop starts from the current price. */
export const addStop = (exchange: Exchange, state: PairState, order: Order): void => {
  if (isTrailing(order.type)) {
    order.peak = priceSignal(exchange, state, order.triggerBy)
    order.trigger = trailingTrigger(order, order.peak)
    state.trailing.set(order.txid, order)
  } else enqueue(state.stops[order.triggerBy][triggerDirection(order)], keyOf(order), order)
}

export const removeStop = (state: PairState, order: Order): void => {
  if (isTrailing(order.type)) state.trailing.delete(order.txid)
  else dequeue(state.stops[order.triggerBy][triggerDirection(order)], keyOf(order), order)
}

/**
 * Removes and returns the next triggered stop that was placed before a moment. Trailing stops are moved along with the
 * price on the way.
 */
export const nextTriggered = (exchange: Exchange, state: PairState, before: number): Order | undefined => {
  for (const by of ["last", "index"] as const) {
    const { down, up } = state.stops[by]
    if (down.isEmpty && up.isEmpty) continue
    const price = priceSignal(exchange, state, by)
    for (const [queue, key] of [
      [up, price],
      [down, -price]
    ] as const) {
      const order = firstReached(queue, key, before)
      if (order === undefined) continue
      removeStop(state, order)
      return order
    }
  }
  for (const order of state.trailing.values()) {
    if (order.touched >= before || !moveTrailingStop(order, priceSignal(exchange, state, order.triggerBy))) continue
    removeStop(state, order)
    return order
  }
  return undefined
}

const firstReached = (queue: SortedMap<bigint, Map<string, Order>>, key: bigint, before: number): Order | undefined => {
  const first = queue.firstKey()
  if (first === undefined || first > key) return undefined
  for (const level of queue.values()) {
    for (const order of level.values()) {
      if (keyOf(order) > key) return undefined
      if (order.touched < before) return order
    }
  }
  return undefined
}

export const trailingTrigger = (order: Pick<Order, "side" | "trail" | "pair">, peak: bigint): bigint => {
  const away = distanceAt(order.trail!, peak, order.pair.tick)
  return order.side === "sell" ? max(order.pair.tick, peak - away) : peak + away
}

/** Rounds a distance to whole ticks, at least one. */
export const distanceAt = (
  by: { readonly distance: bigint; readonly percent: boolean },
  price: bigint,
  tick: bigint
): bigint => {
  const exact = by.percent ? divide(price * by.distance, 1_000_000n, "half") : by.distance
  return max(tick, divide(exact, tick, "half") * tick)
}

/** Moves a trailing stop along with a better price. Returns true if the price has reached its trigger. */
const moveTrailingStop = (order: Order, price: bigint): boolean => {
  if (order.side === "sell" ? price > order.peak! : price < order.peak!) {
    order.peak = price
    order.trigger = trailingTrigger(order, price)
  }
  return order.side === "sell" ? price <= order.trigger! : price >= order.trigger!
}

const keyOf = (order: Order) => (triggerDirection(order) === "up" ? order.trigger! : -order.trigger!)
