import { Schema } from "effect"
import { page, read, write } from "./endpoint.ts"
import { flag, keyed, maybe, Numeric, numeric, optionalText } from "./results.ts"

const Transfer = Schema.Struct({
  asset: Schema.String,
  amount: Numeric,
  fee: numeric,
  status: Schema.String,
  "status-prop": optionalText,
  time: numeric,
  method: optionalText,
  network: optionalText,
  key: optionalText,
  info: optionalText,
  refid: optionalText,
  txid: optionalText,
  originators: maybe(Schema.Array(Schema.String))
})

const transfers = maybe(Schema.Array(Transfer))

/**
 * A list of deposits or withdrawals, or with `cursor` a page. The page's key for the list differs from Kraken's
 * documentation.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-status-recent-deposits read 2026-08-17
 * @see https://docs.kraken.com/api/docs/rest-api/get-status-recent-withdrawals read 2026-08-17
 */
const History = Schema.Union(
  Schema.Array(Transfer),
  Schema.Struct({
    deposit: transfers,
    deposits: transfers,
    withdrawal: transfers,
    withdrawals: transfers,
    next_cursor: optionalText
  }).pipe(
    Schema.filter(
      ({ deposit, deposits, withdrawal, withdrawals }) =>
        (deposit ?? deposits ?? withdrawal ?? withdrawals) !== undefined
    )
  )
)

/**
 * A fee: a plain number, or an object with an asset of its own.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-withdrawal-methods read 2026-08-17
 */
const Fee = Schema.Union(Numeric, Schema.Struct({ asset: optionalText, fee: numeric, fee_percentage: numeric }))

/**
 * A limit of a withdrawal method. `limits: { "86400": { … } }` has one row for each period, in seconds.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-withdrawal-methods read 2026-08-17
 */
const WithdrawalLimit = Schema.Struct({
  description: optionalText,
  limit_type: optionalText,
  limits: maybe(keyed(Schema.Struct({ maximum: numeric, remaining: numeric, used: numeric })))
})

const mayDeposit = [["query-funds"], ["add-funds"]] as const
const mayWithdraw = [["query-funds", "withdraw-funds"]] as const

const once = { restCost: 1, engine: "none", priority: "write", idempotent: false } as const

/** Endpoints for deposits, withdrawals and transfers between wallets. */
export const funding = {
  "private/DepositMethods": read({
    permissions: [["query-funds", "add-funds"]],
    restCost: 1,
    result: Schema.Array(
      Schema.Struct({
        method: Schema.String,
        minimum: numeric,
        // False if there is no limit.
        limit: maybe(Schema.Union(Numeric, Schema.Boolean)),
        fee: numeric,
        "address-setup-fee": numeric,
        "gen-address": flag
      })
    ),
    see: page("get-deposit-methods")
  }),
  // A write only with `new`, which creates an address.
  "private/DepositAddresses": write({
    ...once,
    intent: "write",
    moves: "nothing",
    permissions: mayDeposit,
    result: Schema.Array(
      Schema.Struct({ address: Schema.String, tag: numeric, memo: numeric, expiretm: numeric, new: flag })
    ),
    see: page("get-deposit-addresses")
  }),
  "private/DepositStatus": read({
    permissions: mayDeposit,
    restCost: 1,
    result: History,
    see: page("get-status-recent-deposits")
  }),
  "private/WithdrawMethods": read({
    permissions: mayWithdraw,
    restCost: 1,
    result: Schema.Array(
      Schema.Struct({
        asset: Schema.String,
        method: Schema.String,
        network: optionalText,
        minimum: numeric,
        fee: maybe(Fee),
        limits: maybe(Schema.Array(WithdrawalLimit))
      })
    ),
    see: page("get-withdrawal-methods")
  }),
  "private/WithdrawAddresses": read({
    permissions: mayWithdraw,
    restCost: 1,
    result: Schema.Array(
      Schema.Struct({
        key: Schema.String,
        asset: Schema.String,
        address: Schema.String,
        method: optionalText,
        network: optionalText,
        tag: numeric,
        memo: numeric,
        verified: flag
      })
    ),
    see: page("get-withdrawal-addresses")
  }),
  "private/WithdrawInfo": read({
    permissions: mayWithdraw,
    restCost: 1,
    result: Schema.Struct({ method: optionalText, limit: numeric, amount: Numeric, fee: Numeric }),
    see: page("get-withdrawal-information")
  }),
  "private/Withdraw": write({
    ...once,
    intent: "destroy",
    moves: "out",
    permissions: [["withdraw-funds"]],
    result: Schema.Struct({ refid: Schema.String }),
    see: page("withdraw-funds")
  }),
  "private/WithdrawStatus": read({
    permissions: [["withdraw-funds"], ["query-ledger"]],
    restCost: 1,
    result: History,
    see: page("get-status-recent-withdrawals")
  }),
  // The amount is credited back to the account.
  "private/WithdrawCancel": write({
    ...once,
    intent: "destroy",
    moves: "cancels",
    priority: "cancel",
    permissions: [["withdraw-funds"]],
    result: Schema.Boolean,
    see: page("cancel-withdrawal")
  }),
  "private/WalletTransfer": write({
    ...once,
    intent: "destroy",
    moves: "within",
    permissions: [["query-funds"]],
    result: Schema.Struct({ refid: Schema.String }),
    see: page("wallet-transfer")
  })
}
