import { Effect } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { addOrder, addOrderBatch } from "./addOrder.ts"
import type { WriteProcedure } from "./writeProcedure.ts"
import { cancelAll, cancelAllOrdersAfter, cancelOrder, cancelOrderBatch } from "./cancelOrders.ts"
import { cancelWithdrawal } from "./cancelWithdrawal.ts"
import * as Confirmed from "./confirmation.ts"
import { amendOrder, editOrder } from "./changeOrder.ts"
import { earn } from "./earn.ts"
import { withdraw } from "./withdraw.ts"

/** One row an endpoint: how it is sent, and how it is found again when no answer tells. */
export const procedures = (): Readonly<Record<WriteEndpoint, WriteProcedure>> => ({
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
  "private/WalletTransfer": unseen(Confirmed.holds("refid"), "See get_account_balance and get_ledgers."),
  "private/AccountTransfer": unseen(
    Confirmed.holds("transfer_id"),
    "See get_account_balance and get_ledgers of both accounts."
  ),
  "private/CreateSubaccount": unseen(Confirmed.isTrue, "See the subaccounts on kraken.com."),
  "private/Earn/Allocate": earn,
  "private/Earn/Deallocate": earn,
  "private/AddExport": unseen(Confirmed.holds("id"), "See get_export_status: a second report would do no harm.", true),
  "private/RemoveExport": unseen(Confirmed.isRemoval, "See get_export_status.", true),
  "private/DepositAddresses": unseen(Confirmed.holdsAddresses, "See get_deposit_addresses with new: false."),
  "private/GetWebSocketsToken": unseen(Confirmed.holdsToken, "An unused token expires by itself.", true)
})

/** Kraken has no way to find it again: say where a person can look. */
const unseen =
  (isConfirmed: Confirmed.Confirmation, check: string, safeToRepeat = false): WriteProcedure =>
  (_desk, _endpoint, params) =>
    Effect.succeed({
      params,
      fingerprints: [],
      isConfirmed,
      settle: ({ error }) => Effect.succeed({ _tag: "Unknown", reason: error.reason, check, safeToRepeat })
    })
