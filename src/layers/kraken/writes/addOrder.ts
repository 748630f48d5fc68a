import { Effect, type Option, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { SentOrder } from "../../../domain/orders/orderMatch.ts"
import type { Principal } from "../../../services/Principal.ts"
import { isBatch, isOrder, refusalsIn } from "./confirmation.ts"
import { ambiguous, type Finding, match, noMatch } from "./finding.ts"
import { deadlineOf, fingerprintOf, isNamed, withClientId } from "./orderDefaults.ts"
import { type Listed } from "../orders/orderLists.ts"
import { ordersSince } from "./ordersSince.ts"
import { pickOrders } from "./pickOrder.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import { seenOrders } from "./seenOrders.ts"
import { procedure, type ProcedureContext, type Settlement, type UnconfirmedWrite } from "./writeProcedure.ts"

/** AddOrder. The order is found by its `cl_ord_id`, or by its `userref` and terms. */
export const addOrder = procedure({
  before: Schema.Struct({ hasOwnId: Schema.Boolean }),
  hasDeadline: true,
  isConfirmed: isOrder,
  name: withClientId,
  prepare: (_context, _endpoint, params, { given }) =>
    Effect.succeed({ params, before: { hasOwnId: !isNamed(given) }, fingerprints: [fingerprintOf(params)] }),
  complete: (result, sent) => ({ ...Object(result), ...given(sent, "cl_ord_id"), ...given(sent, "deadline") }),
  settle: (context, attempt, { hasOwnId }) =>
    settleOrders(context, attempt, [{ params: attempt.params, hasOwnId }], [], ([placed]) => ({
      ...(placed && { descr: description(placed), txid: [placed.txid] })
    }))
})

/** AddOrderBatch. Each order is found by its own id. Some orders can be placed although others were refused. */
export const addOrderBatch = procedure({
  before: Schema.Struct({ hasOwnIds: Schema.Array(Schema.Boolean) }),
  hasDeadline: true,
  isConfirmed: isBatch,
  name: (params) => ({ ...params, orders: ordersOf(params).map(withClientId) }),
  prepare: (_context, _endpoint, params, { given }) =>
    Effect.succeed({
      params,
      before: { hasOwnIds: ordersOf(given).map((order) => !isNamed(order)) },
      fingerprints: withPair(params).map(fingerprintOf)
    }),
  complete: (result, sent) => ({
    ...Object(result),
    ...given(sent, "deadline"),
    orders: rowsOf(result).map((row, i) => ({ ...row, ...given(ordersOf(sent)[i] ?? {}, "cl_ord_id") }))
  }),
  settle: (context, attempt, { hasOwnIds }) => {
    const sent = withPair(attempt.params).map((params, i) => ({ params, hasOwnId: hasOwnIds[i] ?? false }))
    const refusals = refusalsIn(attempt.result, attempt.params)
    return settleOrders(context, attempt, sent, refusals, (placed) => ({
      orders: sent.map((_, i) => {
        const row = placed[i]
        if (row === undefined) return { error: refusals[i] ?? "not placed" }
        const { close, order } = description(row)
        return { txid: row.txid, descr: { order }, ...(close && { close }) }
      })
    }))
  }
})

const ordersOf = ({ orders }: Params): ReadonlyArray<Params> => (Array.isArray(orders) ? orders.map(Object) : [])

/** Makes the orders of a batch, each with the pair of the batch. */
const withPair = (batch: Params): ReadonlyArray<Params> =>
  ordersOf(batch).map((order) => ({ ...order, pair: batch["pair"] }))

/** The order found for each one that was sent, at the same index. */
type Placed = ReadonlyArray<Listed | undefined>

/** Looks up all orders that were not refused. Orders that are missing after the deadline were not placed. */
const settleOrders = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  orders: ReadonlyArray<Omit<SentOrder, "time">>,
  refusals: ReadonlyArray<string | undefined>,
  resultOf: (placed: Placed) => unknown
) {
  const directory = yield* context.directory
  const all = orders.map(({ params }) => params)
  const hasOwnId = orders.length === 1 && orders.every(({ hasOwnId }) => hasOwnId)
  const lookUp = Effect.map(
    Effect.flatMap(ordersSince(context, attempt, filterFor(all), hasOwnId), ({ rows, time }) =>
      pickOrders(
        context,
        directory,
        rows,
        orders.map((order) => ({ ...order, time }))
      )
    ),
    (picks): Finding<Placed, Placed> => {
      const placed = picks.map((pick) => (pick._tag === "Match" ? pick.value : undefined))
      const unclear = picks.find((pick) => pick._tag === "Ambiguous")
      if (unclear !== undefined) return ambiguous(unclear.reason, placed)
      const isComplete = placed.every((order, i) => order !== undefined || refusals[i] !== undefined)
      return isComplete ? match(placed) : noMatch(placed)
    }
  )
  // A refused order of a batch has no event, so that REST decides about the others.
  const seen: Effect.Effect<Option.Option<Placed>, never, Principal> = refusals.some((refusal) => refusal !== undefined)
    ? Effect.succeedNone
    : seenOrders(context, attempt, orders)
  const search = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp, { seen })
  const placed = search._tag === "Found" ? search.value : (search.partial ?? [])
  const some = placed.filter((order) => order !== undefined)
  if (search._tag === "Undecided") {
    const known = some.length > 0 ? ` Definitely placed: ${some.map(({ txid }) => txid).join(", ")}.` : ""
    const check = `Look for ${ids(all)} with get_open_orders and get_closed_orders.${known}`
    return { _tag: "Unknown", reason: search.reason, check } satisfies Settlement
  }
  if (search._tag === "Absent" && some.length === 0) {
    const reason = `no order with ${ids(all)} exists, and its deadline has passed`
    return { _tag: "NotPlaced", reason } satisfies Settlement
  }
  const state = some.map(({ row }) => row.status).join(", ")
  return { _tag: "Placed", result: resultOf(placed), state } satisfies Settlement
})

/** Makes Kraken's `descr` of an order. */
const description = ({ row }: Listed): { readonly order: string; readonly close?: string } => ({
  order: String(row.descr.order ?? ""),
  ...(row.descr.close && { close: String(row.descr.close) })
})

/** Makes the filter of the lists: the id of one order, or none for several, so that one request reads them all. */
const filterFor = (orders: ReadonlyArray<Params>): Params => {
  const [only] = orders
  return only === undefined || orders.length > 1 ? {} : { ...given(only, "cl_ord_id"), ...given(only, "userref") }
}

const given = (params: Params, name: string): Params => (params[name] === undefined ? {} : { [name]: params[name] })

const ids = (orders: ReadonlyArray<Params>) =>
  orders
    .map((order) =>
      order["cl_ord_id"] === undefined
        ? `userref ${String(order["userref"])}`
        : `cl_ord_id ${String(order["cl_ord_id"])}`
    )
    .join(", ")

const rowsOf = (result: unknown): ReadonlyArray<object> => {
  const orders = Object(result).orders
  return Array.isArray(orders) ? orders : []
}
