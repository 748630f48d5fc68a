import { Schema } from "effect"
import { Amount, optional } from "./Fields.ts"
import * as Tool from "./Tool.ts"

export const getAccountBalance = Tool.endpoint("get_account_balance", {
  title: "Account balance",
  description:
    "Cash balance of each asset, net of pending withdrawals but not of open orders (see get_extended_balance).",
  endpoint: "private/Balance",
  permissions: [["query-funds"]],
  intent: "read",
  input: {
    rebase_multiplier: optional(
      Schema.Literal("rebased", "base").annotations({
        description: "xStocks in terms of the underlying share (rebased, the default) or of issued tokens (base)"
      })
    )
  },
  shape: (result, { asset }) => ({
    balances: Object.entries(result as Record<string, unknown>).map(([id, balance]) => ({
      asset: asset(id),
      id,
      balance
    }))
  }),
  output: Schema.Struct({
    balances: Schema.Array(Schema.Struct({ asset: Schema.String, id: Schema.String, balance: Amount }))
  })
})
