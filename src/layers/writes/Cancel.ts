import { Effect } from "effect"
import type { Attempt, Desk, Procedure, Verdict } from "./Attempt.ts"
import { type Confirmation, holdsCount } from "./confirmation.ts"
import { empty, found, type Look, lookUntil, unclear } from "./lookUntil.ts"
import { noDeadline } from "./fill.ts"
import { orderById, ordersSince } from "./orderLists.ts"

/** CancelOrder of one order: reading it tells. Repeating a cancel is safe in any case. */
export const cancelOrder: Procedure = (desk, _, params) =>
  Effect.succeed({
    params: () => params,
    isConfirmed: holdsCount,
    settle: (attempt) => settleCancel(desk, attempt)
  })

const settleCancel = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt) {
  const look = Effect.map(statusOf(desk, attempt), (status): Look<string> => {
    if (status === undefined) return unclear("the order is not listed")
    return status === "open" || status === "pending" ? empty : found(status)
  })
  const outcome = yield* lookUntil(desk, noDeadline, look, "the order is still open")
  if (outcome._tag !== "Found") return repeatable(outcome._tag === "CantTell" ? outcome.reason : "it is still open")
  const canceled = outcome.value === "canceled"
  return { _tag: "Placed", result: { count: canceled ? 1 : 0 }, state: outcome.value } satisfies Verdict
})

const statusOf = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt) {
  const { cl_ord_id, txid } = attempt.params
  if (cl_ord_id === undefined) {
    return isTxid(txid) ? (yield* orderById(desk, String(txid)))?.row.status : undefined
  }
  const { rows } = yield* ordersSince(desk, attempt, { cl_ord_id })
  return rows.find(({ row }) => row.cl_ord_id === cl_ord_id)?.row.status
})

/** A userref stands for many orders, and a list of ids for several. */
const isTxid = (txid: unknown): boolean => typeof txid === "string" && /^[A-Z0-9]+(-[A-Z0-9]+)+$/.test(txid)

/** CancelAll, CancelAllOrdersAfter, CancelOrderBatch: doing it twice is the same as doing it once. */
export const cancelMany =
  (isConfirmed: Confirmation): Procedure =>
  (_desk, _endpoint, params) =>
    Effect.succeed({
      params: () => params,
      isConfirmed,
      settle: ({ error }) => Effect.succeed(repeatable(error.reason))
    })

const repeatable = (reason: string): Verdict => ({
  _tag: "Unknown",
  reason,
  check: "See get_open_orders.",
  safeToRepeat: true
})
