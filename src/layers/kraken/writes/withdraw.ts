import { DateTime, Effect, Option, Schema } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { Directory } from "../../../domain/assets/model.ts"
import { isSince, oneSpelling, sameNumber } from "../../../domain/orders/orderMatch.ts"
import type { UnconfirmedWrite, ProcedureContext, WriteProcedure, Settlement } from "./writeProcedure.ts"
import { holds } from "./confirmation.ts"
import { noDeadline } from "./orderDefaults.ts"
import { empty, found, type Finding, pollUntilSettled, unclear } from "./pollUntilSettled.ts"
import { Numeric } from "./numeric.ts"
import { precheck } from "./precheck.ts"

const Text = Schema.Union(Schema.String, Schema.Number)

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

/** How long an identical withdrawal has to be meant, in seconds. */
const window = 10 * 60

/**
 * Withdraw. Kraken knows no client reference for it, so one that Kraken lists as made within ten minutes, by whatever
 * program, is not made again unless `repeat` says that it is meant; one without an answer is found again as the one new
 * row that fits.
 */
export const withdraw: WriteProcedure = Effect.fnUntraced(function* (context, endpoint, params, repeat) {
  const directory = yield* context.directory
  const reading = list(context, params)
  // When it is meant anyway, a failed reading costs no more than the chance to find it again.
  const before = repeat
    ? yield* Effect.option(reading)
    : Option.some(yield* precheck(endpoint, "whether the same withdrawal was made within ten minutes")(reading))
  const since = DateTime.toEpochMillis(yield* context.kraken.now) / 1000 - window
  const earlier = Option.getOrElse(before, () => []).find(
    // A time that can't be read may be a recent one.
    (row) => !(Number(row.time) < since) && row.status !== "Failure" && fits(row, params, directory)
  )
  if (earlier !== undefined && !repeat) return { result: { refid: earlier.refid }, duplicateOf: [earlier.refid] }
  const seen = Option.map(before, (rows) => new Set(rows.map(({ refid }) => refid)))
  return {
    params,
    fingerprints: [
      JSON.stringify([directory.assetDisplay(String(params["asset"])), params["key"], oneSpelling(params["amount"])])
    ],
    isConfirmed: holds("refid"),
    settle: (attempt) => settle(context, attempt, seen)
  }
})

const list = (context: ProcedureContext, { asset }: Params) =>
  Effect.flatMap(context.kraken.read("private/WithdrawStatus", { asset }, { priority: "settlement" }), decode)

const settle = Effect.fnUntraced(function* (
  context: ProcedureContext,
  attempt: UnconfirmedWrite,
  before: Option.Option<ReadonlySet<string>>
) {
  const directory = yield* context.directory
  const lookUp = Effect.gen(function* () {
    const rows = yield* list(context, attempt.params)
    const time = yield* attempt.departure.timing
    const seen = Option.getOrElse(before, () => new Set<string>())
    const fresh = rows.filter(({ refid }) => !seen.has(refid) && !context.made.has(refid))
    const fitting = fresh.filter((row) => isSince(row.time, time) !== "other" && fits(row, attempt.params, directory))
    const [only] = fitting
    if (fitting.length > 1) return unclear(`several withdrawals fit: ${fitting.map(({ refid }) => refid).join(", ")}`)
    if (only === undefined) return empty
    const isNew = Option.isSome(before) && isSince(only.time, time) === "same"
    const sure = isNew && only.key === attempt.params["key"]
    const one: Finding<Withdrawal> = sure ? found(only) : unclear(`perhaps it is ${only.refid}`)
    return one
  })
  const outcome = yield* pollUntilSettled(context, noDeadline, lookUp)
  if (outcome._tag === "Found") {
    const { refid, status } = outcome.value
    return { _tag: "Placed", result: { refid }, ...(status && { state: status }) } satisfies Settlement
  }
  const reason = outcome._tag === "CantTell" ? outcome.reason : "it has not turned up"
  const check = "See get_withdrawal_status and get_account_balance, for some minutes."
  return { _tag: "Unknown", reason, check } satisfies Settlement
})

/** Kraken lists the amount after the fee. A row that shows no key fits as well as one can tell. */
const fits = (row: Withdrawal, params: Params, directory: Directory): boolean => {
  const asset = directory.assetDisplay(row.asset) === directory.assetDisplay(String(params["asset"]))
  const key = row.key === undefined || row.key === null || row.key === params["key"]
  const gross = D.format(D.sum(D.decimal(String(row.amount)), D.decimal(String(row.fee ?? "0"))))
  return asset && key && (sameNumber(row.amount, params["amount"]) || sameNumber(gross, params["amount"]))
}
