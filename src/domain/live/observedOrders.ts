import { decimalOf, sideOf, textOf, timeOf } from "./readRows.ts"
import type { Row } from "./messages.ts"
import * as D from "../numbers/decimal.ts"

/** An order as events showed it. A field that no event held is absent. */
export interface ObservedOrder {
  readonly id: string
  readonly clientId?: string | undefined
  readonly userref?: string | undefined
  /** The display name of the pair, e.g. `BTC/USD`. */
  readonly pair?: string | undefined
  readonly side?: "buy" | "sell" | undefined
  readonly type?: string | undefined
  /** In the base currency. */
  readonly quantity?: string | undefined
  readonly limitPrice?: string | undefined
  /** The order whose fill made this one. */
  readonly parent?: string | undefined
  /** Unix milliseconds. Absent if the event that opened it was not received. */
  readonly openedAt?: number | undefined
  /** The status as REST names it. Of an order that only an old fill showed, it is unknown. */
  readonly status: "unknown" | "pending" | "open" | "closed" | "canceled" | "expired"
  /** False if it was only seen pending, or ended without having been seen open: the exchange might have refused it. */
  readonly wasOpen: boolean
  readonly filled: string
  /** Unix milliseconds of the latest amendment. */
  readonly amendedAt?: number | undefined
}

/** Orders that events showed, the latest of them, whatever became of the connection since. */
export interface ObservedOrders {
  /** Applies a row of the channel `executions`, and returns the order that it is about. */
  readonly apply: (isSnapshot: boolean, row: Row) => ObservedOrder | undefined
  readonly find: (is: (order: ObservedOrder) => boolean) => ReadonlyArray<ObservedOrder>
}

const ranks = { unknown: 0, pending: 1, open: 2, closed: 3, canceled: 3, expired: 3 } as const

/** Orders that are remembered at most. */
const remembered = 2000

/**
 * Makes the orders that events showed. Each event only adds to what is known: a status never goes back, and what is filled
 * never gets less. So events can come in any order and any number of times. That an order is missing here proves nothing.
 */
export const makeObservedOrders = (most = remembered): ObservedOrders => {
  const orders = new Map<string, ObservedOrder>()
  return {
    apply: (isSnapshot, row) => {
      const id = textOf(row["order_id"])
      if (id === undefined) return undefined
      const order = merge(orders.get(id), id, isSnapshot, row)
      orders.delete(id)
      orders.set(id, order)
      for (const oldest of orders.keys()) {
        if (orders.size <= most) break
        orders.delete(oldest)
      }
      return order
    },
    find: (is) => Array.from(orders.values()).filter(is)
  }
}

/** @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/executions read 2026-11-29 */
const merge = (before: ObservedOrder | undefined, id: string, isSnapshot: boolean, row: Row): ObservedOrder => {
  const kind = row["exec_type"]
  const time = timeOf(row["timestamp"])
  const shown = kind === "trade" && isSnapshot ? "unknown" : statusOf(row)
  const status = before === undefined || ranks[shown] > ranks[before.status] ? shown : before.status
  const filled = larger(decimalOf(row["cum_qty"]), before?.filled)
  // The rows of a snapshot have the time of the last change.
  const openedAt = kind === "pending_new" && !isSnapshot ? time : undefined
  const amendedAt = kind === "amended" ? time : undefined
  // Terms of an older message do not replace those of a newer amendment.
  const isOlder = amendedAt !== undefined && amendedAt < (before?.amendedAt ?? 0)
  const hasTerms = kind !== "trade" && !isOlder && (before?.amendedAt === undefined || amendedAt !== undefined)
  const term = (field: string, known: string | undefined) =>
    hasTerms ? (decimalOf(row[field]) ?? known) : (known ?? decimalOf(row[field]))
  return {
    id,
    clientId: textOf(row["cl_ord_id"]) ?? before?.clientId,
    userref: textOf(row["order_userref"]) ?? before?.userref,
    pair: textOf(row["symbol"]) ?? before?.pair,
    side: sideOf(row["side"]) ?? before?.side,
    type: textOf(row["order_type"]) ?? before?.type,
    quantity: term("order_qty", before?.quantity),
    limitPrice: term("limit_price", before?.limitPrice),
    parent: textOf(row["ord_ref_id"]) ?? before?.parent,
    openedAt: before?.openedAt ?? openedAt,
    status,
    wasOpen: before?.wasOpen === true || shown === "open" || shown === "closed" || kind === "trade" || !isZero(filled),
    filled,
    amendedAt: latest(before?.amendedAt, amendedAt)
  }
}

const statusOf = (row: Row): ObservedOrder["status"] => {
  const [kind, status] = [row["exec_type"], row["order_status"]]
  const is = (...names: ReadonlyArray<unknown>) => names.includes(kind) || names.includes(status)
  if (is("filled")) return "closed"
  if (is("canceled", "cancelled")) return "canceled"
  if (is("expired")) return "expired"
  return status === "new" || status === "partially_filled" || kind === "trade" ? "open" : "pending"
}

const larger = (one: string | undefined, other: string | undefined): string => {
  const [a, b] = [D.parse(one ?? "0") ?? D.zero, D.parse(other ?? "0") ?? D.zero]
  return (D.lessThan(a, b) ? other : one) ?? other ?? "0"
}

const isZero = (amount: string): boolean => D.isZero(D.parse(amount) ?? D.zero)

const latest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
