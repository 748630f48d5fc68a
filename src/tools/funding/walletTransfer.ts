import { Schema } from "effect"
import { Written } from "../kit/answerFields.ts"
import { literal, reasoned, repeatable } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Tool from "../kit/tool.ts"

export const walletTransfer = Tool.endpoint("wallet_transfer", {
  title: "Transfer to Futures",
  description: "Move funds from the Spot to the Futures wallet. Only Kraken Futures moves them back.",
  endpoint: "private/WalletTransfer",
  input: {
    asset: AssetName,
    from_wallet: literal("Spot Wallet"),
    to_wallet: literal("Futures Wallet"),
    amount: Positive,
    ...reasoned,
    ...repeatable
  },
  params: ({ from_wallet, to_wallet, ...rest }) => ({ ...rest, from: from_wallet, to: to_wallet }),
  output: Schema.Struct({ refid: Schema.String, ...Written })
})
