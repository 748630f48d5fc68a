import { Schema } from "effect"
import type { Params, Result } from "../../domain/endpoints/endpoints.ts"
import { Amount, optionalAmount, optionalTime, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { NamedAssetClass, Rebase, optional } from "../kit/fields.ts"
import { PastAssetName } from "../kit/nameFields.ts"
import { time } from "../kit/timeFields.ts"
import * as Detail from "../kit/detail.ts"
import { describedElsewhere, namingOnly } from "../kit/jsonSchema.ts"
import { krakenCursor, pageWithin, paging } from "../kit/paging.ts"
import * as Rows from "../kit/rows.ts"

/** The fields of every deposit and withdrawal. */
const transferNames = { asset: Schema.String, amount: Amount, status: Schema.String, time: optionalTime }

/** A deposit or withdrawal in an answer. */
const Transfer = Schema.Struct({
  ...transferNames,
  asset_id: optionalText,
  fee: optionalAmount,
  status_prop: optionalText,
  method: optionalText,
  network: optionalText,
  key: optionalText,
  info: optionalText,
  refid: optionalText,
  txid: optionalText,
  originators: optionalTexts
}).annotations(namingOnly(transferNames))

const transferForm = {
  amounts: ["amount", "fee"],
  times: ["time"],
  rest: ["asset_id", "originators"]
} as const

/** The inputs of the histories of deposits and withdrawals. */
export const historyInput = {
  asset: optional(PastAssetName),
  aclass: optional(NamedAssetClass),
  method: optional(Schema.String),
  start: optional(time("ISO 8601, Unix seconds or -30d")),
  end: optional(time("A date includes its day (UTC)", "end")),
  ...paging(25, 500),
  rebase_multiplier: optional(Rebase),
  detail: Detail.unlistedDetail
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
    readonly input: Detail.Wanted & { readonly cursor?: string; readonly limit: number }
    readonly asset: (id: string) => string
  }
) => {
  const answer: KrakenPage = Rows.isList(result) ? { deposit: result } : result
  const { deposit, deposits, next_cursor, withdrawal, withdrawals } = answer
  const found = (deposit ?? deposits ?? withdrawals ?? withdrawal ?? []).map(({ "status-prop": status_prop, ...row }) =>
    withAsset(shaping.asset)({ ...row, status_prop })
  )
  const { page, rows } = pageWithin(Rows.newestFirst(found, "time"), shaping.input, next_cursor)
  return { transfers: Detail.rows(rows, transferForm, shaping.input), ...page }
}

type KrakenPage = Exclude<Result<"private/DepositStatus">, ReadonlyArray<unknown>>

export const Deposits = Schema.Struct({ transfers: Schema.Array(Transfer), next_cursor: optionalText })

export const Withdrawals = Schema.Struct({
  transfers: Schema.Array(Transfer.annotations(describedElsewhere)),
  next_cursor: optionalText
})

/** Leaves Kraken's own name of the asset out of the rows of a short answer. */
export const withoutAssetIds = <A extends object>(rows: ReadonlyArray<A>, input: Detail.Wanted) =>
  Detail.rows(rows, { rest: ["asset_id"] }, input)

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
