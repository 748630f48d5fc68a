import { DateTime, Effect, Schema } from "effect"
import * as D from "../../domain/decimal.ts"
import type { Params } from "../../domain/endpoints.ts"
import type { Directory } from "../../domain/names.ts"
import { isSince, oneSpelling, sameNumber } from "../../domain/orderMatch.ts"
import { monotonic } from "../../services/Clocks.ts"
import { KrakenWriteRefused } from "../../services/KrakenErrors.ts"
import { accountName } from "../../services/TradingMode.ts"
import type { Attempt, Desk, Procedure, Verdict } from "./Attempt.ts"
import { holds } from "./confirmation.ts"
import { noDeadline } from "./fill.ts"
import { empty, found, type Look, lookUntil, unclear } from "./lookUntil.ts"

const Text = Schema.Union(Schema.String, Schema.Number)

const Withdrawal = Schema.Struct({
  refid: Schema.String,
  asset: Schema.String,
  amount: Text,
  fee: Schema.optional(Schema.NullOr(Text)),
  time: Text,
  key: Schema.optional(Schema.NullOr(Schema.String)),
  status: Schema.optional(Schema.NullOr(Schema.String))
})
type Withdrawal = typeof Withdrawal.Type

const decode = Schema.decodeUnknown(Schema.Array(Withdrawal))

/** How long an identical withdrawal is refused. */
const quiet = 10 * 60 * 1000 // ms

/**
 * Withdraw. Kraken knows no client reference for it, so an identical one within ten minutes is refused unless `repeat`
 * says that it is meant, and one without an answer is found again as the one new row that fits.
 */
export const withdraw = (recent: Map<string, number>): Procedure =>
  Effect.fnUntraced(function* (desk, endpoint, { repeat, ...params }) {
    const now = yield* monotonic
    for (const [key, at] of recent) if (now - at > quiet) recent.delete(key)
    const directory = yield* desk.directory
    const asset = directory.assetDisplay(String(params["asset"]))
    const key = JSON.stringify([yield* accountName, asset, params["key"], oneSpelling(params["amount"])])
    const before = yield* Effect.orElseSucceed(list(desk, params), () => [])
    const since = DateTime.toEpochMillis(yield* desk.kraken.now) / 1000 - quiet / 1000
    const earlier = before.find(
      (row) => Number(row.time) >= since && row.status !== "Failure" && fits(row, params, directory)
    )
    if ((recent.has(key) || earlier !== undefined) && repeat !== true) {
      const reason =
        `the same amount went to "${String(params["key"])}" less than ten minutes ago. See ` +
        "get_withdrawal_status; if a second one is meant, call again with repeat: true."
      return yield* new KrakenWriteRefused({ endpoint, reason })
    }
    const last = recent.get(key)
    recent.set(key, now)
    const seen = new Set(before.map(({ refid }) => refid))
    return {
      params: () => params,
      looks: [key],
      isConfirmed: holds("refid"),
      settle: (attempt) => settle(desk, attempt, seen),
      refused: () => (last === undefined ? recent.delete(key) : recent.set(key, last))
    }
  })

const list = (desk: Desk, { asset }: Params) =>
  Effect.flatMap(desk.kraken.read("private/WithdrawStatus", { asset }, { priority: "settlement" }), decode)

const settle = Effect.fnUntraced(function* (desk: Desk, attempt: Attempt, seen: ReadonlySet<string>) {
  const directory = yield* desk.directory
  const look = Effect.gen(function* () {
    const rows = yield* list(desk, attempt.params)
    const time = yield* attempt.departure.timing
    const fresh = rows.filter(({ refid }) => !seen.has(refid) && !desk.made.has(refid))
    const fitting = fresh.filter((row) => isSince(row.time, time) !== "other" && fits(row, attempt.params, directory))
    const [only] = fitting
    if (fitting.length > 1) return unclear(`several withdrawals fit: ${fitting.map(({ refid }) => refid).join(", ")}`)
    if (only === undefined) return empty
    const sure = only.key === attempt.params["key"] && isSince(only.time, time) === "same"
    const one: Look<Withdrawal> = sure ? found(only) : unclear(`perhaps it is ${only.refid}`)
    return one
  })
  const outcome = yield* lookUntil(desk, noDeadline, look)
  if (outcome._tag === "Found") {
    const { refid, status } = outcome.value
    return { _tag: "Placed", result: { refid }, ...(status && { state: status }) } satisfies Verdict
  }
  const reason = outcome._tag === "CantTell" ? outcome.reason : "it has not turned up"
  const check =
    "See get_withdrawal_status and get_account_balance, for some minutes; an identical withdrawal is " +
    "refused for ten minutes."
  return { _tag: "Unknown", reason, check } satisfies Verdict
})

/** Kraken lists the amount after the fee. A row that shows no key fits as well as one can tell. */
const fits = (row: Withdrawal, params: Params, directory: Directory): boolean => {
  const asset = directory.assetDisplay(row.asset) === directory.assetDisplay(String(params["asset"]))
  const key = row.key === undefined || row.key === null || row.key === params["key"]
  const gross = D.format(D.sum(D.decimal(String(row.amount)), D.decimal(String(row.fee ?? "0"))))
  return asset && key && (sameNumber(row.amount, params["amount"]) || sameNumber(gross, params["amount"]))
}
