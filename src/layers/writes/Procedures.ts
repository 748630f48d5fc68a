import { Effect } from "effect"
import type { Endpoint } from "../../domain/endpoints.ts"
import { addOrder, addOrderBatch } from "./Add.ts"
import type { Procedure } from "./Attempt.ts"
import { cancelAll, cancelAllOrdersAfter, cancelOrder, cancelOrderBatch } from "./Cancel.ts"
import { cancelWithdrawal } from "./CancelWithdrawal.ts"
import { amendOrder, editOrder } from "./Change.ts"
import { earn } from "./Earn.ts"
import { withdraw } from "./Withdraw.ts"

/** One row an endpoint: how it is sent, and how it is found again when no answer tells. */
export const procedures = (): ((endpoint: Endpoint) => Procedure) => {
  const rows: Record<string, Procedure> = {
    "private/AddOrder": addOrder,
    "private/AddOrderBatch": addOrderBatch,
    "private/AmendOrder": amendOrder,
    "private/EditOrder": editOrder,
    "private/CancelOrder": cancelOrder,
    "private/CancelAll": cancelAll,
    "private/CancelAllOrdersAfter": cancelAllOrdersAfter,
    "private/CancelOrderBatch": cancelOrderBatch,
    "private/Withdraw": withdraw,
    "private/WithdrawCancel": cancelWithdrawal,
    "private/WalletTransfer": unseen("See get_account_balance and get_ledgers."),
    "private/AccountTransfer": unseen("See get_account_balance and get_ledgers of both accounts."),
    "private/CreateSubaccount": unseen("See the subaccounts on kraken.com."),
    "private/Earn/Allocate": earn,
    "private/Earn/Deallocate": earn,
    "private/AddExport": unseen("See get_export_status: a second report would do no harm.", true),
    "private/RemoveExport": unseen("See get_export_status.", true),
    "private/DepositAddresses": unseen("See get_deposit_addresses with new: false."),
    "private/GetWebSocketsToken": unseen("An unused token expires by itself.", true)
  }
  return (endpoint) => rows[endpoint] ?? unseen("Read the account to see what happened.")
}

/** Kraken has no way to find it again: say where a person can look. */
const unseen =
  (check: string, safeToRepeat = false): Procedure =>
  (_desk, _endpoint, params) =>
    Effect.succeed({
      params: () => params,
      settle: ({ error }) => Effect.succeed({ _tag: "Unknown", reason: error.reason, check, safeToRepeat })
    })
