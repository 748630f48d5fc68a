import { Effect } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { SentOrder } from "../../../domain/orders/orderMatch.ts"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { isBatch, isOrder, refusalsIn } from "./confirmation.ts"
import { deadlineOf, isNamed, fingerprintOf, withClientId, withDeadline } from "./orderDefaults.ts"
import { empty, found, type Finding, pollUntilSettled } from "./pollUntilSettled.ts"
import { type Listed, ordersSince, pick } from "./orderLists.ts"

/** AddOrder: found again by its `cl_ord_id`, or its `userref` and terms. */
export const addOrder: WriteProcedure = (context, _, params) => {
  const order = params["validate"] === true ? params : withClientId(params)
  return Effect.succeed({
    params: order,
    stamp: withDeadline(context),
    fingerprints: [fingerprintOf(order)],
    isConfirmed: isOrder,
    complete: (result, sent) => ({ ...Object(result), ...given(sent, "cl_ord_id"), ...given(sent, "deadline") }),
    settle: (attempt) =>
      settleOrders(context, attempt, [{ params: attempt.params, hasOwnId: !isNamed(params) }], [], ([placed]) => ({
        ...(placed && { descr: descr(placed), txid: [placed.txid] })
      }))
  })
}

/** AddOrderBatch: each order is found again by its own id; some may stand while others were refused. */
export const addOrderBatch: WriteProcedure = (context, _, params) => {
  const named = params["orders"] as ReadonlyArray<Params>
  const orders = named.map(withClientId)
  const whole = orders.map((order) => ({ ...order, pair: params["pair"] }))
  const sent = whole.map((params, i) => ({ params, hasOwnId: !isNamed(named[i] ?? {}) }))
  return Effect.succeed({
    params: { ...params, orders },
    stamp: withDeadline(context),
    fingerprints: whole.map(fingerprintOf),
    isConfirmed: isBatch,
    complete: (result, sent) => ({
      ...Object(result),
      ...given(sent, "deadline"),
      orders: rowsOf(result).map((row, i) => ({ ...row, ...given(orders[i] ?? {}, "cl_ord_id") }))
    }),
    settle: (attempt) => {
      const refusals = refusalsIn(attempt.result, attempt.params)
      return settleOrders(context, attempt, sent, refusals, (placed) => ({
        orders: orders.map((_, i) => {
          const row = placed[i]
          if (row === undefined) return { error: refusals[i] ?? "not placed" }
          const { close, order } = descr(row)
          return { txid: row.txid, descr: { order }, ...(close && { close }) }
        })
      }))
    }
  })
}

/** Looks until all orders are found that were not refused; what is missing behind the fence was not placed. */
const settleOrders = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  orders: ReadonlyArray<Omit<SentOrder, "time">>,
  refusals: ReadonlyArray<string | undefined>,
  result: (placed: ReadonlyArray<Listed | undefined>) => unknown
) {
  const directory = yield* context.directory
  let placed: ReadonlyArray<Listed | undefined> = []
  const all = orders.map(({ params }) => params)
  const hasOwnId = orders.length === 1 && orders.every(({ hasOwnId }) => hasOwnId)
  const lookUp = Effect.map(
    ordersSince(context, attempt, filterFor(all), hasOwnId),
    ({ rows, time }): Finding<true> => {
      const picks = orders.map((order) => pick(context, directory, rows, { ...order, time }))
      placed = picks.map((look) => (look._tag === "Found" ? look.value : undefined))
      const doubt = picks.find((look) => look._tag === "Unclear")
      if (doubt !== undefined) return doubt
      return placed.every((order, i) => order !== undefined || refusals[i] !== undefined) ? found(true) : empty
    }
  )
  const outcome = yield* pollUntilSettled(context, deadlineOf(attempt), lookUp)
  const some = placed.filter((order) => order !== undefined)
  const done = (): Settlement => ({ _tag: "Placed", result: result(placed), state: some.map(state).join(", ") })
  if (outcome._tag === "Found" || (outcome._tag === "NotThere" && some.length > 0)) return done()
  if (outcome._tag === "NotThere") {
    return { _tag: "NotPlaced", reason: `no order with ${ids(all)} exists, and its deadline has passed` } as const
  }
  const known = some.length > 0 ? ` Surely placed: ${some.map(({ txid }) => txid).join(", ")}.` : ""
  const check = `Look for ${ids(all)} with get_open_orders and get_closed_orders.${known}`
  return { _tag: "Unknown", reason: outcome.reason, check } as const
})

const state = ({ row }: Listed) => row.status

const descr = ({ row }: Listed): { readonly order: string; readonly close?: string } => ({
  order: String(row.descr.order ?? ""),
  ...(row.descr.close && { close: String(row.descr.close) })
})

/** One order is asked for by its id; several by their time alone, in one request. */
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
