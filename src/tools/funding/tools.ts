import { Schema } from "effect"
import { withoutOff } from "../kit/arguments.ts"
import {
  Amount,
  Settled,
  Written,
  optionalAmount,
  optionalBoolean,
  optionalSeconds,
  optionalText
} from "../kit/answerFields.ts"
import { AssetClass, Rebase, boolean, described, literal, optional, repeatable, withDefault } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { Deposits, feeOf, history, historyInput, historyParams, limitsOf, withAsset, Withdrawals } from "./transfers.ts"

const aclass = optional(AssetClass)
const key = described("Name of a saved address: see get_withdrawal_addresses")
const gross = Positive.annotations({ description: "Amount including the fee" })

export const getDepositMethods = Tool.endpoint("get_deposit_methods", {
  title: "Deposit methods",
  description: "Deposit methods of an asset: fee, minimum and limit (absent: none) in units of the asset.",
  endpoint: "private/DepositMethods",
  input: { asset: AssetName, aclass, rebase_multiplier: optional(Rebase) },
  shape: (result) => ({
    methods: result.map(({ limit, "gen-address": gen_address, "address-setup-fee": address_setup_fee, ...row }) =>
      Rows.compact({
        ...row,
        limit: typeof limit === "boolean" ? undefined : limit,
        gen_address,
        address_setup_fee
      })
    )
  }),
  output: Schema.Struct({
    methods: Schema.Array(
      Schema.Struct({
        method: Schema.String,
        minimum: optionalAmount,
        limit: optionalAmount,
        fee: optionalAmount,
        address_setup_fee: optionalAmount,
        gen_address: optionalBoolean
      })
    )
  })
})

export const getDepositAddresses = Tool.endpoint("get_deposit_addresses", {
  title: "Deposit addresses",
  description:
    "Deposit addresses of an asset. Always show the tag or memo, if any: a deposit without it is lost. new: true creates an address, which changes the account; first call without it.",
  endpoint: "private/DepositAddresses",
  input: {
    asset: AssetName,
    method: described("Exact name from get_deposit_methods"),
    new: withDefault(boolean("Create a new address"), false),
    amount: optional(Positive.annotations({ description: "Bitcoin Lightning only: optionalAmount of the invoice" })),
    aclass,
    ...repeatable
  },
  reads: ({ new: fresh }) => !fresh,
  params: (input) => withoutOff(input, "new"),
  shape: (result) => ({
    addresses: result.map((row) => Rows.compact(row, { zeros: ["expiretm"] }))
  }),
  output: Schema.Struct({
    addresses: Schema.Array(
      Schema.Struct({
        address: Schema.String,
        tag: optionalAmount,
        memo: optionalAmount,
        expiretm: optionalSeconds,
        new: optional(Schema.Boolean.annotations({ description: "Never used yet" }))
      })
    ),
    ...Written
  })
})

export const getDepositStatus = Tool.endpoint("get_deposit_status", {
  title: "Deposits",
  description: "Deposits and their status, newest first. time is in Unix seconds, info the address.",
  endpoint: "private/DepositStatus",
  input: historyInput,
  params: historyParams,
  shape: history,
  output: Deposits
})

export const getWithdrawalMethods = Tool.endpoint("get_withdrawal_methods", {
  title: "Withdrawal methods",
  description: "Withdrawal methods: network, minimum, fee and the remaining part of each limit (seconds: its period).",
  endpoint: "private/WithdrawMethods",
  input: {
    asset: optional(AssetName),
    aclass,
    network: optional(described("Only this network")),
    rebase_multiplier: optional(Rebase)
  },
  shape: (result, { asset }) => ({
    methods: result.map(({ fee, limits, ...row }) =>
      withAsset(asset)({ ...row, ...feeOf(fee, asset), limits: limitsOf(limits) })
    )
  }),
  output: Schema.Struct({
    methods: Schema.Array(
      Schema.Struct({
        asset: Schema.String,
        asset_id: Schema.String,
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
  description: "Saved withdrawal addresses. key is the name that withdraw takes. New ones are created on kraken.com.",
  endpoint: "private/WithdrawAddresses",
  input: {
    asset: optional(AssetName),
    aclass,
    method: optional(described("Only this method")),
    key: optional(described("Only this name")),
    verified: optional(boolean("Only confirmed (true) or unconfirmed (false) ones"))
  },
  shape: (result, { asset }) => ({ addresses: result.map((row) => withAsset(asset)(row)) }),
  output: Schema.Struct({
    addresses: Schema.Array(
      Schema.Struct({
        key: Schema.String,
        asset: Schema.String,
        asset_id: Schema.String,
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
  description:
    "Fee of a withdrawal, the amount that would arrive, and the most that can be withdrawn now. Withdraws nothing.",
  endpoint: "private/WithdrawInfo",
  input: { asset: AssetName, key, amount: gross },
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
    "Send funds out of Kraken to a saved address: irreversible. Call get_withdrawal_info first and let the user confirm asset, amount, fee and address. An identical one within ten minutes is not sent unless repeat is true.",
  endpoint: "private/Withdraw",
  input: {
    asset: AssetName,
    key,
    amount: gross,
    address: optional(described("Safety check: refuse unless the saved address is this one")),
    max_fee: optional(Positive.annotations({ description: "Refuse if the fee is above this" })),
    aclass,
    rebase_multiplier: optional(Rebase),
    ...repeatable
  },
  output: Schema.Struct({ refid: Schema.String, ...Written })
})

export const getWithdrawalStatus = Tool.endpoint("get_withdrawal_status", {
  title: "Withdrawals",
  description:
    "Withdrawals and their status, newest first. Rows are as in get_deposit_status; amount is after the fee.",
  endpoint: "private/WithdrawStatus",
  input: historyInput,
  params: historyParams,
  shape: history,
  output: Withdrawals
})

export const cancelWithdrawal = Tool.endpoint("cancel_withdrawal", {
  title: "Cancel a withdrawal",
  description: "Cancel a withdrawal that Kraken has not processed yet. See get_withdrawal_status for its refid.",
  endpoint: "private/WithdrawCancel",
  input: { asset: AssetName, refid: described("Reference id of the withdrawal") },
  shape: (result) => ({ canceled: result }),
  output: Schema.Struct({ canceled: Schema.Boolean, ...Settled })
})

export const walletTransfer = Tool.endpoint("wallet_transfer", {
  title: "Transfer to Futures",
  description:
    "Move funds from the Spot wallet to the Futures wallet. To move them back use Kraken Futures. See get_extended_balance first.",
  endpoint: "private/WalletTransfer",
  input: {
    asset: AssetName,
    from_wallet: literal("Spot Wallet", "Source"),
    to_wallet: literal("Futures Wallet", "Destination"),
    amount: Positive.annotations({ description: "Amount" }),
    ...repeatable
  },
  params: ({ from_wallet, to_wallet, ...rest }) => ({ ...rest, from: from_wallet, to: to_wallet }),
  output: Schema.Struct({ refid: Schema.String, ...Written })
})
