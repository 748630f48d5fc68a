import { Effect } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import { type FilledOrder, FilledRow, orderOfFills, readOrder } from "../../../domain/mandates/filledOrder.ts"
import type { OpenSpend } from "../../../domain/mandates/room.ts"
import { clockDoubt } from "../../../domain/orders/orderMatch.ts"
import type { CallOptions } from "../../../services/KrakenClient.ts"
import { fillsSince } from "../orders/fills.ts"
import { closedOrders, type Listed, openOrdersAs, ordersByIdAs } from "../orders/orderLists.ts"
import type { LimitContext } from "./limitContext.ts"

type Rows = ReadonlyArray<Listed<FilledRow>>

/** The orders of open spends as Kraken lists them. */
export interface FoundOrders {
  /** Without those that Kraken does not list. */
  readonly bySpend: ReadonlyMap<OpenSpend, FilledOrder>
  /** The same, and closed ones whose fills made orders, by their ids. */
  readonly byTxid: ReadonlyMap<string, FilledOrder>
  /** All open orders of the account. They are read at most once. */
  readonly open: Effect.Effect.Success<ReturnType<typeof listOpen>>
}

/** Closed orders that are looked for by their `cl_ord_id` at most, the newest first: each takes a request. */
const maximumLookUps = 20

const listOpen = (context: LimitContext, options: CallOptions) =>
  Effect.cached(openOrdersAs(context, FilledRow, { trades: true }, options))

/** The beginning of the time in which an order can have been opened, in Unix seconds. */
const startOf = ({ at }: OpenSpend): number => Math.floor(at / 1000) - clockDoubt

/** Finds the orders of spends, those that fills of other orders made excepted. */
export const findOrders = Effect.fnUntraced(function* (
  context: LimitContext,
  spends: ReadonlyArray<OpenSpend>,
  options: CallOptions
) {
  const wanted = spends.filter(({ parent }) => parent === undefined)
  const txids = [...new Set(spends.flatMap(({ parentTxid, txid }) => [txid ?? [], parentTxid ?? []].flat()))]
  const directory = yield* context.directory
  const rows = new Map<string, FilledRow>()
  const add = (listed: Rows) => {
    for (const { row, txid } of listed) rows.set(txid, row)
  }
  const found = new Map<OpenSpend, string>()
  const missing = () => wanted.filter((spend) => !found.has(spend))
  /** Takes over the spends whose orders are among these. */
  const take = Effect.fnUntraced(function* (listed: Rows) {
    const named = missing().flatMap((spend) => {
      const id = spend.txid ?? byClientId(spend, wanted, listed, directory)
      return id !== undefined && listed.some(({ txid }) => txid === id) ? [[spend, id] as const] : []
    })
    // An order that another write has made is not that of a spend whose order is not known.
    const guessed = named.flatMap(([spend, txid]) => (spend.txid === undefined ? [txid] : []))
    const taken = guessed.length === 0 ? new Set<string>() : yield* context.record.madeBefore(guessed)
    for (const [spend, txid] of named) if (spend.txid !== undefined || !taken.has(txid)) found.set(spend, txid)
    add(listed)
  })

  yield* take(txids.length === 0 ? [] : yield* ordersByIdAs(context, FilledRow, txids, { trades: true, options }))
  const open = yield* listOpen(context, options)
  // Open orders are read first, so that one that ends between the two reads is listed as closed.
  if (missing().length > 0) yield* take(yield* open)
  const named = missing().filter(({ order }) => order?.cl_ord_id !== undefined)
  for (const spend of named.toReversed().slice(0, maximumLookUps)) {
    const filter = {
      cl_ord_id: spend.order?.cl_ord_id,
      trades: true,
      closetime: "both",
      ...(spend.txid === undefined && { start: startOf(spend) })
    }
    const closed = yield* closedOrders(context, FilledRow, filter, { options })
    yield* take(closed.rows)
  }

  const byTxid = new Map<string, FilledOrder>()
  for (const [txid, row] of rows) {
    const order = readOrder(txid, row)
    if (order !== undefined) byTxid.set(txid, order)
  }
  const bySpend = new Map<OpenSpend, FilledOrder>()
  for (const [spend, txid] of found) {
    const order = byTxid.get(txid)
    if (order !== undefined) bySpend.set(spend, order)
  }
  const unlisted = missing().filter(({ txid }) => txid !== undefined)
  if (unlisted.length > 0) {
    const fills = yield* fillsSince(context, Math.min(...unlisted.map(startOf)), options)
    for (const spend of unlisted) {
      const { order, txid } = spend
      if (order === undefined || txid === undefined) continue
      const made = orderOfFills(txid, order.type, D.decimal(order.volume), fills.get(txid) ?? [])
      if (made === undefined) continue
      bySpend.set(spend, made)
      byTxid.set(txid, made)
    }
  }
  return { bySpend, byTxid, open } satisfies FoundOrders
})

/**
 * Finds the id of a spend's order by its `cl_ord_id`. Undefined if several orders might be it: such an id can be used again
 * once its order is closed.
 */
const byClientId = (
  spend: OpenSpend,
  spends: ReadonlyArray<OpenSpend>,
  listed: Rows,
  directory: Directory
): string | undefined => {
  const { order } = spend
  if (order?.cl_ord_id === undefined) return undefined
  const isShared = spends.some((other) => other !== spend && other.order?.cl_ord_id === order.cl_ord_id)
  const fitting = listed.filter(
    ({ row, txid }) =>
      row.cl_ord_id === order.cl_ord_id &&
      row.descr.type === order.type &&
      (directory.findPair(row.descr.pair)?.display ?? row.descr.pair) === order.pair &&
      Number(row.opentm) >= startOf(spend) &&
      !spends.some((other) => other.txid === txid)
  )
  const [first, ...more] = fitting
  return isShared || more.length > 0 ? undefined : first?.txid
}
