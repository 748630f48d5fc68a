import { Predicate } from "effect"
import type { Endpoint } from "../wire/call.ts"
import { chargeEngine, penalty } from "../accounts/limits.ts"
import { endOrder } from "../engine/lifecycle.ts"
import type { Order } from "../state/order.ts"
import { array, integer, plain, text } from "../wire/params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Account } from "../state/account.ts"
import { addTimer, type Exchange, nextNumber } from "../state/state.ts"
import { iso } from "../base/text.ts"

export const CancelOrder: Endpoint = (exchange, { account, params }) => {
  const txid = text(params, "txid")
  const clientId = text(params, "cl_ord_id")
  if (txid === undefined && clientId === undefined) throw invalid("txid")
  const orders =
    clientId === undefined
      ? txid!.split(",").flatMap((name) => openOrders(account, name))
      : [account.clientIds.get(clientId)].filter((order) => order !== undefined)
  if (orders.length === 0) throw new Refusal("EOrder:Unknown order")
  return cancel(exchange, account, orders, orders.length > 1)
}

export const CancelOrderBatch: Endpoint = (exchange, { account, params }) => {
  const names = array(params, "orders") ?? []
  const clientIds = array(params, "cl_ord_ids") ?? []
  const asked = names.length + clientIds.length
  if (asked === 0 || asked > 50) throw invalid("orders")
  const byName = names.flatMap((name) => openOrders(account, plain(name, "orders")))
  const byClientId = clientIds.flatMap((id) => {
    const name = Predicate.isRecord(id) ? id["cl_ord_id"] : id
    return account.clientIds.get(plain(name, "cl_ord_ids")) ?? []
  })
  return cancel(exchange, account, [...byName, ...byClientId], true)
}

export const CancelAll: Endpoint = (exchange, { account }) =>
  cancel(exchange, account, [...account.open.values()], true)

/** Starts or restarts the timer that cancels all orders. A timeout of 0 stops it. */
export const CancelAllOrdersAfter: Endpoint = (exchange, { account, params }) => {
  const timeout = integer(params, "timeout", [0, 86_399])
  if (timeout === undefined) throw invalid("timeout")
  const time = exchange.now + timeout * 1000
  account.cancelAllAt = timeout === 0 ? undefined : { time, sequence: nextNumber(exchange) }
  if (account.cancelAllAt !== undefined) {
    addTimer(exchange, time, { kind: "cancel-all", account: account.id, sequence: account.cancelAllAt.sequence })
  }
  return { currentTime: iso(exchange.now), triggerTime: timeout === 0 ? "0" : iso(time) }
}

/** Finds open orders by id, or by user reference, which several orders can share. */
export const openOrders = (account: Account, name: string): ReadonlyArray<Order> => {
  const order = account.open.get(name.trim())
  if (order !== undefined) return [order]
  if (!/^-?\d{1,10}$/.test(name.trim())) return []
  return [...account.open.values()].filter((order) => order.userref === Number(name))
}

const cancel = (exchange: Exchange, account: Account, orders: ReadonlyArray<Order>, batch: boolean) => {
  const distinct = new Set(orders)
  for (const order of distinct) chargeEngine(exchange, account, order.pair, penalty(exchange, "cancel", order), batch)
  for (const order of distinct) endOrder(exchange, order, "canceled", "User requested")
  return { count: distinct.size }
}
