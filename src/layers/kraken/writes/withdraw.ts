import { DateTime, Effect, Option, Schema } from "effect"
import type { Directory } from "../../../domain/assets/model.ts"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import * as D from "../../../domain/numbers/decimal.ts"
import { isSince, oneSpelling, sameNumber } from "../../../domain/orders/orderMatch.ts"
import { holds } from "./confirmation.ts"
import { ambiguous, type Finding, match, noMatch } from "./finding.ts"
import { Numeric } from "./numeric.ts"
import { noDeadline } from "./orderDefaults.ts"
import { pollUntilSettled } from "./pollUntilSettled.ts"
import { precheck } from "./precheck.ts"
import { procedure, type ProcedureContext, type Settlement, type UnconfirmedWrite } from "./writeProcedure.ts"

const Text = Schema.Union(Schema.String, Schema.Number)

/** @see https://docs.kraken.com/api/docs/rest-api/get-status-recent-withdrawals read 2026-08-17 */
const Withdrawal = Schema.Struct({
  refid: Schema.String,
  asset: Schema.String,
  amount: Numeric,
  fee: Schema.optional(Schema.NullOr(Numeric)),
  time: Text,
  key: Schema.optional(Schema.NullOr(Schema.String)),
  status: Schema.optional(Schema.NullOr(Schema.String))
})
type Withdrawal = typeof Withdrawal.Type

const decode = Schema.decodeUnknown(Schema.Array(Withdrawal))

/** Time for which an identical withdrawal needs `repeat`, in seconds. */
const duplicateWindow = 10 * 60

/**
 * Withdraw. Kraken stores no client reference with a withdrawal. So a withdrawal that Kraken already lists as made within
 * ten minutes, by any program, is made again only with `repeat`; and a withdrawal without an answer is found as the one
 * new row that fits.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/withdraw-funds read 2026-08-17
 */
export const withdraw = procedure({
  before: Schema.Struct({ refids: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }) }),
  hasDeadline: false,
  isConfirmed: holds("refid"),
  prepare: (context, endpoint, params, { repeat }) => prepare(context, endpoint, params, repeat),
  settle: (context, attempt, { refids }) => settle(context, attempt, refids)
})

const prepare = Effect.fnUntraced(function* (
  context: ProcedureContext,
  endpoint: WriteEndpoint,
  params: Params,
  repeat: boolean
) {
  const directory = yield* context.directory
  const reading = listWithdrawals(context, params)
  // With `repeat` the list decides nothing. If it cannot be read, a lost answer can only not be settled later.
  const before = repeat
    ? yield* Effect.option(reading)
    : Option.some(yield* precheck(endpoint, "whether the same withdrawal was made within ten minutes")(reading))
  const since = DateTime.toEpochMillis(yield* context.kraken.now) / 1000 - duplicateWindow
  const earlier = Option.getOrElse(before, () => []).find(
    // A row with an unreadable time might be recent.
    (row) => !(Number(row.time) < since) && row.status !== "Failure" && fits(row, params, directory)
  )
  if (earlier !== undefined && !repeat) return { result: { refid: earlier.refid }, duplicateOf: [earlier.refid] }
  return {
    params,
    before: { ...(Option.isSome(before) && { refids: before.value.map(({ refid }) => refid) }) },
    fingerprints: [
      JSON.stringify([directory.assetDisplay(String(params["asset"])), params["key"], oneSpelling(params["amount"])])
    ]
  }
})

const listWithdrawals = (context: ProcedureContext, { asset }: Params) =>
  Effect.flatMap(context.kraken.read("private/WithdrawStatus", { asset }, { priority: "settlement" }), decode)

const settle = Effect.fn("KrakenWriter.settleWithdrawal")(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  /** The rows listed before the send. Undefined if they could not be read. */
  refids: ReadonlyArray<string> | undefined
) {
  const directory = yield* context.directory
  const lookUp = Effect.gen(function* () {
    const rows = yield* listWithdrawals(context, attempt.params)
    const time = yield* attempt.departure.timing
    const known = new Set(refids)
    const made = yield* context.madeBefore(rows.map(({ refid }) => refid))
    const fresh = rows.filter(({ refid }) => !known.has(refid) && !made.has(refid))
    const fitting = fresh.filter((row) => isSince(row.time, time) !== "other" && fits(row, attempt.params, directory))
    const [first] = fitting
    if (fitting.length > 1)
      return ambiguous(`several withdrawals match: ${fitting.map(({ refid }) => refid).join(", ")}`)
    if (first === undefined) return noMatch()
    const isNew = refids !== undefined && isSince(first.time, time) === "same"
    const isCertain = isNew && first.key === attempt.params["key"]
    const finding: Finding<Withdrawal> = isCertain ? match(first) : ambiguous(`it might be ${first.refid}`)
    return finding
  })
  const search = yield* pollUntilSettled(context, noDeadline, lookUp)
  if (search._tag === "Found") {
    const { refid, status } = search.value
    return { _tag: "Placed", result: { refid }, ...(status && { state: status }) } satisfies Settlement
  }
  const reason = search._tag === "Undecided" ? search.reason : "it was not found on the account"
  const check = "Check get_withdrawal_status and get_account_balance for some minutes."
  return { _tag: "Unknown", reason, check } satisfies Settlement
})

/**
 * Tells whether a row has the terms of a withdrawal. Kraken lists the amount after the fee. A row without a key fits every
 * key.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-status-recent-withdrawals read 2026-08-17
 */
const fits = (row: Withdrawal, params: Params, directory: Directory): boolean => {
  const asset = directory.assetDisplay(row.asset) === directory.assetDisplay(String(params["asset"]))
  const key = row.key === undefined || row.key === null || row.key === params["key"]
  const gross = D.format(D.sum(D.decimal(String(row.amount)), D.decimal(String(row.fee ?? "0"))))
  return asset && key && (sameNumber(row.amount, params["amount"]) || sameNumber(gross, params["amount"]))
}
