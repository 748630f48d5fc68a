import { Effect, Schema } from "effect"
import { isSince, sameNumber } from "../../../domain/orders/orderMatch.ts"
import { holds } from "./confirmation.ts"
import { ambiguous, type Finding, match, noMatch } from "./finding.ts"
import { deadlineOf } from "./orderDefaults.ts"
import { type Listed, orderById } from "../orders/orderLists.ts"
import { ordersSince } from "./ordersSince.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import {
  NoReadings,
  procedure,
  type ProcedureContext,
  type Settlement,
  type UnconfirmedWrite
} from "./writeProcedure.ts"

/** AmendOrder, which changes an order in place. The amendment is found in the order's list of amendments. */
export const amendOrder = procedure({
  before: NoReadings,
  hasDeadline: true,
  isConfirmed: holds("amend_id"),
  prepare: (_context, _endpoint, params) =>
    Effect.succeed({
      params,
      before: {},
      fingerprints: fingerprintsOf([params["txid"], params["cl_ord_id"]])
    }),
  settle: (context, attempt) => settle(context, attempt)
})

/** Makes the fingerprints of an amendment: the ids of its order, since the list does not show who sent which amendment. */
const fingerprintsOf = (orderIds: ReadonlyArray<unknown>) =>
  orderIds.filter((id) => typeof id === "string").map((id) => `amendment of ${id}`)

/** An amendment that was found, with the order that it changed. */
interface Amendment {
  readonly amend_id: string
  readonly order: Listed
}

const settle = Effect.fn("KrakenWriter.settleAmend")(function* (context: ProcedureContext, attempt: UnconfirmedWrite) {
  const lookUp = Effect.gen(function* () {
    const order = yield* amendedOrder(context, attempt)
    return order === undefined ? ambiguous<Listed>("the order is not listed") : yield* findIn(context, attempt, order)
  })
  const { cl_ord_id, txid } = attempt.params
  // Events do not show the id of an amendment, so that they only say when to look.
  const search = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp, {
    isTouched: ({ amendedAt, clientId, id }) =>
      amendedAt !== undefined && (txid === undefined ? clientId === cl_ord_id : id === txid)
  })
  const name = txid === undefined ? `cl_ord_id ${String(cl_ord_id)}` : String(txid)
  switch (search._tag) {
    case "Found": {
      const { amend_id, order } = search.value
      return {
        _tag: "Placed",
        result: { amend_id, txid: order.txid },
        state: order.row.status,
        fingerprints: fingerprintsOf([order.txid, order.row.cl_ord_id])
      } satisfies Settlement
    }
    case "Absent": {
      const state = search.partial?.row.status ?? ""
      const reason = `order ${name} (${state}) lists no such amendment, and the deadline has passed`
      return { _tag: "NotPlaced", reason } satisfies Settlement
    }
    case "Undecided": {
      const check = `Read order ${name} with query_orders or get_open_orders, or get_order_amends.`
      return { _tag: "Unknown", reason: search.reason, check } satisfies Settlement
    }
  }
})

/** Reads the order that an amendment names. */
const amendedOrder = Effect.fnUntraced(function* (context: ProcedureContext, attempt: UnconfirmedWrite) {
  const { cl_ord_id, txid } = attempt.params
  if (txid !== undefined) return yield* orderById(context, String(txid))
  const { rows } = yield* ordersSince(context, attempt, { cl_ord_id })
  return rows.find(({ row }) => row.cl_ord_id === cl_ord_id)
})

/** @see https://docs.kraken.com/api/docs/rest-api/get-order-amends read 2026-08-17 */
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

/** Finds the one amendment since the send that has the requested values, as far as they are comparable. */
const findIn = Effect.fnUntraced(function* (context: ProcedureContext, attempt: UnconfirmedWrite, order: Listed) {
  const answer = yield* context.kraken.read("private/OrderAmends", { order_id: order.txid }, { priority: "settlement" })
  const { amends } = yield* decodeAmends(answer)
  const time = yield* attempt.departure.timing
  const made = yield* context.madeBefore(amends.map(({ amend_id }) => amend_id))
  const fitting = amends
    .filter((amend) => amend.amend_type === "user" && !made.has(amend.amend_id))
    .filter((amend) => amendable.every((field) => sameNumber(amend[field], attempt.params[field])))
    .map((amend) => ({ amend_id: amend.amend_id, since: isSince(Number(amend.timestamp) / 1e9, time) }))
    .filter(({ since }) => since !== "other")
  const [first] = fitting
  const ids = fitting.map(({ amend_id }) => amend_id).join(", ")
  const finding: Finding<Amendment, Listed> =
    first === undefined
      ? noMatch(order)
      : fitting.length > 1
        ? ambiguous(`several amendments match: ${ids}`, order)
        : first.since === "same"
          ? match({ amend_id: first.amend_id, order })
          : ambiguous(`it might be ${ids}`, order)
  return finding
})
