import { Schema } from "effect"
import { NamedAssetClass, described, optional, reasoned, repeatable } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import { Written } from "../kit/answerFields.ts"
import * as Tool from "../kit/tool.ts"

export const createSubaccount = Tool.endpoint("create_subaccount", {
  title: "Create a subaccount",
  description: "Create a subaccount of the master account. Institutional clients only; it can't be removed here.",
  endpoint: "private/CreateSubaccount",
  input: { username: Schema.String, email: Schema.String },
  shape: (result) => ({ created: result }),
  output: Schema.Struct({ created: Schema.Boolean, ...Written })
})

export const accountTransfer = Tool.endpoint("account_transfer", {
  title: "Transfer between accounts",
  description:
    "Move funds between the master account and its subaccounts, with a key of the master account. Institutional clients only.",
  endpoint: "private/AccountTransfer",
  input: {
    asset: AssetName,
    amount: Positive,
    from_account: described("IIBAN, e.g. ABCD 1234 EFGH 5678"),
    to_account: described("IIBAN"),
    asset_class: optional(NamedAssetClass),
    ...reasoned,
    ...repeatable
  },
  rules: ({ from_account, to_account }) =>
    from_account === to_account ? [{ path: "to_account", fault: "must be another account than from_account" }] : [],
  params: ({ from_account, to_account, ...rest }) => ({ ...rest, from: from_account, to: to_account }),
  output: Schema.Struct({ transfer_id: Schema.String, status: Schema.String, ...Written })
})
