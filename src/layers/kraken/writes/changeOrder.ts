import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { isSince, sameNumber, type SentOrder } from "../../../domain/orders/orderMatch.ts"
import { KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { holds, isEdit } from "./confirmation.ts"
import { deadlineOf, fingerprintOf, withDeadline, withUserref } from "./orderDefaults.ts"
import { empty, found, type Finding, pollUntilSettled, unclear } from "./pollUntilSettled.ts"
import { type Listed, openOrders, orderById, ordersSince, pick } from "./orderLists.ts"
import { precheck } from "./precheck.ts"

/**
 * EditOrder cancels an order and makes a new one. It takes no order with a `cl_ord_id`, and would drop it: that is
 * refused here, with the amendment that does the same. The new order is found again by its `userref`.
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
      settleEdit(
        context,
        attempt,
        { params: expected, hasOwnId: params["userref"] === undefined },
        original?.txid ?? txid
      )
  }
})

/** The open order that an edit names by its id, or by a userref that only it has; none when Kraken knows none. */
const orderNamed = (context: ProcedureContext, name: string) =>
  /^-?\d+$/.test(name)
    ? Effect.map(openOrders(context, { userref: name }), ([only]) => only)
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
  return `Kraken can't edit an order that has a cl_ord_id. amend_order changes it in place: ${JSON.stringify(amendment)}`
}

const settleEdit = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  edit: Omit<SentOrder, "time">,
  txid: string
) {
  const directory = yield* context.directory
  const { userref } = attempt.params
  const lookUp = Effect.map(ordersSince(context, attempt, { userref }, edit.hasOwnId), ({ rows, time }) =>
    pick(
      context,
      directory,
      rows.filter((listed) => listed.txid !== txid),
      { ...edit, time }
    )
  )
  const outcome = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp)
  if (outcome._tag === "Found") {
    const { row, txid: made } = outcome.value
    const result = { status: "ok", txid: made, originaltxid: txid, descr: { order: String(row.descr.order ?? "") } }
    return { _tag: "Placed", result, state: row.status } satisfies Settlement
  }
  const check = `Look for userref ${String(userref)} with get_open_orders, and at ${txid} with query_orders.`
  if (outcome._tag === "CantTell") return { _tag: "Unknown", reason: outcome.reason, check } satisfies Settlement
  const original = yield* Effect.orElseSucceed(orderById(context, txid), () => undefined)
  // An edit cancels before it places.
  if (original === undefined || original.row.status === "canceled") {
    const state = original === undefined ? "can't be read" : "is canceled"
    return { _tag: "Unknown", reason: `no order replaces ${txid}, which ${state}`, check } satisfies Settlement
  }
  return {
    _tag: "NotPlaced",
    reason: `no order replaces ${txid}, and the edit's deadline has passed; the original order is ${original.row.status}`
  } satisfies Settlement
})

/** AmendOrder changes an order in place; its list of amendments tells. */
export const amendOrder: WriteProcedure = (context, _, params) =>
  Effect.succeed({
    params,
    stamp: withDeadline(context),
    fingerprints: amendmentsOf([params["txid"], params["cl_ord_id"]]),
    isConfirmed: holds("amend_id"),
    settle: (attempt) => settleAmend(context, attempt)
  })

/** Of two amendments of one order, the list does not tell whose is whose. */
const amendmentsOf = (ids: ReadonlyArray<unknown>) =>
  ids.filter((id) => typeof id === "string").map((id) => `amendment of ${id}`)

const settleAmend = Effect.fnUntraced(function* (context: ProcedureContext, attempt: UnconfirmedWrite) {
  let state = ""
  let fingerprints: ReadonlyArray<string> = []
  const lookUp = Effect.gen(function* () {
    const listed = yield* target(context, attempt)
    if (listed === undefined) return unclear("the order is not listed")
    state = listed.row.status
    fingerprints = amendmentsOf([listed.txid, listed.row.cl_ord_id])
    return yield* inAmends(context, attempt, listed.txid)
  })
  const outcome = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp)
  const { cl_ord_id, txid } = attempt.params
  const order = txid === undefined ? `cl_ord_id ${String(cl_ord_id)}` : String(txid)
  switch (outcome._tag) {
    case "Found":
      return { _tag: "Placed", result: outcome.value, state, fingerprints } satisfies Settlement
    case "NotThere": {
      const reason = `order ${order} (${state}) lists no such amendment, and the deadline has passed`
      return { _tag: "NotPlaced", reason } satisfies Settlement
    }
    case "CantTell": {
      const check = `Read order ${order} with query_orders or get_open_orders, or get_order_amends.`
      return { _tag: "Unknown", reason: outcome.reason, check } satisfies Settlement
    }
  }
})

const target = Effect.fnUntraced(function* (context: ProcedureContext, attempt: UnconfirmedWrite) {
  const { cl_ord_id, txid } = attempt.params
  if (txid !== undefined) return yield* orderById(context, String(txid))
  const { rows } = yield* ordersSince(context, attempt, { cl_ord_id })
  return rows.find(({ row }) => row.cl_ord_id === cl_ord_id)
})

const Amends = Schema.Struct({
  amends: Schema.Array(
    Schema.Struct({
      amend_id: Schema.String,
      amend_type: Schema.String,
      /** Unix nanoseconds. */
      timestamp: Schema.Union(Schema.String, Schema.Number),
      order_qty: Schema.optional(Schema.Unknown),
      display_qty: Schema.optional(Schema.Unknown),
      limit_price: Schema.optional(Schema.Unknown),
      trigger_price: Schema.optional(Schema.Unknown)
    })
  )
})
const decodeAmends = Schema.decodeUnknown(Amends)

const amendable = ["order_qty", "display_qty", "limit_price", "trigger_price"] as const

/** The one amendment since the send that shows what was asked for, as far as it can be compared. */
const inAmends = Effect.fnUntraced(function* (context: ProcedureContext, attempt: UnconfirmedWrite, txid: string) {
  const answer = yield* context.kraken.read("private/OrderAmends", { order_id: txid }, { priority: "settlement" })
  const { amends } = yield* decodeAmends(answer)
  const time = yield* attempt.departure.timing
  const fitting = amends
    .filter((amend) => amend.amend_type === "user" && !context.made.has(amend.amend_id))
    .filter((amend) => amendable.every((field) => sameNumber(amend[field], attempt.params[field])))
    .map((amend) => ({ amend_id: amend.amend_id, since: isSince(Number(amend.timestamp) / 1e9, time) }))
    .filter(({ since }) => since !== "other")
  const [only] = fitting
  if (only === undefined) return empty
  const ids = fitting.map(({ amend_id }) => amend_id).join(", ")
  if (fitting.length > 1) return unclear(`several amendments fit: ${ids}`)
  const amended: Finding<object> =
    only.since === "same" ? found({ amend_id: ids, txid }) : unclear(`perhaps it is ${ids}`)
  return amended
})
