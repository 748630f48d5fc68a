import { addToBook } from "./book.ts"
import { closeSpec } from "../state/close.ts"
import { feeOn } from "../catalogue/fees.ts"
import { adjustHold, holdFor, rateOf } from "../accounts/holds.ts"
import { available } from "../accounts/ledger.ts"
import { accountOf, createOrder, endOrder } from "./lifecycle.ts"
import { bestOffer, offers, priceSignal } from "./liquidity.ts"
import { acceptable } from "./book.ts"
import { min } from "../base/fixed.ts"
import { isTrading } from "./mode.ts"
import { takeOffers, wanted } from "./matching.ts"
import { type Order, type OrderSpec, hasTrigger, isTrailing, left } from "../state/order.ts"
import { quoteAmount } from "../catalogue/pairs.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, type PairState, addTimer, pairStateOf } from "../state/state.ts"
import { distanceAt, nextTriggered, addStop, trailingTrigger, triggersAt } from "./stops.ts"

/** Places an order and processes everything that follows from it. The caller has checked the order and its funds. */
export const submit = (exchange: Exchange, account: Account, spec: OrderSpec): Order => {
  const order = createOrder(exchange, account, spec)
  if (order.expire > 0) addTimer(exchange, order.expire, { kind: "expire", txid: order.txid })
  if (order.start > exchange.now) addTimer(exchange, order.start, { kind: "start", txid: order.txid })
  else {
    activate(exchange, order)
    processTriggered(exchange, pairStateOf(exchange, order.pair))
  }
  return order
}

/** Starts a scheduled order, or cancels it if its funds no longer suffice. */
export const startScheduled = (exchange: Exchange, order: Order): void => {
  if (!affordable(exchange, accountOf(exchange, order), order))
    return endOrder(exchange, order, "canceled", "Insufficient funds")
  activate(exchange, order)
  processTriggered(exchange, pairStateOf(exchange, order.pair))
}

/** Returns true if the account can pay for the order. The order's own hold counts as free. */
export const affordable = (exchange: Exchange, account: Account, spec: OrderSpec & Partial<Order>): boolean => {
  const { asset, amount } = requiredFunds(exchange, account, spec)
  const own = spec.hold?.asset === asset ? spec.hold.amount : 0n
  return available(account, asset) + own >= amount
}

/**
 * Triggers stops and places conditional closes that trades have caused, until there are no more. For a trade in the
 * past, only stops placed before it are triggered.
 */
export const processTriggered = (exchange: Exchange, state: PairState, before = Infinity): void => {
  if (!isTrading(exchange, state)) return
  for (;;) {
    const fill = exchange.fills.shift()
    if (fill !== undefined) {
      const account = accountOf(exchange, fill.order)
      const order = createOrder(exchange, account, closeSpec(fill.order, fill.price, fill.volume))
      if (order.volume === 0n || !affordable(exchange, account, order))
        endOrder(exchange, order, "canceled", "Insufficient funds")
      else activate(exchange, order)
      continue
    }
    const stop = nextTriggered(exchange, state, before)
    if (stop === undefined) return
    triggerStop(exchange, state, stop)
  }
}

/**
 * Executes an order against the book. The remaining volume then rests or ends, depending on its type and time in force.
 */
export const execute = (exchange: Exchange, state: PairState, order: Order): void => {
  if (order.postOnly && crosses(exchange, state, order)) return endOrder(exchange, order, "canceled", "Post only order")
  if (order.timeInForce === "FOK" && !fillable(exchange, state, order))
    return endOrder(exchange, order, "canceled", "Fill or kill")
  takeOffers(exchange, state, order)
  if (order.status !== "open") return
  if (order.limit === undefined) endOrder(exchange, order, "canceled", "Insufficient liquidity")
  else if (order.timeInForce === "IOC") endOrder(exchange, order, "canceled", "Immediate or cancel")
  else addToBook(exchange, state, order)
}

export const crosses = (exchange: Exchange, state: PairState, order: Pick<Order, "side" | "limit">): boolean => {
  const offer = bestOffer(exchange, state, order.side)
  return offer !== undefined && acceptable(order.side, order.limit, offer.price)
}

const activate = (exchange: Exchange, order: Order): void => {
  const state = pairStateOf(exchange, order.pair)
  order.status = "open"
  if (!hasTrigger(order.type)) {
    adjustHold(accountOf(exchange, order), order)
    return execute(exchange, state, order)
  }
  if (!isTrailing(order.type) && triggersAt(exchange, order))
    return endOrder(exchange, order, "canceled", "Order would trigger immediately")
  addStop(exchange, state, order)
  adjustHold(accountOf(exchange, order), order)
}

/** Turns a triggered stop into its market or limit order, or cancels it if its funds no longer suffice. */
const triggerStop = (exchange: Exchange, state: PairState, order: Order): void => {
  order.triggered = true
  order.touched = exchange.now
  const offset = order.trail?.limitOffset
  if (offset !== undefined) {
    const { distance, percent } = offset
    const away = distanceAt(
      { distance: distance < 0n ? -distance : distance, percent },
      order.trigger!,
      order.pair.tick
    )
    const limit = order.trigger! + (distance === 0n ? 0n : distance < 0n ? -away : away)
    order.limit = limit > order.pair.tick ? limit : order.pair.tick
  }
  const account = accountOf(exchange, order)
  if (!affordable(exchange, account, order)) return endOrder(exchange, order, "canceled", "Insufficient funds")
  adjustHold(account, order)
  execute(exchange, state, order)
}

/**
 * Returns the free funds that an order requires: its hold, or for a market buy the current price of its volume in the
 * book.
 */
const requiredFunds = (
  exchange: Exchange,
  account: Account,
  spec: OrderSpec & Partial<Order>
): { readonly asset: string; readonly amount: bigint } => {
  const { pair } = spec
  const { feeInBase, limit, side, spend, volume } = spec
  const rate = spec.rate ?? rateOf(exchange, account, pair, false)
  const triggered = spec.triggered ?? false
  const state = pairStateOf(exchange, pair)
  const trigger =
    isTrailing(spec.type) && !triggered
      ? trailingTrigger(spec, priceSignal(exchange, state, spec.triggerBy))
      : spec.trigger
  const order = { pair, side, limit, trigger, triggered, volume, executed: spec.executed ?? 0n, feeInBase, rate }
  const hold = holdFor(order)
  if (hold !== undefined) return hold
  const cost = spend ?? costNow(exchange, state, order)
  return { asset: pair.quote.id, amount: cost + (feeInBase ? 0n : feeOn(cost, rate, "ceil")) }
}

const costNow = (exchange: Exchange, state: PairState, order: Pick<Order, "pair" | "volume" | "executed">): bigint => {
  let rest = left(order)
  let cost = 0n
  for (const offer of offers(exchange, state, "buy")) {
    if (rest === 0n) break
    const volume = min(rest, offer.volume)
    cost += quoteAmount(order.pair, offer.price, volume, "ceil")
    rest -= volume
  }
  return cost
}

/** Returns true if a fill-or-kill order would be filled completely without meeting an order of its own account. */
const fillable = (exchange: Exchange, state: PairState, order: Order): boolean => {
  let rest = order.volume
  for (const offer of offers(exchange, state, order.side)) {
    if (!acceptable(order.side, order.limit, offer.price)) return false
    if (offer.maker?.account === order.account) {
      if (order.selfTrade !== "cancel-oldest") return false
      continue
    }
    rest -= order.spend === undefined ? offer.volume : min(wanted(order, offer.price), offer.volume)
    if (rest <= 0n) return true
  }
  return false
}
