import type { Endpoint } from "../wire/call.ts"
import { format } from "../base/fixed.ts"
import type { Order } from "../state/order.ts"
import { findOrder } from "../state/state.ts"
import { flag, integer, list, oneOf, type Params, required, text } from "../wire/params.ts"
import { page } from "../wire/paging.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { showOrder, showTrade } from "../wire/show.ts"
import { nanos } from "../base/text.ts"
import { amendsOf } from "./changing.ts"

export const OpenOrders: Endpoint = (_, { account, params }) => {
  const trades = flag(params, "trades")
  const open = [...account.open.values()].filter(filter(params) ?? (() => true)).toReversed()
  return { open: Object.fromEntries(open.map((order) => [order.txid, showOrder(order, trades)])) }
}

export const ClosedOrders: Endpoint = (exchange, { account, key, params }) => {
  const trades = flag(params, "trades")
  const closetime = oneOf(params, "closetime", ["open", "close", "both"]) ?? "both"
  const found = page(account.closed, params, {
    keeps: both(
      filter(params),
      windowOf(key, (order) => order.closed!)
    ),
    times: ({ closed, opened }) =>
      closetime === "both" ? [opened, closed!] : [closetime === "open" ? opened : closed!],
    timeOf: (id) => {
      const order = findOrder(exchange, id)
      return order?.account === account.id ? order.opened : undefined
    }
  })
  return {
    closed: Object.fromEntries(found.page.map((order) => [order.txid, showOrder(order, trades)])),
    ...found.count
  }
}

export const QueryOrders: Endpoint = (exchange, { account, key, params }) => {
  const ids = list({ txid: required(params, "txid") }, "txid")!
  if (ids.length > 50) throw invalid("txid")
  const trades = flag(params, "trades")
  const orders = ids.map((id) => ownOrder(findOrder(exchange, id), account.id, "EOrder:Invalid order"))
  return Object.fromEntries(
    orders
      .filter(visibleTo(key.permissions))
      .filter(filter(params) ?? (() => true))
      .map((order) => [order.txid, showOrder(order, trades)])
  )
}

export const TradesHistory: Endpoint = (_, { account, key, params }) => {
  const types = ["all", "any position", "closed position", "closing position", "no position"]
  const type = oneOf(params, "type", types) ?? "all"
  const ledgers = flag(params, "ledgers")
  const found = page(account.trades, params, {
    // Simulated trades never open or close a position.
    keepsGroup: () => type === "all" || type === "no position",
    keeps: windowOf(key, ({ time }) => time),
    times: ({ time }) => [time],
    timeOf: (id) => account.trades.get(id)?.time
  })
  return {
    trades: Object.fromEntries(found.page.map((trade) => [trade.id, showTrade(trade, ledgers)])),
    ...found.count
  }
}

export const QueryTrades: Endpoint = (_, { account, key, params }) => {
  const ids = list({ txid: required(params, "txid") }, "txid")!
  if (ids.length > 20) throw invalid("txid")
  return Object.fromEntries(
    ids.map((id) => {
      const trade = account.trades.get(id)
      if (trade === undefined || !inWindow(key, trade.time)) throw new Refusal("EOrder:Invalid order")
      return [id, showTrade(trade, false)]
    })
  )
}

/** Returns no positions, since margin trading is not simulated. */
export const OpenPositions: Endpoint = (_, { params }) => (text(params, "consolidation") === undefined ? {} : [])

export const OrderAmends: Endpoint = (exchange, { account, params }) => {
  const order = ownOrder(findOrder(exchange, required(params, "order_id")), account.id)
  const { lotDecimals, priceDecimals } = order.pair
  const price = (value: bigint | undefined) => (value === undefined ? "0.00000" : format(value, priceDecimals))
  const amends = amendsOf(order)
  return {
    count: amends.length,
    amends: amends.map((amend) => ({
      amend_id: amend.id,
      amend_type: amend.type,
      order_qty: format(amend.volume, lotDecimals),
      display_qty: format(amend.display ?? 0n, lotDecimals),
      remaining_qty: format(amend.remaining, lotDecimals),
      limit_price: price(amend.limit),
      trigger_price: price(amend.trigger),
      reason: amend.reason,
      post_only: amend.postOnly,
      timestamp: nanos(amend.time)
    }))
  }
}

const ownOrder = (order: Order | undefined, account: string, otherwise = "EOrder:Unknown order"): Order => {
  if (order?.account !== account) throw new Refusal(otherwise)
  return order
}

/** Returns the filter that params ask for; undefined if they ask for none. */
const filter = (params: Params): ((order: Order) => boolean) | undefined => {
  const userref = integer(params, "userref", [-(2 ** 31), 2 ** 31 - 1])
  const clientId = text(params, "cl_ord_id")
  if (userref === undefined && clientId === undefined) return undefined
  return (order) =>
    (userref === undefined || order.userref === userref) && (clientId === undefined || order.clientId === clientId)
}

type Filter<A> = ((value: A) => boolean) | undefined

const both = <A>(one: Filter<A>, other: Filter<A>): Filter<A> =>
  one === undefined || other === undefined ? (one ?? other) : (value) => one(value) && other(value)

/** Keeps only the open or only the closed orders, if the key may see no others. */
const visibleTo =
  (permissions: ReadonlyArray<string>) =>
  ({ status }: Order) =>
    permissions.includes(status === "open" || status === "pending" ? "query-open-trades" : "query-closed-trades")

/** Returns the filter of what a key may query; undefined if it may query everything. */
export const windowOf = <A>(key: Window, millisOf: (value: A) => number): Filter<A> =>
  key.queryFrom || key.queryTo ? (value) => inWindow(key, millisOf(value)) : undefined

interface Window {
  readonly queryFrom?: number
  readonly queryTo?: number
}

/** Returns true if a moment lies in the window of history that the key may query. */
export const inWindow = (key: Window, millis: number): boolean =>
  millis >= (key.queryFrom ?? 0) * 1000 &&
  (key.queryTo === undefined || key.queryTo === 0 || millis <= key.queryTo * 1000)
