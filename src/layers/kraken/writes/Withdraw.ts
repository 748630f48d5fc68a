import { DateTime, Effect, Option, Schema } from "effect"
import * as D from "../../../domain/numbers/decimal.ts"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { Directory } from "../../../domain/assets/names.ts"
import { isSince, oneSpelling, sameNumber } from "../../../domain/orders/orderMatch.ts"
import type { Attempt, Desk, Procedure, Verdict } from "./Attempt.ts"
import { holds } from "./confirmation.ts"
import { noDeadline } from "./fill.ts"
import { empty, found, type Look, lookUntil, unclear } from "./lookUntil.ts"
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
export const withdraw: Procedure = Effect.fnUntraced(function* (desk, endpoint, params, repeat) {
  const directory = yield* desk.directory
  const reading = list(desk, params)
  // When it is meant anyway, a failed reading costs no more than the chance to find it again.
  const before = repeat
    ? yield* Effect.option(reading)
    : Option.some(yield* precheck(endpoint, "whether the same withdrawal was made within ten minutes")(reading))
  const since = DateTime.toEpochMillis(yield* desk.kraken.now) / 1000 - window
  const earlier = Option.getOrElse(before, () => []).find(
    // A time that can't be read may be a recent one.
    (row) => !(Number(row.time) < since) && row.status !== "Failure" && fits(row, params, directory)
  )
  if (earlier !== undefined && !repeat) return { result: { refid: earlier.refid }, duplicateOf: [earlier.refid] }
  const seen = Option.map(before, (rows) => new Set(rows.map(({ refid }) => refid)))
  return {
    params,
    looks: [
      JSON.stringify([directory.assetDisplay(String(params["asset"])), params["key"], oneSpelling(params["amount"])])
    ],
    isConfirmed: holds("refid"),
    settle: (attempt) => settle(desk, attempt, seen)
  }
})

const list = (desk: Desk, { asset }: Params) =>
  Effect.flatMap(desk.kraken.read("private/WithdrawStatus", { asset }, { priority: "settlement" }), decode)

const settle = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt, before: Option.Option<ReadonlySet<string>>) {
  const directory = yield* desk.directory
  const look = Effect.gen(function* () {
    const rows = yield* list(desk, attempt.params)
    const time = yield* attempt.departure.timing
    const seen = Option.getOrElse(before, () => new Set<string>())
    const fresh = rows.filter(({ refid }) => !seen.has(refid) && !desk.made.has(refid))
    const fitting = fresh.filter((row) => isSince(row.time, time) !== "other" && fits(row, attempt.params, directory))
    const [only] = fitting
    if (fitting.length > 1) return unclear(`several withdrawals fit: ${fitting.map(({ refid }) => refid).join(", ")}`)
    if (only === undefined) return empty
    const isNew = Option.isSome(before) && isSince(only.time, time) === "same"
    const sure = isNew && only.key === attempt.params["key"]
    const one: Look<Withdrawal> = sure ? found(only) : unclear(`perhaps it is ${only.refid}`)
    return one
  })
  const outcome = yield* lookUntil(desk, noDeadline, look)
  if (outcome._tag === "Found") {
    const { refid, status } = outcome.value
    return { _tag: "Placed", result: { refid }, ...(status && { state: status }) } satisfies Verdict
  }
  const reason = outcome._tag === "CantTell" ? outcome.reason : "it has not turned up"
  const check = "See get_withdrawal_status and get_account_balance, for some minutes."
  return { _tag: "Unknown", reason, check } satisfies Verdict
})

/** Kraken lists the amount after the fee. A row that shows no key fits as well as one can tell. */
const fits = (row: Withdrawal, params: Params, directory: Directory): boolean => {
  const asset = directory.assetDisplay(row.asset) === directory.assetDisplay(String(params["asset"]))
  const key = row.key === undefined || row.key === null || row.key === params["key"]
  const gross = D.format(D.sum(D.decimal(String(row.amount)), D.decimal(String(row.fee ?? "0"))))
  return asset && key && (sameNumber(row.amount, params["amount"]) || sameNumber(gross, params["amount"]))
}
