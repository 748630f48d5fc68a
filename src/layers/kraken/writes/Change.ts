import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { isSince, sameNumber, type SentOrder } from "../../../domain/orders/orderMatch.ts"
import { KrakenWriteRefused } from "../../../services/KrakenErrors.ts"
import type { Attempt, Desk, Procedure, Verdict } from "./Attempt.ts"
import { holds, isEdit } from "./confirmation.ts"
import { deadlineOf, lookOf, withDeadline, withUserref } from "./fill.ts"
import { empty, found, type Look, lookUntil, unclear } from "./lookUntil.ts"
import { type Listed, openOrders, orderById, ordersSince, pick } from "./orderLists.ts"
import { precheck } from "./precheck.ts"

/**
 * EditOrder cancels an order and makes a new one. It takes no order with a `cl_ord_id`, and would drop it: that is
 * refused here, with the amendment that does the same. The new order is found again by its `userref`.
 */
export const editOrder: Procedure = Effect.fnUntraced(function* (desk, endpoint, params) {
  const txid = String(params["txid"])
  const original = yield* precheck(
    endpoint,
    "whether the order has a cl_ord_id, which an edit would drop"
  )(orderNamed(desk, txid))
  if (original !== undefined && typeof original.row.cl_ord_id === "string" && params["validate"] !== true) {
    return yield* new KrakenWriteRefused({ endpoint, reason: useAmend(original, params) })
  }
  const edit = params["validate"] === true ? params : withUserref(params)
  const expected = { ...edit, ...(original && { type: original.row.descr.type }) }
  return {
    params: edit,
    stamp: withDeadline(desk),
    looks: [lookOf({ ...(original && { volume: original.row.vol, price: original.row.descr.price }), ...expected })],
    isConfirmed: isEdit,
    complete: (result, sent) => ({ newuserref: sent["userref"], ...Object(result) }),
    settle: (attempt) =>
      settleEdit(desk, attempt, { params: expected, hasOwnId: params["userref"] === undefined }, original?.txid ?? txid)
  }
})

/** The open order that an edit names by its id, or by a userref that only it has; none when Kraken knows none. */
const orderNamed = (desk: Desk, name: string) =>
  /^-?\d+$/.test(name)
    ? Effect.map(openOrders(desk, { userref: name }), ([only]) => only)
    : Effect.catchTag(orderById(desk, name), "KrakenOrderError", () => Effect.void)

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
  desk: Desk,
  attempt: Attempt,
  edit: Omit<SentOrder, "time">,
  txid: string
) {
  const directory = yield* desk.directory
  const { userref } = attempt.params
  const look = Effect.map(ordersSince(desk, attempt, { userref }, edit.hasOwnId), ({ rows, time }) =>
    pick(
      desk,
      directory,
      rows.filter((listed) => listed.txid !== txid),
      { ...edit, time }
    )
  )
  const outcome = yield* lookUntil(desk, deadlineOf(attempt), look)
  if (outcome._tag === "Found") {
    const { row, txid: made } = outcome.value
    const result = { status: "ok", txid: made, originaltxid: txid, descr: { order: String(row.descr.order ?? "") } }
    return { _tag: "Placed", result, state: row.status } satisfies Verdict
  }
  const check = `Look for userref ${String(userref)} with get_open_orders, and at ${txid} with query_orders.`
  if (outcome._tag === "CantTell") return { _tag: "Unknown", reason: outcome.reason, check } satisfies Verdict
  const original = yield* Effect.orElseSucceed(orderById(desk, txid), () => undefined)
  // An edit cancels before it places.
  if (original === undefined || original.row.status === "canceled") {
    const state = original === undefined ? "can't be read" : "is canceled"
    return { _tag: "Unknown", reason: `no order replaces ${txid}, which ${state}`, check } satisfies Verdict
  }
  return {
    _tag: "NotPlaced",
    reason: `no order replaces ${txid}, and the edit's deadline has passed; the original order is ${original.row.status}`
  } satisfies Verdict
})

/** AmendOrder changes an order in place; its list of amendments tells. */
export const amendOrder: Procedure = (desk, _, params) =>
  Effect.succeed({
    params,
    stamp: withDeadline(desk),
    looks: amendmentsOf([params["txid"], params["cl_ord_id"]]),
    isConfirmed: holds("amend_id"),
    settle: (attempt) => settleAmend(desk, attempt)
  })

/** Of two amendments of one order, the list does not tell whose is whose. */
const amendmentsOf = (ids: ReadonlyArray<unknown>) =>
  ids.filter((id) => typeof id === "string").map((id) => `amendment of ${id}`)

const settleAmend = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt) {
  let state = ""
  let looks: ReadonlyArray<string> = []
  const look = Effect.gen(function* () {
    const listed = yield* target(desk, attempt)
    if (listed === undefined) return unclear("the order is not listed")
    state = listed.row.status
    looks = amendmentsOf([listed.txid, listed.row.cl_ord_id])
    return yield* inAmends(desk, attempt, listed.txid)
  })
  const outcome = yield* lookUntil(desk, deadlineOf(attempt), look)
  const { cl_ord_id, txid } = attempt.params
  const order = txid === undefined ? `cl_ord_id ${String(cl_ord_id)}` : String(txid)
  switch (outcome._tag) {
    case "Found":
      return { _tag: "Placed", result: outcome.value, state, looks } satisfies Verdict
    case "NotThere": {
      const reason = `order ${order} (${state}) lists no such amendment, and the deadline has passed`
      return { _tag: "NotPlaced", reason } satisfies Verdict
    }
    case "CantTell": {
      const check = `Read order ${order} with query_orders or get_open_orders, or get_order_amends.`
      return { _tag: "Unknown", reason: outcome.reason, check } satisfies Verdict
    }
  }
})

const target = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt) {
  const { cl_ord_id, txid } = attempt.params
  if (txid !== undefined) return yield* orderById(desk, String(txid))
  const { rows } = yield* ordersSince(desk, attempt, { cl_ord_id })
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
const inAmends = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt, txid: string) {
  const answer = yield* desk.kraken.read("private/OrderAmends", { order_id: txid }, { priority: "settlement" })
  const { amends } = yield* decodeAmends(answer)
  const time = yield* attempt.departure.timing
  const fitting = amends
    .filter((amend) => amend.amend_type === "user" && !desk.made.has(amend.amend_id))
    .filter((amend) => amendable.every((field) => sameNumber(amend[field], attempt.params[field])))
    .map((amend) => ({ amend_id: amend.amend_id, since: isSince(Number(amend.timestamp) / 1e9, time) }))
    .filter(({ since }) => since !== "other")
  const [only] = fitting
  if (only === undefined) return empty
  const ids = fitting.map(({ amend_id }) => amend_id).join(", ")
  if (fitting.length > 1) return unclear(`several amendments fit: ${ids}`)
  const amended: Look<object> = only.since === "same" ? found({ amend_id: ids, txid }) : unclear(`perhaps it is ${ids}`)
  return amended
})
