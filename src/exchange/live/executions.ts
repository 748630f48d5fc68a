import { isoMicros } from "../base/text.ts"
import { divide, format, pow10 } from "../base/fixed.ts"
import { convert } from "../accounts/value.ts"
import { engineLimits } from "../../domain/endpoints/rateCosts.ts"
import { waitsForTrigger } from "../engine/lifecycle.ts"
import { hasTrigger, type Order, type Trade } from "../state/order.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, findOrder } from "../state/state.ts"
import { number, numberOf, type Feed } from "./message.ts"

export interface ExecutionOptions {
  readonly orders: boolean
  readonly trades: boolean
  /** False if only orders that become live or end are told, and fills. */
  readonly statuses: boolean
}

/** State of an order as it was last told. */
interface Told {
  live: boolean
  executed: bigint
  notional: bigint
  cost: bigint
  fee: bigint
  amends: number
  triggered: boolean
}

type Row = { readonly [field: string]: unknown }

/**
 * Makes the feed of an account's orders and fills. Each event is a message of its own, with a sequence number that rises
 * by one from 1; an order's events come in the order in which they happened. Only the message that an order begins with
 * names its pair.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/executions read 2026-11-29
 */
export const executions = (exchange: Exchange, account: Account, options: ExecutionOptions): Feed => {
  const told = new Map<string, Told>()
  let [closed, traded] = [account.closed.length, account.trades.length]
  let sequence = 0
  for (const order of account.open.values()) told.set(order.txid, stateOf(order))

  const message = (type: "snapshot" | "update", data: ReadonlyArray<Row>) =>
    ({ channel: "executions", type, data, sequence: ++sequence }) as const

  const fillsOf = (trade: Trade, total: Told): Row => fillRow(exchange, findOrder(exchange, trade.order)!, trade, total)

  const snapshot = (): ReadonlyArray<Row> => [
    ...(options.trades ? account.trades.slice(-50).map((trade) => fillsOf(trade, upTo(exchange, trade))) : []),
    ...(options.orders ? Array.from(account.open.values(), (order) => openRow(exchange, order)) : [])
  ]

  const news = (): ReadonlyArray<Row> => {
    const events: Array<{ readonly time: number; readonly row: Row; readonly status?: true }> = []
    const ended = account.closed.slice(closed)
    const trades = account.trades.slice(traded)
    closed = account.closed.length
    traded = account.trades.length
    const touched = new Set([...account.open.values(), ...ended])
    for (const order of touched) {
      let before = told.get(order.txid)
      if (before === undefined) {
        events.push({ time: order.opened, row: createdRow(order), status: true })
        before = { ...nothing }
        told.set(order.txid, before)
      }
      const startedAt = Math.max(order.opened, order.start)
      if (!before.live && becameLive(order)) {
        events.push({ time: startedAt, row: statusRow(order, "new", "new", startedAt) })
        before.live = true
      }
      for (const amend of order.amends?.slice(before.amends) ?? [])
        if (amend.type !== "original")
          events.push({ time: amend.time, row: amendedRow(exchange, order, amend.time), status: true })
      before.amends = order.amends?.length ?? 0
      if (order.triggered && !before.triggered) {
        before.triggered = true
        const time = trades.find((trade) => trade.order === order.txid)?.time ?? order.closed ?? exchange.now
        events.push({ time, row: triggeredRow(order, time), status: true })
      }
    }
    for (const trade of trades) {
      const total = told.get(trade.order)
      if (total === undefined) continue
      add(total, trade)
      events.push({ time: trade.time, row: fillsOf(trade, total) })
    }
    for (const order of ended) {
      told.delete(order.txid)
      events.push({ time: order.closed!, row: endRow(exchange, order) })
    }
    return events
      .filter(({ status }) => options.statuses || status === undefined)
      .toSorted((one, other) => one.time - other.time)
      .map(({ row }) => row)
  }

  return {
    acknowledged: {
      maxratecount: engineLimits[exchange.settings.tier].maximum,
      snap_orders: options.orders,
      snap_trades: options.trades
    },
    snapshot: () => (options.orders || options.trades ? message("snapshot", snapshot()) : undefined),
    updates: () => news().map((row) => message("update", [row]))
  }
}

const nothing: Told = { live: false, executed: 0n, notional: 0n, cost: 0n, fee: 0n, amends: 0, triggered: false }

/** An order that waits for its start is not live. One that ended without ever being live has never had a start. */
const becameLive = (order: Order): boolean =>
  order.status === "open" ||
  order.status === "closed" ||
  order.executed > 0n ||
  (order.closed !== undefined && order.start === 0)

const stateOf = (order: Order): Told => ({
  live: order.status === "open",
  executed: order.executed,
  notional: order.notional,
  cost: order.cost,
  fee: order.fee,
  amends: order.amends?.length ?? 0,
  triggered: order.triggered
})

const add = (total: Told, { cost, fee, price, volume }: Trade): void => {
  total.executed += volume
  total.notional += price * volume
  total.cost += cost
  total.fee += fee
}

/** Returns the totals of a trade's order up to the trade. */
const upTo = (exchange: Exchange, trade: Trade): Told => {
  const total = { ...nothing }
  const order = findOrder(exchange, trade.order)!
  const account = exchange.accounts.get(order.account)!
  for (const id of order.trades) {
    add(total, account.trades.get(id)!)
    if (id === trade.id) break
  }
  return total
}

const idsOf = (order: Order): Row => ({
  order_id: order.txid,
  order_userref: order.userref ?? 0,
  ...(order.clientId !== undefined && { cl_ord_id: order.clientId })
})

const totals = (
  exchange: Exchange,
  order: Order,
  of: Pick<Told, "executed" | "notional" | "cost" | "fee"> = order
) => ({
  cum_qty: number(of.executed, order.pair.lotDecimals),
  cum_cost: number(of.cost, order.pair.costDecimals),
  avg_price: number(average(of), order.pair.priceDecimals),
  fee_usd_equiv: number(inDollars(exchange, order, of.fee), 4)
})

const average = ({ executed, notional }: Pick<Told, "executed" | "notional">): bigint =>
  executed === 0n ? 0n : divide(notional, executed, "half")

/** Converts a fee with the pair's cost decimals to dollars with four. */
const inDollars = (exchange: Exchange, { pair }: Order, fee: bigint): bigint => {
  const units = divide(fee * pow10(pair.quote.decimals), pow10(pair.costDecimals), "half")
  return convert(exchange, units, pair.quote.id, "ZUSD")
}

/** Prints all that an order was placed with. */
const detailRow = (order: Order): Row => {
  const { pair } = order
  const price = (value: bigint) => number(value, pair.priceDecimals)
  return {
    ...idsOf(order),
    symbol: pair.display,
    ...(order.spend === undefined
      ? { order_qty: number(order.volume, pair.lotDecimals) }
      : { cash_order_qty: number(order.spend, pair.quote.decimals) }),
    ...(order.display !== undefined && { display_qty: number(order.display, pair.lotDecimals) }),
    side: order.side,
    order_type: order.type,
    time_in_force: order.timeInForce,
    ...(order.limit !== undefined && { limit_price_type: "static", limit_price: price(order.limit) }),
    stop_price: price(order.trigger ?? 0n),
    ...(hasTrigger(order.type) && { triggers: triggersOf(order) }),
    ...(order.postOnly && { post_only: true }),
    ...(order.start > 0 && { effective_time: isoMicros(order.start) }),
    ...(order.expire > 0 && { expire_time: isoMicros(order.expire) }),
    ...(order.refid !== undefined && { ord_ref_id: order.refid }),
    ...(order.close !== undefined && { contingent: { order_type: order.close.type } }),
    fee_ccy_pref: order.feeInBase ? "fcib" : "fciq"
  }
}

const triggersOf = (order: Order): Row => ({
  reference: order.triggerBy,
  ...(order.trail === undefined
    ? { price: number(order.trigger ?? 0n, order.pair.priceDecimals), price_type: "static" }
    : {
        price: numberOf(format(order.trail.distance, order.trail.percent ? 4 : order.pair.priceDecimals)),
        price_type: order.trail.percent ? "pct" : "quote"
      }),
  ...(order.trigger !== undefined && { actual_price: number(order.trigger, order.pair.priceDecimals) }),
  ...(order.peak !== undefined && { peak_price: number(order.peak, order.pair.priceDecimals) }),
  status: waitsForTrigger(order) ? "untriggered" : "triggered"
})

const createdRow = (order: Order): Row => ({
  ...detailRow(order),
  cum_cost: number(0n, order.pair.costDecimals),
  cum_qty: number(0n, order.pair.lotDecimals),
  fee_usd_equiv: number(0n, 4),
  exec_type: "pending_new",
  order_status: "pending_new",
  timestamp: isoMicros(order.opened)
})

const openRow = (exchange: Exchange, order: Order): Row => {
  const status = order.status === "pending" ? "pending_new" : order.executed > 0n ? "partially_filled" : "new"
  return {
    ...detailRow(order),
    ...totals(exchange, order),
    exec_type: status === "pending_new" ? "pending_new" : "new",
    order_status: status,
    amended: order.amends !== undefined,
    timestamp: isoMicros(order.touched)
  }
}

const statusRow = (order: Order, type: string, status: string, time: number): Row => ({
  timestamp: isoMicros(time),
  order_status: status,
  exec_type: type,
  ...idsOf(order)
})

const liveStatus = (order: Order): string => (order.executed > 0n ? "partially_filled" : "new")

const amendedRow = (exchange: Exchange, order: Order, time: number): Row => ({
  ...detailRow(order),
  ...totals(exchange, order),
  ...statusRow(order, "amended", liveStatus(order), time),
  amended: true
})

const triggeredRow = (order: Order, time: number): Row => ({
  ...statusRow(order, "status", "new", time),
  triggers: triggersOf(order)
})

/**
 * Prints a fill. Its status is `partially_filled` also when it fills the whole order, which a message of its own tells.
 *
 * @see https://docs.kraken.com/exchange/api-reference/unified-ws/executions read 2026-11-29
 */
const fillRow = (exchange: Exchange, order: Order, trade: Trade, total: Told): Row => ({
  ...idsOf(order),
  exec_id: trade.id,
  exec_type: "trade",
  trade_id: trade.number,
  symbol: trade.pair.display,
  side: trade.side,
  last_qty: number(trade.volume, trade.pair.lotDecimals),
  last_price: number(trade.price, trade.pair.priceDecimals),
  liquidity_ind: trade.maker ? "m" : "t",
  cost: number(trade.cost, trade.pair.costDecimals),
  order_type: trade.type,
  timestamp: isoMicros(trade.time),
  order_status: "partially_filled",
  ...totals(exchange, order, total),
  fees: [{ asset: trade.pair.quote.display, qty: number(trade.fee, trade.pair.costDecimals) }]
})

const endRow = (exchange: Exchange, order: Order): Row => {
  const status = order.status === "closed" ? "filled" : order.status
  return {
    ...statusRow(order, status, status, order.closed!),
    ...totals(exchange, order),
    ...(order.reason !== undefined && { cancel_reason: order.reason, reason: order.reason })
  }
}
