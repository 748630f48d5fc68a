import { Effect } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import { type FilledOrder, FilledRow, readOrder } from "../../../domain/mandates/filledOrder.ts"
import { mayBeLate, sizeOf } from "../../../domain/mandates/progress.ts"
import type { OpenSpend } from "../../../domain/mandates/room.ts"
import { clockDoubt } from "../../../domain/orders/orderMatch.ts"
import type { CallOptions } from "../../../services/KrakenClient.ts"
import { closedOrders, type Listed } from "../orders/orderLists.ts"
import type { FoundOrders } from "./findOrders.ts"
import type { LimitContext } from "./limitContext.ts"

/** The orders that the fills of another one made, which share one spend. */
export interface Children {
  readonly spend: OpenSpend
  readonly parent: FilledOrder
  readonly orders: ReadonlyArray<FilledOrder>
  /** True if all that Kraken lists were read. */
  readonly areAll: boolean
}

/** Closed orders that are read at most; more if no other reading would ever end the spend. */
const usualMost = 250

/**
 * Finds the orders that a conditional close made. They have no `cl_ord_id`, and name the order that was filled as `refid`.
 *
 * Closed orders can't be filtered by it, so that they are read from the newest on until all of them are found: Kraken makes
 * them as large as what was filled. A spend one of whose orders can't be read is left out.
 */
export const findChildren = Effect.fnUntraced(function* (
  context: LimitContext,
  spends: ReadonlyArray<OpenSpend>,
  found: FoundOrders,
  { now, options }: { readonly now: number; readonly options: CallOptions }
) {
  const families = spends.flatMap((spend) => {
    if (spend.parent === undefined) return []
    const own = [...found.bySpend].find(([{ n, seq }]) => seq === spend.seq && n === spend.parent)
    const parent = own?.[1] ?? found.byTxid.get(spend.parentTxid ?? "")
    return parent === undefined ? [] : [{ spend, parent }]
  })
  const filled = families.filter(({ parent }) => D.isPositive(parent.volume))
  const rows = new Map<string, Listed<FilledRow>>()
  const add = (listed: ReadonlyArray<Listed<FilledRow>>) => {
    for (const row of listed) rows.set(row.txid, row)
  }
  /** The orders that a parent made, as far as they were read. Undefined if one of them is unreadable. */
  const ordersOf = ({ txid: parent }: FilledOrder, from: Iterable<Listed<FilledRow>>) => {
    const orders = [...from].flatMap(({ row, txid }) => (row.refid === parent ? [readOrder(txid, row)] : []))
    const readable = orders.filter((order) => order !== undefined)
    return readable.length === orders.length ? readable : undefined
  }
  const isWhole = (from: Iterable<Listed<FilledRow>>) => {
    const listed = [...from]
    return filled.every(({ parent }) => D.greaterThanOrEqualTo(sizeOf(ordersOf(parent, listed) ?? []), parent.volume))
  }

  if (filled.length > 0) add(yield* found.open)
  let areAll = true
  if (!isWhole(rows.values())) {
    const isThorough = filled.some(({ parent, spend }) => mayBeLate(spend, parent, now))
    const start = Math.min(...filled.map(({ parent, spend }) => Math.floor((parent.openedAt ?? spend.at) / 1000)))
    const closed = yield* closedOrders(
      context,
      FilledRow,
      { start: start - clockDoubt, trades: true, closetime: "both" },
      {
        options,
        isEnough: (closed) =>
          (!isThorough && closed.length >= usualMost) || isWhole(new Map([...rows, ...byTxid(closed)]).values())
      }
    )
    // Open orders were read first: one that ended meanwhile is in both lists.
    add(closed.rows)
    areAll = closed.isComplete
  }
  return families.flatMap(({ parent, spend }): ReadonlyArray<Children> => {
    const orders = ordersOf(parent, rows.values())
    return orders === undefined ? [] : [{ spend, parent, orders, areAll }]
  })
})

const byTxid = (listed: ReadonlyArray<Listed<FilledRow>>) => listed.map((row) => [row.txid, row] as const)
