import { Effect } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { SendError } from "../../../services/KrakenWriter.ts"
import type { OrderId } from "./cancelTargets.ts"
import { maximumIds } from "../orders/orderLists.ts"
import type { ProcedureContext } from "./writeProcedure.ts"

/**
 * Cancels orders by their ids again.
 * - `all canceled`: this cancel took each of them.
 * - `processed`: Kraken's engine has answered, so none of them can be open any more.
 * - `no answer`: at least one part of them got no usable answer.
 */
export const repeatCancel = Effect.fnUntraced(function* (context: ProcedureContext, ids: ReadonlyArray<OrderId>) {
  const parts = Array.from({ length: Math.ceil(ids.length / maximumIds) }, (_, n) =>
    ids.slice(n * maximumIds, (n + 1) * maximumIds)
  )
  const answers = yield* Effect.forEach(parts, (part) => {
    const [endpoint, params] = cancelRequest(part)
    return Effect.match(context.kraken.write(endpoint, params, { priority: "cancel" }), {
      onFailure: (error) => (isEnded(error) ? "processed" : "no answer"),
      onSuccess: (result) => {
        const { count, pending } = Object(result)
        if (typeof count !== "number" || pending === true) return "no answer"
        return count >= part.length ? "all canceled" : "processed"
      }
    })
  })
  if (answers.includes("no answer")) return "no answer"
  return answers.includes("processed") ? "processed" : "all canceled"
})

/** Tells whether Kraken refused a cancel since the order that it names is not open. */
export const isEnded = (error: SendError): boolean =>
  error._tag === "KrakenOrderError" && error.codes.some((code) => /unknown order/i.test(code))

/**
 * Makes the request that cancels these orders. A batch might need two ids at least: no source confirms it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-order-batch read 2026-08-17
 */
export const cancelRequest = (ids: ReadonlyArray<OrderId>): readonly [WriteEndpoint, Params] => {
  const [first] = ids
  if (first !== undefined && ids.length === 1) return ["private/CancelOrder", { [first.field]: first.id }]
  const idsBy = (field: OrderId["field"]) => ids.filter((id) => id.field === field).map(({ id }) => id)
  const [orders, cl_ord_ids] = [idsBy("txid"), idsBy("cl_ord_id")]
  return [
    "private/CancelOrderBatch",
    { ...(orders.length > 0 && { orders }), ...(cl_ord_ids.length > 0 && { cl_ord_ids }) }
  ]
}
