import { Effect, Either, Option, Schema } from "effect"
import { escapeText } from "../../../../domain/wire/escapeText.ts"
import type { Params, WriteEndpoint } from "../../../../domain/endpoints/endpoints.ts"
import type { PanicCallFailed, PanicCalls } from "./panicCalls.ts"
import type { PendingWithdrawal } from "./panicReport.ts"
import { type Patiently, shortPatience } from "./retryCalls.ts"

const Amount = Schema.Union(Schema.String, Schema.Number)

const decodeWithdrawals = Schema.decodeUnknownOption(
  Schema.Array(
    Schema.Struct({
      refid: Schema.String,
      asset: Schema.String,
      amount: Amount,
      status: Schema.optional(Schema.NullOr(Schema.String)),
      "status-prop": Schema.optional(Schema.NullOr(Schema.String))
    })
  )
)

/** States of a withdrawal that Kraken has not sent. */
const pendingStates: ReadonlySet<string> = new Set(["Initial", "Pending"])

const endedProps: ReadonlySet<string> = new Set(["canceled", "cancel-pending", "return"])

interface Withdrawing {
  readonly calls: PanicCalls
  readonly patiently: Patiently
  readonly write: (
    what: string,
    endpoint: WriteEndpoint,
    params: Params,
    lasting?: number
  ) => Effect.Effect<unknown, PanicCallFailed>
  readonly isCancelling: boolean
}

/** Lists withdrawals that Kraken has not sent, and cancels those that can be if that is wanted. */
export const pendingWithdrawals = Effect.fnUntraced(function* ({ calls, isCancelling, patiently, write }: Withdrawing) {
  const read = yield* Effect.either(
    patiently("Reading withdrawals", calls.read("private/WithdrawStatus", {}), shortPatience)
  )
  const rows = Either.isRight(read) ? decodeWithdrawals(read.right) : Option.none()
  if (Option.isNone(rows)) {
    const why = Either.isLeft(read) ? read.left.message : "Kraken's list has an unknown form."
    const text = `Pending withdrawals could not be listed: ${why}`
    return { withdrawals: [], problems: isCancelling ? [text] : [], notes: isCancelling ? [] : [text] }
  }
  const problems: Array<string> = []
  const withdrawals: Array<PendingWithdrawal> = []
  for (const { amount, asset, refid, status, "status-prop": prop } of rows.value) {
    if (!pendingStates.has(status ?? "") || endedProps.has(prop ?? "")) continue
    const params: Params = { asset, refid }
    const canceled = isCancelling
      ? yield* Effect.either(write("Cancelling a withdrawal", "private/WithdrawCancel", params, shortPatience))
      : Either.right(false)
    const named = `The withdrawal ${escapeText(refid)}`
    if (Either.isLeft(canceled)) problems.push(`${named} could not be cancelled: ${canceled.left.message}`)
    if (Either.isRight(canceled) && isCancelling && canceled.right !== true)
      problems.push(`${named} can no longer be cancelled.`)
    const isCanceled = Either.isRight(canceled) && canceled.right === true
    withdrawals.push({ refid, asset, amount: String(amount), status: status ?? "", isCanceled })
  }
  return { withdrawals, problems, notes: [] }
})
