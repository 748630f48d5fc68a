import { Schema } from "effect"
import { withoutOff } from "../kit/arguments.ts"
import { Written, optionalAmount, optionalBoolean, optionalTime } from "../kit/answerFields.ts"
import { NamedAssetClass, Rebase, boolean, described, optional, repeatable, withDefault } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"
import { Deposits, history, historyInput, historyParams } from "./transfers.ts"

const aclass = optional(NamedAssetClass)

export const getDepositMethods = Tool.endpoint("get_deposit_methods", {
  title: "Deposit methods",
  description: "Deposit methods of an asset: fee, minimum and limit (absent: none), in the asset.",
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
    "Deposit addresses of an asset. Always show the tag or memo, if any: a deposit without it is lost. new: true creates one; first call without.",
  endpoint: "private/DepositAddresses",
  input: {
    asset: AssetName,
    method: described("From get_deposit_methods"),
    new: withDefault(boolean("Create one"), false),
    amount: optional(Positive.annotations({ description: "Of a Lightning invoice" })),
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
        expiretm: optionalTime,
        new: optional(Schema.Boolean.annotations({ description: "Never used yet" }))
      })
    ),
    ...Written
  })
})

export const getDepositStatus = Tool.endpoint("get_deposit_status", {
  title: "Deposits",
  description: "Deposits and their status, newest first. info is the address.",
  endpoint: "private/DepositStatus",
  input: historyInput,
  params: historyParams,
  shape: history,
  output: Deposits
})
