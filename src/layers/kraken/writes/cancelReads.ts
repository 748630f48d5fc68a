import { Effect, Schema } from "effect"
import { OrderRow } from "../../../domain/orders/orderMatch.ts"
import type { Group, OrderId } from "./cancelTargets.ts"
import { closedOrders, openOrders, ordersById } from "../orders/orderLists.ts"
import { ordersSince } from "./ordersSince.ts"
import type { ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/** The open orders that a cancel names as a group. */
export interface GroupReading {
  /** Orders to cancel: those that were open before the send and are not known yet. */
  readonly added: ReadonlyArray<OrderId>
  /** True if no order that was open before the send is still open. */
  readonly isClosed: boolean
  /** The reason why the reading cannot settle the cancel. */
  readonly doubt: string | undefined
}

/** The reading of a cancel without a group. */
export const noGroup: GroupReading = { added: [], isClosed: true, doubt: undefined }

/**
 * Reads the open orders of a group. An order that was opened so close to the send that it can be older or newer is not
 * cancelled, but puts the result in doubt.
 */
export const readGroup = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  group: Group,
  knownIds: ReadonlyArray<OrderId>
) {
  const rows = yield* openOrders(context, {})
  const { inDoubt, latest, sentAt, within } = yield* attempt.departure.timing
  if (inDoubt) {
    const doubt = "a clock was set after the cancel was sent, so it is unknown which orders were open before"
    return { added: [], isClosed: false, doubt } satisfies GroupReading
  }
  const members = rows.filter(({ row }) => group(row))
  const older = members.filter(({ row }) => Number(row.opentm) <= sentAt - within)
  const unsure = members.filter((member) => !older.includes(member) && !(Number(member.row.opentm) > latest + within))
  const known = new Set(knownIds.map(({ id }) => id))
  const isUnknown = ({ txid }: { readonly txid: string }) => !known.has(txid)
  const unsureIds = unsure.filter(isUnknown).map(({ txid }) => txid)
  return {
    added: older.filter(isUnknown).map(({ txid }): OrderId => ({ field: "txid", id: txid })),
    isClosed: older.length === 0,
    doubt:
      unsureIds.length === 0
        ? undefined
        : `it is unknown whether the cancel was sent before or after these orders were opened: ${unsureIds.join(", ")}`
  } satisfies GroupReading
})

/** Reads the states of orders. An order with a `cl_ord_id` is found if it is open or was closed since the send. */
export const readStates = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  ids: ReadonlyArray<OrderId>
) {
  const states = new Map<string, string>()
  const txids = ids.filter(({ field }) => field === "txid").map(({ id }) => id)
  const clientIds = ids.filter(({ field }) => field === "cl_ord_id").map(({ id }) => id)
  for (const { row, txid } of yield* ordersById(context, txids)) states.set(txid, row.status)
  if (clientIds.length > 0) {
    const [first] = clientIds
    const { rows } = yield* ordersSince(context, attempt, clientIds.length === 1 ? { cl_ord_id: first } : {})
    // Open orders come first in `rows`, and are set last: a `cl_ord_id` can be used again once its order is closed.
    for (const { row } of rows.toReversed()) {
      if (typeof row.cl_ord_id === "string") states.set(row.cl_ord_id, row.status)
    }
  }
  return states
})

const ClosedRow = Schema.Struct({ ...OrderRow.fields, closetm: Schema.Union(Schema.String, Schema.Number) })

/** Reads the ids of the orders of a group that were canceled since the send, by Kraken's clock; of 1000 closed ones. */
export const canceledSince = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  group: Group
) {
  const { sentAt } = yield* attempt.departure.timing
  const { rows } = yield* closedOrders(context, ClosedRow, { start: Math.floor(sentAt) - 1, closetime: "close" })
  return rows
    .filter(({ row }) => row.status === "canceled" && group(row) && Number(row.closetm) >= sentAt - 1)
    .map(({ txid }) => txid)
})
