import { Effect, Option, Schema } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import { isEdit } from "./confirmation.ts"
import { noMatch } from "./finding.ts"
import { deadlineOf, fingerprintOf, withUserref } from "./orderDefaults.ts"
import { type Listed, openOrders, orderById } from "../orders/orderLists.ts"
import { ordersSince } from "./ordersSince.ts"
import { pickOrders } from "./pickOrder.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import { precheck } from "./precheck.ts"
import { seenOrders } from "./seenOrders.ts"
import { procedure, type ProcedureContext, type Settlement, type UnconfirmedWrite } from "./writeProcedure.ts"

/** The order that is edited, as it was read before. `txid` is the name that the caller gave it if it was not found. */
const Original = Schema.Struct({
  txid: Schema.String,
  type: Schema.optionalWith(Schema.String, { exact: true }),
  /** The `userref` by which the new order is found was made for this edit. */
  hasOwnId: Schema.Boolean
})

/**
 * EditOrder, which cancels an order and places a new one. Kraken does not edit an order with a `cl_ord_id`: such an edit
 * is refused here, and the error names the amendment that does the same. The new order is found by its `userref`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/edit-order read 2026-08-17
 */
export const editOrder = procedure({
  before: Original,
  hasDeadline: true,
  isConfirmed: isEdit,
  prepare: (context, endpoint, params) => prepare(context, endpoint, params),
  complete: (result, sent) => ({ newuserref: sent["userref"], ...Object(result) }),
  settle: (context, attempt, original) => settle(context, attempt, original)
})

const prepare = Effect.fnUntraced(function* (context: ProcedureContext, endpoint: WriteEndpoint, params: Params) {
  const txid = String(params["txid"])
  const original = yield* precheck(
    endpoint,
    "whether the order has a cl_ord_id, which an edit would drop"
  )(orderNamed(context, txid))
  if (original !== undefined && typeof original.row.cl_ord_id === "string" && params["validate"] !== true) {
    return yield* new KrakenWriteRefused({ endpoint, reason: useAmend(original, params) })
  }
  const edit = params["validate"] === true ? params : withUserref(params)
  const type = original && { type: original.row.descr.type }
  const terms = original && { volume: original.row.vol, price: original.row.descr.price }
  return {
    params: edit,
    before: { txid: original?.txid ?? txid, ...type, hasOwnId: params["userref"] === undefined },
    fingerprints: [fingerprintOf({ ...terms, ...edit, ...type })]
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
  { hasOwnId, txid, type }: typeof Original.Type
) {
  const directory = yield* context.directory
  const { userref } = attempt.params
  const params = { ...attempt.params, ...(type !== undefined && { type }) }
  const lookUp = Effect.gen(function* () {
    const { rows, time } = yield* ordersSince(context, attempt, { userref }, hasOwnId)
    const others = rows.filter((listed) => listed.txid !== txid)
    const [pick] = yield* pickOrders(context, directory, others, [{ params, hasOwnId, time }])
    return pick ?? noMatch()
  })
  const seen = Effect.map(
    seenOrders(context, attempt, [{ params, hasOwnId }], ({ id }) => id !== txid),
    Option.flatMap(([first]) => Option.fromNullable(first))
  )
  const search = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp, { seen })
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
