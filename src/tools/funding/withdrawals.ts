import { Schema } from "effect"
import { Amount, Settled, Written, optionalAmount, optionalBoolean, optionalText } from "../kit/answerFields.ts"
import { NamedAssetClass, Rebase, described, optional, reasoned, repeatable } from "../kit/fields.ts"
import { AssetName, PastAssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Detail from "../kit/detail.ts"
import { withdrawalHints } from "./withdrawalHints.ts"
import * as Tool from "../kit/tool.ts"
import {
  feeOf,
  history,
  historyInput,
  historyParams,
  limitsOf,
  withAsset,
  withoutAssetIds,
  Withdrawals
} from "./transfers.ts"

const aclass = optional(NamedAssetClass)
const key = described("From get_withdrawal_addresses")
const gross = Positive.annotations({ description: "Including the fee" })

export const getWithdrawalMethods = Tool.endpoint("get_withdrawal_methods", {
  title: "Withdrawal methods",
  description: "Withdrawal methods: network, minimum, fee, and what is left of each limit (seconds: its period).",
  endpoint: "private/WithdrawMethods",
  input: {
    asset: optional(AssetName),
    aclass,
    network: optional(Schema.String),
    rebase_multiplier: optional(Rebase),
    detail: Detail.unlistedDetail
  },
  shape: (result, { asset, input }) => ({
    methods: withoutAssetIds(
      result.map(({ fee, limits, ...row }) =>
        withAsset(asset)({ ...row, ...feeOf(fee, asset), limits: limitsOf(limits) })
      ),
      input
    )
  }),
  output: Schema.Struct({
    methods: Schema.Array(
      Schema.Struct({
        asset: Schema.String,
        asset_id: optionalText,
        method: Schema.String,
        network: optionalText,
        minimum: optionalAmount,
        fee: optionalAmount,
        fee_asset: optionalText,
        fee_percentage: optionalAmount,
        limits: optional(
          Schema.Array(
            Schema.Struct({
              description: optionalText,
              limit_type: optionalText,
              seconds: Schema.Number,
              maximum: optionalAmount,
              remaining: optionalAmount,
              used: optionalAmount
            })
          )
        )
      })
    )
  })
})

export const getWithdrawalAddresses = Tool.endpoint("get_withdrawal_addresses", {
  title: "Saved withdrawal addresses",
  description: "Saved withdrawal addresses; withdraw takes the key. New ones are created on kraken.com.",
  endpoint: "private/WithdrawAddresses",
  input: {
    asset: optional(PastAssetName),
    aclass,
    method: optional(Schema.String),
    key: optional(Schema.String),
    verified: optional(Schema.Boolean),
    detail: Detail.unlistedDetail
  },
  shape: (result, { asset, input }) => ({
    addresses: withoutAssetIds(
      result.map((row) => withAsset(asset)(row)),
      input
    )
  }),
  output: Schema.Struct({
    addresses: Schema.Array(
      Schema.Struct({
        key: Schema.String,
        asset: Schema.String,
        asset_id: optionalText,
        address: Schema.String,
        method: optionalText,
        network: optionalText,
        tag: optionalAmount,
        memo: optionalAmount,
        verified: optionalBoolean
      })
    )
  })
})

export const getWithdrawalInfo = Tool.endpoint("get_withdrawal_info", {
  title: "Withdrawal quote",
  description: "Fee of a withdrawal, the amount that would arrive, and the most that can be withdrawn now.",
  endpoint: "private/WithdrawInfo",
  input: { asset: AssetName, key, amount: gross },
  hints: (refusal, { input }) => withdrawalHints(refusal, input),
  shape: (result, { asset, input }) => ({ ...result, asset: asset(input.asset) }),
  output: Schema.Struct({
    asset: Schema.String,
    method: optionalText,
    limit: optionalAmount,
    amount: Amount.annotations({ jsonSchema: { type: "string", description: "After the fee" } }),
    fee: Amount
  })
})

export const withdraw = Tool.endpoint("withdraw", {
  title: "Withdraw",
  description:
    "Send funds out of Kraken to a saved address: irreversible. First call get_withdrawal_info and let the user confirm asset, amount, fee and address. An identical one within ten minutes needs repeat.",
  endpoint: "private/Withdraw",
  input: {
    asset: AssetName,
    key,
    amount: gross,
    address: optional(described("Refuse unless the key has this one")),
    max_fee: optional(Positive.annotations({ description: "Refuse above it" })),
    aclass,
    rebase_multiplier: optional(Rebase),
    ...reasoned,
    ...repeatable
  },
  hints: (refusal, { input }) => withdrawalHints(refusal, input),
  output: Schema.Struct({ refid: Schema.String, ...Written })
})

export const getWithdrawalStatus = Tool.endpoint("get_withdrawal_status", {
  title: "Withdrawals",
  description: "Withdrawals and their status, newest first; amount is after the fee.",
  endpoint: "private/WithdrawStatus",
  input: historyInput,
  params: historyParams,
  shape: history,
  output: Withdrawals
})

export const cancelWithdrawal = Tool.endpoint("cancel_withdrawal", {
  title: "Cancel a withdrawal",
  description: "Cancel a withdrawal that Kraken has not processed yet.",
  endpoint: "private/WithdrawCancel",
  input: { asset: AssetName, refid: described("From get_withdrawal_status") },
  shape: (result) => ({ canceled: result }),
  output: Schema.Struct({ canceled: Schema.Boolean, ...Settled })
})
