import { Effect } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { SentOrder } from "../../../domain/orders/orderMatch.ts"
import { KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import { isEdit } from "./confirmation.ts"
import { deadlineOf, fingerprintOf, withDeadline, withUserref } from "./orderDefaults.ts"
import { type Listed, openOrders, orderById, ordersSince } from "./orderLists.ts"
import { pickOrder } from "./pickOrder.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import { precheck } from "./precheck.ts"
import type { ProcedureContext, Settlement, UnconfirmedWrite, WriteProcedure } from "./writeProcedure.ts"

/**
 * EditOrder, which cancels an order and places a new one. Kraken does not edit an order with a `cl_ord_id`: such an edit
 * is refused here, and the error names the amendment that does the same. The new order is found by its `userref`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
 */
export const editOrder: WriteProcedure = Effect.fnUntraced(function* (context, endpoint, params) {
  const txid = String(params["txid"])
  const original = yield* precheck(
    endpoint,
    "whether the order has a cl_ord_id, which an edit would drop"
  )(orderNamed(context, txid))
  if (original !== undefined && typeof original.row.cl_ord_id === "string" && params["validate"] !== true) {
    return yield* new KrakenWriteRefused({ endpoint, reason: useAmend(original, params) })
  }
  const edit = params["validate"] === true ? params : withUserref(params)
  const expected = { ...edit, ...(original && { type: original.row.descr.type }) }
  return {
    params: edit,
    stamp: withDeadline(context),
    fingerprints: [
      fingerprintOf({ ...(original && { volume: original.row.vol, price: original.row.descr.price }), ...expected })
    ],
    isConfirmed: isEdit,
    complete: (result, sent) => ({ newuserref: sent["userref"], ...Object(result) }),
    settle: (attempt) =>
      settle(context, attempt, { params: expected, hasOwnId: params["userref"] === undefined }, original?.txid ?? txid)
  }
})

/** Reads the open order with this `txid` or `userref`. Undefined if Kraken does not know it. */
const orderNamed = (context: ProcedureContext, name: string) =>
  /^-?\d+$/.test(name)
    ? Effect.map(openOrders(context, { userref: name }), ([first]) => first)
    : Effect.catchTag(orderById(context, name), "KrakenOrderError", () => Effect.void)

const useAmend = ({ row, txid }: Listed, params: Params): string => {
  const limitField = row.descr.ordertype === "limit" || row.descr.ordertype === "iceberg" ? "price" : "price2"
  const amendment = {
    txid,
    order_qty: params["volume"],
    limit_price: params[limitField],
    trigger_price: limitField === "price2" ? params["price"] : undefined,
    display_qty: params["displayvol"]
  }
  return `Kraken cannot edit an order that has a cl_ord_id. Use amend_order, which changes it in place: ${JSON.stringify(amendment)}`
}

const settle = Effect.fn("KrakenWriter.settleEdit")(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  edit: Omit<SentOrder, "time">,
  txid: string
) {
  const directory = yield* context.directory
  const { userref } = attempt.params
  const lookUp = Effect.map(ordersSince(context, attempt, { userref }, edit.hasOwnId), ({ rows, time }) =>
    pickOrder(
      context,
      directory,
      rows.filter((listed) => listed.txid !== txid),
      { ...edit, time }
    )
  )
  const search = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp)
  if (search._tag === "Found") {
    const { row, txid: newTxid } = search.value
    const result = { status: "ok", txid: newTxid, originaltxid: txid, descr: { order: String(row.descr.order ?? "") } }
    return { _tag: "Placed", result, state: row.status } satisfies Settlement
  }
  const check = `Look for userref ${String(userref)} with get_open_orders, and at ${txid} with query_orders.`
  if (search._tag === "Undecided") return { _tag: "Unknown", reason: search.reason, check } satisfies Settlement
  const original = yield* Effect.orElseSucceed(orderById(context, txid), () => undefined)
  // An edit cancels before it places, so a canceled original might mean that the new order is still to come.
  if (original === undefined || original.row.status === "canceled") {
    const state = original === undefined ? "cannot be read" : "is canceled"
    return { _tag: "Unknown", reason: `no order replaces ${txid}, and ${txid} ${state}`, check } satisfies Settlement
  }
  return {
    _tag: "NotPlaced",
    reason: `no order replaces ${txid}, and the edit's deadline has passed; the original order is ${original.row.status}`
  } satisfies Settlement
})
