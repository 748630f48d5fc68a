import { Schema } from "effect"
import { AssetClass, described, optional, reasoned, repeatable } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import { Written } from "../kit/answerFields.ts"
import * as Tool from "../kit/tool.ts"

export const createSubaccount = Tool.endpoint("create_subaccount", {
  title: "Create a subaccount",
  description:
    "Create a trading subaccount of the master account. Institutional clients only; it can't be removed here.",
  endpoint: "private/CreateSubaccount",
  input: { username: described("Name of the subaccount"), email: described("E-mail address of its user") },
  shape: (result) => ({ created: result }),
  output: Schema.Struct({ created: Schema.Boolean, ...Written })
})

export const accountTransfer = Tool.endpoint("account_transfer", {
  title: "Transfer between accounts",
  description:
    "Move funds between the master account and its subaccounts, with a key of the master account. Institutional clients only. See get_account_balance first.",
  endpoint: "private/AccountTransfer",
  input: {
    asset: AssetName,
    amount: Positive.annotations({ description: "Amount" }),
    from_account: described("Account id (IIBAN), e.g. ABCD 1234 EFGH 5678"),
    to_account: described("Account id (IIBAN)"),
    asset_class: optional(AssetClass),
    ...reasoned,
    ...repeatable
  },
  rules: ({ from_account, to_account }) =>
    from_account === to_account ? [{ path: "to_account", fault: "must be another account than from_account" }] : [],
  params: ({ from_account, to_account, ...rest }) => ({ ...rest, from: from_account, to: to_account }),
  output: Schema.Struct({ transfer_id: Schema.String, status: Schema.String, ...Written })
})
