import { Schema } from "effect"
import type { Params, Result } from "../../domain/endpoints/endpoints.ts"
import { Amount, optionalAmount, optionalSeconds, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { NamedAssetClass, Rebase, optional } from "../kit/fields.ts"
import { PastAssetName } from "../kit/nameFields.ts"
import { time } from "../kit/timeFields.ts"
import { describedElsewhere } from "../kit/jsonSchema.ts"
import { krakenCursor, pageWithin, paging } from "../kit/paging.ts"
import * as Rows from "../kit/rows.ts"

/** A deposit or withdrawal in an answer. */
const Transfer = Schema.Struct({
  asset: Schema.String,
  asset_id: Schema.String,
  amount: Amount,
  fee: optionalAmount,
  status: Schema.String,
  status_prop: optionalText,
  time: optionalSeconds,
  method: optionalText,
  network: optionalText,
  key: optionalText,
  info: optionalText,
  refid: optionalText,
  txid: optionalText,
  originators: optionalTexts
})

/** The inputs of the histories of deposits and withdrawals. */
export const historyInput = {
  asset: optional(PastAssetName),
  aclass: optional(NamedAssetClass),
  method: optional(Schema.String),
  start: optional(time("ISO 8601, Unix seconds or -30d")),
  end: optional(time("A date includes its day (UTC)", "end")),
  ...paging(25, 500),
  rebase_multiplier: optional(Rebase)
}

/** Always requests a page, since Kraken sends up to 500 rows without a cursor. */
export const historyParams = (input: Params): Params => ({
  ...input,
  cursor: krakenCursor(String(input["cursor"] ?? "")) || "true"
})

/** Reads a page. Kraken sends a bare list, or an object whose key for the list differs from the documentation. */
export const history = (
  result: Result<"private/DepositStatus" | "private/WithdrawStatus">,
  shaping: {
    readonly input: { readonly cursor?: string; readonly limit: number }
    readonly asset: (id: string) => string
  }
) => {
  const answer: KrakenPage = Rows.isList(result) ? { deposit: result } : result
  const { deposit, deposits, next_cursor, withdrawal, withdrawals } = answer
  const found = (deposit ?? deposits ?? withdrawals ?? withdrawal ?? []).map(({ "status-prop": status_prop, ...row }) =>
    withAsset(shaping.asset)({ ...row, status_prop })
  )
  const { page, rows } = pageWithin(Rows.newestFirst(found, "time"), shaping.input, next_cursor)
  return { transfers: rows, ...page }
}

type KrakenPage = Exclude<Result<"private/DepositStatus">, ReadonlyArray<unknown>>

export const Deposits = Schema.Struct({ transfers: Schema.Array(Transfer), next_cursor: optionalText })

export const Withdrawals = Schema.Struct({
  transfers: Schema.Array(Transfer.annotations(describedElsewhere)),
  next_cursor: optionalText
})

/** Adds the display name of a row's asset. Kraken's own name moves to `asset_id`. */
export const withAsset =
  (asset: (id: string) => string) =>
  <A extends { readonly asset: string }>(row: A) =>
    Rows.compact({ ...row, asset: asset(row.asset), asset_id: row.asset })

type Method = Result<"private/WithdrawMethods">[number]

/** Reads a fee, which is a number or an object with its own asset. */
export const feeOf = (fee: Method["fee"], asset: (id: string) => string) => {
  if (typeof fee !== "object") return Rows.compact({ fee })
  const { asset: id, fee: size, fee_percentage } = fee
  return Rows.compact({ fee: size, fee_asset: id === undefined ? undefined : asset(id), fee_percentage })
}

/** Makes a row for each period of each limit, from `limits: { "86400": { … } }`. */
export const limitsOf = (limits: Method["limits"] = []) =>
  limits.flatMap(({ limits: periods = {}, ...limit }) =>
    Rows.keyed(periods, "seconds").map((period) => ({ ...limit, ...period, seconds: Number(period.seconds) }))
  )
