import { Effect, Either, Schema } from "effect"
import { isBoolean } from "./confirmation.ts"
import { repeatUntilSettled, type Unsettled } from "./repeatUntilSettled.ts"
import { reasonOf } from "./reasonOf.ts"
import {
  NoReadings,
  procedure,
  type ProcedureContext,
  type Settlement,
  type UnconfirmedWrite
} from "./writeProcedure.ts"

/** @see https://docs.kraken.com/api/docs/rest-api/get-status-recent-withdrawals read 2026-08-17 */
const decode = Schema.decodeUnknown(
  Schema.Array(
    Schema.Struct({
      refid: Schema.String,
      status: Schema.optional(Schema.NullOr(Schema.String)),
      "status-prop": Schema.optional(Schema.NullOr(Schema.String))
    })
  )
)

/**
 * WithdrawCancel. It names the withdrawal by its `refid`, so it is repeated until Kraken answers or lists the
 * withdrawal as canceled or ended.
 */
export const cancelWithdrawal = procedure({
  before: NoReadings,
  hasDeadline: false,
  isConfirmed: isBoolean,
  prepare: (_context, _endpoint, params) => Effect.succeed({ params, before: {}, fingerprints: [] }),
  settle: (context, attempt) =>
    repeatUntilSettled(
      undefined,
      () => cancelAgain(context, attempt),
      ({ reason }) => ({ _tag: "Unknown", reason, check: "Check get_withdrawal_status.", safeToRepeat: true })
    )
})

const cancelAgain = Effect.fnUntraced(function* (context: ProcedureContext, { endpoint, params }: UnconfirmedWrite) {
  const answer = yield* Effect.either(context.kraken.write(endpoint, params, { priority: "cancel" }))
  if (Either.isRight(answer) && answer.right === true) return placed(true)
  const { asset, refid } = params
  const rows = yield* context.kraken
    .read("private/WithdrawStatus", { asset }, { priority: "settlement" })
    .pipe(Effect.flatMap(decode), Effect.either)
  if (Either.isLeft(rows)) return unsettled(reasonOf(rows.left))
  const row = rows.right.find((row) => row.refid === refid)
  const state = row?.["status-prop"] ?? row?.status
  if (state === "canceled" || state === "cancel-pending") return placed(true, state)
  if (state === undefined || state === null) return unsettled("the withdrawal is not listed")
  return ended.has(state) ? placed(false, state) : unsettled(`it is still ${state}`)
})

/** States in which a withdrawal can no longer be cancelled. */
const ended: ReadonlySet<string> = new Set(["Success", "Settled", "Failure", "cancel-denied", "return"])

const placed = (result: boolean, state?: string): Settlement => ({
  _tag: "Placed",
  result,
  ...(state !== undefined && { state })
})

const unsettled = (reason: string): Unsettled<undefined> => ({ _tag: "Unsettled", reason, state: undefined })
