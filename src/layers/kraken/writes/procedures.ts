import { Effect } from "effect"
import type { WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import { addOrder, addOrderBatch } from "./addOrder.ts"
import { amendOrder } from "./amendOrder.ts"
import { cancelAll, cancelAllOrdersAfter, cancelOrder, cancelOrderBatch } from "./cancelOrders.ts"
import { cancelWithdrawal } from "./cancelWithdrawal.ts"
import * as Confirmed from "./confirmation.ts"
import { earn } from "./earn.ts"
import { editOrder } from "./editOrder.ts"
import { withdraw } from "./withdraw.ts"
import { NoReadings, procedure, type WriteProcedure } from "./writeProcedure.ts"

/** Lists the procedure of each endpoint that writes. */
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
  "private/WalletTransfer": unsearchable(Confirmed.holds("refid"), "Check get_account_balance and get_ledgers."),
  "private/AccountTransfer": unsearchable(
    Confirmed.holds("transfer_id"),
    "Check get_account_balance and get_ledgers of both accounts."
  ),
  "private/CreateSubaccount": unsearchable(Confirmed.isTrue, "Check the subaccounts on kraken.com."),
  "private/Earn/Allocate": earn,
  "private/Earn/Deallocate": earn,
  "private/AddExport": unsearchable(
    Confirmed.holds("id"),
    "Check get_export_status: a second report does no harm.",
    true
  ),
  "private/RemoveExport": unsearchable(Confirmed.isRemoval, "Check get_export_status.", true),
  "private/DepositAddresses": unsearchable(Confirmed.holdsAddresses, "Check get_deposit_addresses with new: false."),
  "private/GetWebSocketsToken": unsearchable(Confirmed.holdsToken, "An unused token expires by itself.", true)
})

/** Makes the procedure of a write that no read can find. Its settlement names what a person can check. */
const unsearchable = (isConfirmed: Confirmed.Confirmation, check: string, safeToRepeat = false) =>
  procedure({
    before: NoReadings,
    hasDeadline: false,
    isConfirmed,
    prepare: (_context, _endpoint, params) => Effect.succeed({ params, before: {}, fingerprints: [] }),
    settle: (_context, { error }) => Effect.succeed({ _tag: "Unknown", reason: error.reason, check, safeToRepeat })
  })
