import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { Amount, optionalAmount, optionalText } from "../kit/answerFields.ts"
import { optional } from "../kit/fields.ts"
import * as Rows from "../kit/rows.ts"
import { withAsset } from "../funding/transfers.ts"

/** An amount in the asset itself and in `converted_asset`. */
export const Sum = Schema.Struct({ native: Amount, converted: optionalAmount })

export const Share = Schema.Struct({
  native: Amount,
  converted: optionalAmount,
  allocations: optional(
    Schema.Array(
      Schema.Struct({ created_at: optionalText, expires: optionalText, native: Amount, converted: optionalAmount })
    )
  )
})

type Strategy = Result<"private/Earn/Strategies">["items"][number]

const noLock: NonNullable<Strategy["lock_type"]> = {}

/** Flattens a strategy, whose lock type, return and source are nested objects at Kraken. */
export const strategy = ({ apr_estimate, auto_compound, lock_type = noLock, yield_source, ...row }: Strategy) => {
  const { type, ...periods } = lock_type
  return {
    ...row,
    ...Rows.compact(periods, { zeros: Object.keys(periods) }),
    lock_type: type,
    apr_low: apr_estimate?.low,
    apr_high: apr_estimate?.high,
    auto_compound: auto_compound?.type,
    yield_source: yield_source?.type
  }
}

export const strategyForm = {
  amounts: ["apr_low", "apr_high", "user_min_allocation", "user_cap", "allocation_fee", "deallocation_fee"],
  rest: ["asset_id", "auto_compound", "yield_source"]
} as const

type Allocation = Result<"private/Earn/Allocations">["items"][number]

export const allocation = ({ amount_allocated, native_asset, ...item }: Allocation, asset: (id: string) => string) => {
  const shares = Object.entries(amount_allocated)
  return withAsset(asset)({
    ...item,
    asset: native_asset,
    amount_allocated: Object.fromEntries(
      shares.flatMap(([name, share]) => (share === null ? [] : [[name, share] as const]))
    )
  })
}
