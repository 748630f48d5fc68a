import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import {
  Written,
  optionalAmount,
  optionalBoolean,
  optionalNumber,
  optionalText,
  optionalTexts
} from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { described, list, optional, reasoned, repeatable, withDefault } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { unlisted } from "../kit/jsonSchema.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { krakenPaging, pageWithin, paging } from "../kit/paging.ts"
import { withAsset, withoutAssetIds } from "../funding/transfers.ts"
import { allocation, Share, strategy, strategyForm, Sum } from "./output.ts"

const strategy_id = described("Id from list_earn_strategies")

export const listEarnStrategies = Tool.endpoint("list_earn_strategies", {
  title: "Earn strategies",
  description:
    "Earn strategies open to the account: yearly return and fees in percent, periods in seconds, minimum and cap in the asset.",
  endpoint: "private/Earn/Strategies",
  input: {
    asset: optional(AssetName),
    lock_type: optional(list(Schema.Literal("flex", "bonded", "timed", "instant"), "Default all")),
    ...paging(25, 500),
    detail: Detail.detail,
    ascending: optional(unlisted(Schema.Boolean))
  },
  lists: "json",
  params: krakenPaging,
  shape: (result, { asset, input }) => {
    const { page, rows } = pageWithin(result.items, input, result.next_cursor)
    const strategies = rows.map((item) => withAsset(asset)(strategy(item)))
    return { strategies: Detail.rows(strategies, strategyForm, input), ...page }
  },
  output: Schema.Struct({
    strategies: Schema.Array(
      Schema.Struct({
        id: Schema.String,
        asset: Schema.String,
        asset_id: optionalText,
        lock_type: optionalText,
        apr_low: optionalAmount,
        apr_high: optionalAmount,
        payout_frequency: optionalNumber,
        bonding_period: optionalNumber,
        unbonding_period: optionalNumber,
        exit_queue_period: optionalNumber,
        user_min_allocation: optionalAmount,
        user_cap: optionalAmount,
        allocation_fee: optionalAmount,
        deallocation_fee: optionalAmount,
        auto_compound: optionalText,
        yield_source: optionalText,
        can_allocate: optionalBoolean,
        can_deallocate: optionalBoolean,
        allocation_restriction_info: optionalTexts
      })
    ),
    next_cursor: optionalText
  })
})

export const listEarnAllocations = Tool.endpoint("list_earn_allocations", {
  title: "Earn allocations",
  description:
    "Earn allocations and rewards, each amount in the asset (native) and in converted_asset. amount_allocated has total and, if any, pending, bonding, exit_queue, unbonding.",
  endpoint: "private/Earn/Allocations",
  input: {
    ascending: optional(unlisted(Schema.Boolean)),
    hide_zero_allocations: withDefault(Schema.Boolean, true),
    converted_asset: optional(AssetName),
    detail: Detail.unlistedDetail
  },
  shape: (result, { asset, input }) => {
    const { converted_asset, items, ...totals } = result
    return {
      ...Rows.compact({ ...totals, converted_asset: asset(converted_asset) }),
      allocations: withoutAssetIds(
        items.map((item) => allocation(item, asset)),
        input
      )
    }
  },
  output: Schema.Struct({
    converted_asset: Schema.String,
    total_allocated: optionalAmount,
    total_rewarded: optionalAmount,
    allocations: Schema.Array(
      Schema.Struct({
        strategy_id: Schema.String,
        asset: Schema.String,
        asset_id: optionalText,
        amount_allocated: Schema.Record({ key: Schema.String, value: Share }),
        total_rewarded: optional(Sum),
        payout: optional(
          Schema.Struct({
            period_start: optionalText,
            period_end: optionalText,
            accumulated_reward: optional(Sum),
            estimated_reward: optional(Sum)
          })
        )
      })
    )
  })
})

const change = {
  endpoint: "private/Earn/Allocate",
  input: {
    strategy_id,
    amount: Positive.annotations({ description: "In the strategy's asset" }),
    ...reasoned,
    ...repeatable
  },
  shape: (
    result: Result<"private/Earn/Allocate">,
    { input }: { readonly input: { readonly strategy_id: string } }
  ) => ({
    strategy_id: input.strategy_id,
    // True, or an object with `pending`, which one client library has seen.
    ...(typeof result === "boolean" ? { accepted: result } : { accepted: true, ...result })
  }),
  output: Schema.Struct({
    strategy_id: Schema.String,
    accepted: Schema.Boolean,
    pending: optionalBoolean,
    ...Written
  })
} as const

export const allocateEarn = Tool.endpoint("allocate_earn", {
  ...change,
  title: "Allocate to Earn",
  description:
    "Move funds into an Earn strategy: they can't be traded or withdrawn until deallocated, which takes weeks if bonded. Then see get_earn_allocation_status."
})

export const deallocateEarn = Tool.endpoint("deallocate_earn", {
  ...change,
  title: "Deallocate from Earn",
  description:
    "Take funds out of an Earn strategy; bonded ones return after their unbonding period. Then see get_earn_deallocation_status.",
  endpoint: "private/Earn/Deallocate"
})

const status = {
  endpoint: "private/Earn/AllocateStatus",
  input: { strategy_id },
  output: Schema.Struct({ pending: Schema.Boolean })
} as const

export const getEarnAllocationStatus = Tool.endpoint("get_earn_allocation_status", {
  ...status,
  title: "Earn allocation status",
  description:
    "State of the last allocation to a strategy: pending or done. If it failed, this call fails with its error."
})

export const getEarnDeallocationStatus = Tool.endpoint("get_earn_deallocation_status", {
  ...status,
  title: "Earn deallocation status",
  description: "The same for the last deallocation from a strategy.",
  endpoint: "private/Earn/DeallocateStatus"
})
