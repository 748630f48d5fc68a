import { Effect } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { type CancelTargets, targetsOfCancelAll, targetsOfCancelBatch, targetsOfCancelOrder } from "./cancelTargets.ts"
import { holdsCount, holdsTimes } from "./confirmation.ts"
import { settleCancel } from "./settleCancel.ts"
import type { WriteProcedure } from "./writeProcedure.ts"

const cancel =
  (targetsOf: (params: Params) => CancelTargets): WriteProcedure =>
  (context, _endpoint, params) =>
    Effect.succeed({
      params,
      fingerprints: [],
      isConfirmed: holdsCount,
      settle: (attempt) => settleCancel(context, attempt, targetsOf(params))
    })

export const cancelOrder = cancel(targetsOfCancelOrder)

export const cancelOrderBatch = cancel(targetsOfCancelBatch)

export const cancelAll = cancel(() => targetsOfCancelAll)

/**
 * CancelAllOrdersAfter. Each call restarts or stops the timer, so a repeat by the server that arrives after a newer call
 * of the caller would undo that call. Only the caller can repeat it. No endpoint shows the timer.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-all-orders-after read 2026-08-17
 */
export const cancelAllOrdersAfter: WriteProcedure = (_context, _endpoint, params) =>
  Effect.succeed({
    params,
    fingerprints: [],
    isConfirmed: holdsTimes,
    settle: ({ error }) =>
      Effect.succeed({
        _tag: "Unknown",
        reason: error.reason,
        check:
          "Call it again with the timeout that is wanted now. The last call counts, and no endpoint shows the timer.",
        safeToRepeat: true
      })
  })
