import { Schema } from "effect"
import { Written } from "../kit/answerFields.ts"
import { literal, reasoned, repeatable } from "../kit/fields.ts"
import { AssetName } from "../kit/nameFields.ts"
import { Positive } from "../kit/numberFields.ts"
import * as Tool from "../kit/tool.ts"

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
    ...reasoned,
    ...repeatable
  },
  params: ({ from_wallet, to_wallet, ...rest }) => ({ ...rest, from: from_wallet, to: to_wallet }),
  output: Schema.Struct({ refid: Schema.String, ...Written })
})
