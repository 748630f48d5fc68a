import { isEndpoint, isWrite, type PrivateEndpoint, type PublicEndpoint } from "../../domain/endpoints/endpoints.ts"
import type { Endpoint, PublicEndpoint as Answer } from "../wire/call.ts"
import * as Account from "../endpoints/account.ts"
import * as Cancelling from "../endpoints/cancelling.ts"
import * as Changing from "../endpoints/changing.ts"
import * as Control from "./control.ts"
import * as Deposits from "../endpoints/deposits.ts"
import * as Earn from "../endpoints/earn.ts"
import * as Exports from "../endpoints/exports.ts"
import * as Ledgers from "../endpoints/ledgers.ts"
import * as Market from "../endpoints/market.ts"
import * as Orders from "../endpoints/orders.ts"
import * as Placing from "../endpoints/placing.ts"
import * as Subaccounts from "../endpoints/subaccounts.ts"
import * as System from "../endpoints/system.ts"
import * as Transfers from "../endpoints/transfers.ts"
import * as Transparency from "../endpoints/transparency.ts"
import * as Withdrawals from "../endpoints/withdrawals.ts"

/** Handlers of the public endpoints. The compiler requires one for each endpoint of Kraken. */
export const publicRoutes: Readonly<Record<PublicEndpoint, Answer>> = {
  "public/Time": System.Time,
  "public/SystemStatus": System.SystemStatus,
  "public/MaintenanceSchedule": System.MaintenanceSchedule,
  "public/Assets": System.Assets,
  "public/AssetPairs": System.AssetPairs,
  "public/Ticker": Market.Ticker,
  "public/OHLC": Market.OHLC,
  "public/Depth": Market.Depth,
  "public/Trades": Market.Trades,
  "public/Spread": Market.Spread,
  "public/GroupedBook": Transparency.GroupedBook,
  "public/PreTrade": Transparency.PreTrade,
  "public/PostTrade": Transparency.PostTrade
}

/** Operator commands, which no client can reach. */
export const controlRoutes: ReadonlyMap<string, Answer> = new Map(
  Object.entries(Control).map(([name, command]) => [`control/${name}`, command])
)

export const privateRoutes: Readonly<Record<PrivateEndpoint, Endpoint>> = {
  "private/Balance": Account.Balance,
  "private/BalanceEx": Account.BalanceEx,
  "private/TradeBalance": Account.TradeBalance,
  "private/TradeVolume": Account.TradeVolume,
  "private/CreditLines": Account.CreditLines,
  "private/GetApiKeyInfo": Account.GetApiKeyInfo,
  "private/GetWebSocketsToken": Account.GetWebSocketsToken,
  "private/ListWalletAccounts": Account.ListWalletAccounts,
  "private/Ledgers": Ledgers.Ledgers,
  "private/QueryLedgers": Ledgers.QueryLedgers,
  "private/OpenOrders": Orders.OpenOrders,
  "private/ClosedOrders": Orders.ClosedOrders,
  "private/QueryOrders": Orders.QueryOrders,
  "private/TradesHistory": Orders.TradesHistory,
  "private/QueryTrades": Orders.QueryTrades,
  "private/OpenPositions": Orders.OpenPositions,
  "private/OrderAmends": Orders.OrderAmends,
  "private/Level3": Transparency.Level3,
  "private/AddExport": Exports.AddExport,
  "private/ExportStatus": Exports.ExportStatus,
  "private/RetrieveExport": Exports.RetrieveExport,
  "private/RemoveExport": Exports.RemoveExport,
  "private/AddOrder": Placing.AddOrder,
  "private/AddOrderBatch": Placing.AddOrderBatch,
  "private/AmendOrder": Changing.AmendOrder,
  "private/EditOrder": Changing.EditOrder,
  "private/CancelOrder": Cancelling.CancelOrder,
  "private/CancelAll": Cancelling.CancelAll,
  "private/CancelAllOrdersAfter": Cancelling.CancelAllOrdersAfter,
  "private/CancelOrderBatch": Cancelling.CancelOrderBatch,
  "private/DepositMethods": Deposits.DepositMethods,
  "private/DepositAddresses": Deposits.DepositAddresses,
  "private/DepositStatus": Transfers.DepositStatus,
  "private/WithdrawMethods": Withdrawals.WithdrawMethods,
  "private/WithdrawAddresses": Withdrawals.WithdrawAddresses,
  "private/WithdrawInfo": Withdrawals.WithdrawInfo,
  "private/Withdraw": Withdrawals.Withdraw,
  "private/WithdrawStatus": Transfers.WithdrawStatus,
  "private/WithdrawCancel": Withdrawals.WithdrawCancel,
  "private/WalletTransfer": Withdrawals.WalletTransfer,
  "private/CreateSubaccount": Subaccounts.CreateSubaccount,
  "private/AccountTransfer": Subaccounts.AccountTransfer,
  "private/Earn/Strategies": Earn.Strategies,
  "private/Earn/Allocations": Earn.Allocations,
  "private/Earn/Allocate": Earn.Allocate,
  "private/Earn/Deallocate": Earn.Deallocate,
  "private/Earn/AllocateStatus": Earn.AllocateStatus,
  "private/Earn/DeallocateStatus": Earn.DeallocateStatus
}

/** Returns true if a request might change the state and is therefore journalled. */
export const changesState = (endpoint: string): boolean =>
  controlRoutes.has(endpoint) || (isEndpoint(endpoint) && isWrite(endpoint))
