import { Schema } from "effect"
import type { Params, Result } from "../../domain/endpoints/endpoints.ts"
import {
  Amount,
  AssetName,
  AssetClass,
  time,
  optional,
  Rebase,
  Seconds,
  text,
  whole,
  withDefault
} from "../kit/fields.ts"
import { toldElsewhere } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

const words = optional(Schema.String)

/** A deposit or withdrawal in an answer. */
const Transfer = Schema.Struct({
  asset: Schema.String,
  asset_id: Schema.String,
  amount: Amount,
  fee: optional(Amount),
  status: Schema.String,
  status_prop: words,
  time: optional(Seconds),
  method: words,
  network: words,
  key: words,
  info: words,
  refid: words,
  txid: words,
  originators: optional(Schema.Array(Schema.String))
})

/** What histories of deposits and of withdrawals are asked for by. */
export const historyInput = {
  asset: optional(AssetName),
  aclass: optional(AssetClass),
  method: optional(Schema.String.annotations({ description: "Only this method" })),
  start: optional(time("From: Unix seconds or ISO 8601")),
  end: optional(time("Until: Unix seconds or ISO 8601")),
  cursor: optional(text("next_cursor of the last answer")),
  limit: withDefault(whole("Rows a page", 1, 500), 25),
  rebase_multiplier: optional(Rebase)
}

/** Always in pages: without a cursor Kraken sends up to 500 rows. */
export const historyParams = (input: Params): Params => ({ cursor: "true", ...input })

/** Kraken sends a bare list, or an object whose key for the list differs from its documentation. */
export const history = (
  result: Result<"private/DepositStatus" | "private/WithdrawStatus">,
  shaping: { readonly input: { readonly limit: number }; readonly asset: (id: string) => string }
) => {
  const page = Rows.isList(result) ? { deposit: result } : result
  const { deposit, deposits, next_cursor, withdrawal, withdrawals }: Page = page
  const rows = (deposit ?? deposits ?? withdrawals ?? withdrawal ?? []).map(({ "status-prop": status_prop, ...row }) =>
    withAsset(shaping.asset)({ ...row, status_prop })
  )
  const shown = Rows.isList(result) ? shaping.input.limit : rows.length
  return {
    transfers: Rows.newestFirst(rows, "time").slice(0, shown),
    ...Rows.compact({ next_cursor }),
    ...(rows.length > shown && { omitted: rows.length - shown })
  }
}

type Page = Exclude<Result<"private/DepositStatus">, ReadonlyArray<unknown>>

const page = {
  next_cursor: words,
  omitted: optional(Schema.Number.annotations({ description: "Older rows beyond limit" }))
}

export const Deposits = Schema.Struct({ transfers: Schema.Array(Transfer), ...page })

export const Withdrawals = Schema.Struct({ transfers: Schema.Array(Transfer.annotations(toldElsewhere)), ...page })

/** `asset` in any of Kraken's spellings becomes its display name, with the spelling beside it. */
export const withAsset =
  (asset: (id: string) => string) =>
  <A extends { readonly asset: string }>(row: A) =>
    Rows.compact({ ...row, asset: asset(row.asset), asset_id: row.asset })

type Method = Result<"private/WithdrawMethods">[number]

/** A fee is an object with an asset of its own, or plain. */
export const feeOf = (fee: Method["fee"], asset: (id: string) => string) => {
  if (typeof fee !== "object") return Rows.compact({ fee })
  const { asset: id, fee: size, fee_percentage } = fee
  return Rows.compact({ fee: size, fee_asset: id === undefined ? undefined : asset(id), fee_percentage })
}

/** `limits: { "86400": { … } }`, once for each limit, becomes one row a period. */
export const limitsOf = (limits: Method["limits"] = []) =>
  limits.flatMap(({ limits: periods = {}, ...limit }) =>
    Rows.keyed(periods, "seconds").map((period) => ({ ...limit, ...period, seconds: Number(period.seconds) }))
  )
