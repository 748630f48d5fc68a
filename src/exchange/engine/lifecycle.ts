import { removeFromBook } from "./book.ts"
import { adjustHold, rateOf } from "../accounts/holds.ts"
import { orderId } from "../base/ids.ts"
import { type Order, type OrderSpec, hasTrigger } from "../state/order.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, nextNumber, pairStateOf } from "../state/state.ts"
import { removeStop } from "./stops.ts"

/** Creates an order with an id and adds it to its account. It holds no funds and is not in the book yet. */
export const createOrder = (exchange: Exchange, account: Account, spec: OrderSpec): Order => {
  const number = nextNumber(exchange)
  // Fields are listed one by one, because an object this wide that begins with a spread becomes a dictionary, which is
  // five times as slow.
  const order: Order = {
    pair: spec.pair,
    side: spec.side,
    type: spec.type,
    refid: spec.refid,
    userref: spec.userref,
    clientId: spec.clientId,
    limit: spec.limit,
    trigger: spec.trigger,
    trail: spec.trail,
    triggerBy: spec.triggerBy,
    volume: spec.volume,
    spend: spec.spend,
    display: spec.display,
    timeInForce: spec.timeInForce,
    postOnly: spec.postOnly,
    feeInBase: spec.feeInBase,
    selfTrade: spec.selfTrade,
    start: spec.start,
    expire: spec.expire,
    close: spec.close,
    txid: orderId(exchange.settings.seed, number),
    account: account.id,
    opened: exchange.now,
    status: "pending",
    priority: number,
    visible: 0n,
    executed: 0n,
    notional: 0n,
    cost: 0n,
    fee: 0n,
    spent: 0n,
    rate: rateOf(exchange, account, spec.pair, false),
    hold: undefined,
    peak: undefined,
    triggered: false,
    touched: exchange.now,
    closed: undefined,
    reason: undefined,
    amends: undefined,
    trades: []
  }
  exchange.orders.set(order.txid, order)
  account.open.set(order.txid, order)
  if (order.clientId !== undefined) account.clientIds.set(order.clientId, order)
  return order
}

/** Returns true if the order waits for its trigger price and is not in the book. */
export const waitsForTrigger = (order: Order): boolean => hasTrigger(order.type) && !order.triggered

/** Ends an open or pending order and removes it from the book, the stops or the schedule. */
export const endOrder = (
  exchange: Exchange,
  order: Order,
  status: "closed" | "canceled" | "expired",
  reason?: string
): void => {
  const state = pairStateOf(exchange, order.pair)
  if (order.status === "open") {
    if (waitsForTrigger(order)) removeStop(state, order)
    else if (order.limit !== undefined) removeFromBook(state, order)
  }
  const account = exchange.accounts.get(order.account)!
  order.status = status
  order.closed = exchange.now
  order.reason = reason
  adjustHold(account, order)
  account.open.delete(order.txid)
  if (order.clientId !== undefined) account.clientIds.delete(order.clientId)
  account.closed.push(order)
}

export const accountOf = (exchange: Exchange, order: Order): Account => exchange.accounts.get(order.account)!
