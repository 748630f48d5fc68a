import { Effect, Either, Schema } from "effect"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { isBoolean } from "./confirmation.ts"
import { repeatUntilSettled } from "./repeatUntilSettled.ts"

const decode = Schema.decodeUnknown(
  Schema.Array(
    Schema.Struct({
      refid: Schema.String,
      status: Schema.optional(Schema.NullOr(Schema.String)),
      "status-prop": Schema.optional(Schema.NullOr(Schema.String))
    })
  )
)

/** WithdrawCancel: named by its `refid`, it is repeated until Kraken answers or shows what became of the withdrawal. */
export const cancelWithdrawal: WriteProcedure = (context, _endpoint, params) =>
  Effect.succeed({
    params,
    fingerprints: [],
    isConfirmed: isBoolean,
    settle: (attempt) => settle(context, attempt)
  })

const settle = (context: ProcedureContext, attempt: UnconfirmedWrite) =>
  repeatUntilSettled(
    Effect.gen(function* () {
      const { endpoint, params } = attempt
      const again = yield* Effect.either(context.kraken.write(endpoint, params, { priority: "cancel" }))
      if (Either.isRight(again) && again.right === true) return placed(true)
      const { asset, refid } = params
      const rows = yield* context.kraken
        .read("private/WithdrawStatus", { asset }, { priority: "settlement" })
        .pipe(Effect.flatMap(decode), Effect.either)
      if (Either.isLeft(rows)) return rows.left.message
      const row = rows.right.find((row) => row.refid === refid)
      const state = row?.["status-prop"] ?? row?.status
      if (state === "canceled" || state === "cancel-pending") return placed(true, state)
      return state === undefined || state === null
        ? "the withdrawal is not listed"
        : ended.has(state)
          ? placed(false, state)
          : `it is still ${state}`
    }),
    (reason): Settlement => ({ _tag: "Unknown", reason, check: "See get_withdrawal_status.", safeToRepeat: true })
  )

/** States in which nothing can be cancelled any more. */
const ended: ReadonlySet<string> = new Set(["Success", "Settled", "Failure", "cancel-denied", "return"])

const placed = (result: boolean, state?: string): Settlement => ({
  _tag: "Placed",
  result,
  ...(state !== undefined && { state })
})
