import { DateTime, Effect, Schema } from "effect"
import { pattern } from "../../domain/decimal.ts"
import type { Params } from "../../domain/endpoints.ts"
import { clockTolerance, type OrderRow, sameNumber } from "../../domain/orderMatch.ts"
import { KrakenWriteRefused } from "../../services/KrakenErrors.ts"
import type { Attempt, Desk, Procedure, Verdict } from "./Attempt.ts"
import { deadlineOf, withDeadline, withUserref } from "./fill.ts"
import { empty, found, type Look, lookUntil, unclear } from "./lookUntil.ts"
import { type Listed, orderById, ordersSince, pick } from "./orderLists.ts"

/**
 * EditOrder cancels an order and makes a new one. It takes no order with a `cl_ord_id`, and would drop it: that is
 * refused here, with the amendment that does the same. The new order is found again by its `userref`.
 */
export const editOrder: Procedure = Effect.fnUntraced(function* (desk, endpoint, params) {
  const txid = String(params["txid"])
  const original = yield* Effect.orElseSucceed(orderById(desk, txid), () => undefined)
  if (original !== undefined && typeof original.row.cl_ord_id === "string" && params["validate"] !== true) {
    return yield* new KrakenWriteRefused({ endpoint, reason: useAmend(original, params) })
  }
  const edit = params["validate"] === true ? params : withUserref(params)
  const expected = { ...edit, ...(original && { type: original.row.descr.type }) }
  return {
    params: withDeadline(desk, edit),
    complete: (result, sent) => ({ newuserref: sent["userref"], ...Object(result) }),
    settle: (attempt) => settleEdit(desk, attempt, expected, txid)
  }
})

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

const settleEdit = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt, expected: Params, txid: string) {
  const sentAt = DateTime.toEpochMillis(attempt.sentAt) / 1000
  const directory = yield* desk.directory
  const { userref } = attempt.params
  const look = Effect.map(ordersSince(desk, sentAt, { userref }), (rows) =>
    pick(
      desk,
      directory,
      rows.filter((listed) => listed.txid !== txid),
      { params: expected, sentAt }
    )
  )
  const outcome = yield* lookUntil(desk, deadlineOf(attempt.params), look)
  if (outcome._tag === "Found") {
    const { row, txid: made } = outcome.value
    const result = { status: "ok", txid: made, originaltxid: txid, descr: { order: String(row.descr.order ?? "") } }
    return { _tag: "Placed", result, state: row.status } satisfies Verdict
  }
  const check = `Look for userref ${String(userref)} with get_open_orders, and at ${txid} with query_orders.`
  if (outcome._tag === "CantTell") return { _tag: "Unknown", reason: outcome.reason, check } satisfies Verdict
  const original = yield* Effect.orElseSucceed(orderById(desk, txid), () => undefined)
  const state = original === undefined ? "" : `; the original order is ${original.row.status}`
  return {
    _tag: "NotPlaced",
    reason: `no order replaces ${txid}, and the edit's deadline has passed${state}`
  } satisfies Verdict
})

/** AmendOrder changes an order in place, so reading the order tells. */
export const amendOrder: Procedure = (desk, _, params) =>
  Effect.succeed({
    params: withDeadline(desk, params),
    settle: (attempt) => settleAmend(desk, attempt)
  })

const settleAmend = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt) {
  let state = ""
  const look = Effect.gen(function* () {
    const listed = yield* target(desk, attempt)
    if (listed === undefined) return unclear("the order is not listed")
    state = listed.row.status
    if (!comparable(attempt.params)) return yield* inAmends(desk, attempt, listed.txid)
    return shows(listed.row, attempt.params) ? found(listed.txid) : empty
  })
  const outcome = yield* lookUntil(desk, deadlineOf(attempt.params), look)
  const order =
    attempt.params["txid"] === undefined
      ? `cl_ord_id ${String(attempt.params["cl_ord_id"])}`
      : String(attempt.params["txid"])
  switch (outcome._tag) {
    case "Found":
      return { _tag: "Placed", result: { txid: outcome.value }, state } satisfies Verdict
    case "NotThere": {
      const reason = `order ${order} (${state}) does not show the change, and the deadline has passed`
      return { _tag: "NotPlaced", reason } satisfies Verdict
    }
    case "CantTell": {
      const check = `Read order ${order} with query_orders or get_open_orders, or get_order_amends.`
      return { _tag: "Unknown", reason: outcome.reason, check } satisfies Verdict
    }
  }
})

const target = Effect.fnUntraced(function* (desk: Desk, { params, sentAt }: Attempt) {
  if (params["txid"] !== undefined) return yield* orderById(desk, String(params["txid"]))
  const since = DateTime.toEpochMillis(sentAt) / 1000
  const rows = yield* ordersSince(desk, since, { cl_ord_id: params["cl_ord_id"] })
  return rows.find(({ row }) => row.cl_ord_id === params["cl_ord_id"])
})

/** Quantities and absolute prices can be read off the order; the rest only off its amendments. */
const comparable = ({ display_qty, limit_price, order_qty, trigger_price }: Params): boolean =>
  display_qty === undefined &&
  [order_qty, limit_price, trigger_price].every((value) => value === undefined || pattern.test(String(value)))

const shows = ({ descr, vol }: OrderRow, { limit_price, order_qty, trigger_price }: Params): boolean => {
  const limit = descr.ordertype === "limit" || descr.ordertype === "iceberg" ? descr.price : descr.price2
  return sameNumber(vol, order_qty) && sameNumber(limit, limit_price) && sameNumber(descr.price, trigger_price)
}

const Amends = Schema.Struct({
  amends: Schema.Array(
    Schema.Struct({
      amend_type: Schema.String,
      timestamp: Schema.Union(Schema.String, Schema.Number),
      order_qty: Schema.optional(Schema.Unknown),
      display_qty: Schema.optional(Schema.Unknown),
      limit_price: Schema.optional(Schema.Unknown),
      trigger_price: Schema.optional(Schema.Unknown)
    })
  )
})
const decodeAmends = Schema.decodeUnknown(Amends)

/** Whether exactly one amendment since the send shows what was asked for, as far as it can be compared. */
const inAmends = Effect.fnUntraced(function* (desk: Desk, { params, sentAt }: Attempt, txid: string) {
  const answer = yield* desk.kraken.read("private/OrderAmends", { order_id: txid }, { priority: "settlement" })
  const { amends } = yield* decodeAmends(answer)
  const since = DateTime.toEpochMillis(sentAt) - clockTolerance * 1000
  const fitting = amends.filter(
    (amend) =>
      amend.amend_type === "user" &&
      Number(amend.timestamp) / 1e6 >= since &&
      sameNumber(amend.order_qty, params["order_qty"]) &&
      sameNumber(amend.display_qty, params["display_qty"]) &&
      sameNumber(amend.limit_price, params["limit_price"]) &&
      sameNumber(amend.trigger_price, params["trigger_price"])
  )
  const several = "several amendments fit"
  return fitting.length === 0 ? empty : fitting.length === 1 ? found(txid) : (unclear(several) satisfies Look<string>)
})
