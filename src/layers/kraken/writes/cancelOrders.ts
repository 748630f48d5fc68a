import { Effect } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { type CancelTargets, targetsOfCancelAll, targetsOfCancelBatch, targetsOfCancelOrder } from "./cancelTargets.ts"
import { holdsCount, holdsTimes } from "./confirmation.ts"
import { settleCancel } from "./settleCancel.ts"
import { NoReadings, procedure } from "./writeProcedure.ts"

const cancel = (targetsOf: (params: Params) => CancelTargets) =>
  procedure({
    before: NoReadings,
    hasDeadline: false,
    isConfirmed: holdsCount,
    prepare: (_context, _endpoint, params) => Effect.succeed({ params, before: {}, fingerprints: [] }),
    settle: (context, attempt) => settleCancel(context, attempt, targetsOf(attempt.params))
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
export const cancelAllOrdersAfter = procedure({
  before: NoReadings,
  hasDeadline: false,
  isConfirmed: holdsTimes,
  prepare: (_context, _endpoint, params) => Effect.succeed({ params, before: {}, fingerprints: [] }),
  settle: (_context, { error }) =>
    Effect.succeed({
      _tag: "Unknown",
      reason: error.reason,
      check:
        "Call it again with the timeout that is wanted now. The last call counts, and no endpoint shows the timer.",
      safeToRepeat: true
    })
})
