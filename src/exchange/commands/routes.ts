import type { Endpoint, PublicEndpoint } from "../wire/Call.ts"
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

/** Every endpoint by the name Kraken gives it; case counts. */
export const publicRoutes: ReadonlyMap<string, PublicEndpoint> = new Map([
  ["Time", System.Time],
  ["SystemStatus", System.SystemStatus],
  ["MaintenanceSchedule", System.MaintenanceSchedule],
  ["Assets", System.Assets],
  ["AssetPairs", System.AssetPairs],
  ["Ticker", Market.Ticker],
  ["OHLC", Market.OHLC],
  ["Depth", Market.Depth],
  ["Trades", Market.Trades],
  ["Spread", Market.Spread],
  ["GroupedBook", Transparency.GroupedBook],
  ["PreTrade", Transparency.PreTrade],
  ["PostTrade", Transparency.PostTrade]
])

/** The operator's commands, which no client can reach. */
export const controlRoutes: ReadonlyMap<string, PublicEndpoint> = new Map(Object.entries(Control))

export const privateRoutes: ReadonlyMap<string, Endpoint> = new Map([
  ["Balance", Account.Balance],
  ["BalanceEx", Account.BalanceEx],
  ["TradeBalance", Account.TradeBalance],
  ["TradeVolume", Account.TradeVolume],
  ["CreditLines", Account.CreditLines],
  ["GetApiKeyInfo", Account.GetApiKeyInfo],
  ["GetWebSocketsToken", Account.GetWebSocketsToken],
  ["ListWalletAccounts", Account.ListWalletAccounts],
  ["Ledgers", Ledgers.Ledgers],
  ["QueryLedgers", Ledgers.QueryLedgers],
  ["OpenOrders", Orders.OpenOrders],
  ["ClosedOrders", Orders.ClosedOrders],
  ["QueryOrders", Orders.QueryOrders],
  ["TradesHistory", Orders.TradesHistory],
  ["QueryTrades", Orders.QueryTrades],
  ["OpenPositions", Orders.OpenPositions],
  ["OrderAmends", Orders.OrderAmends],
  ["Level3", Transparency.Level3],
  ["AddExport", Exports.AddExport],
  ["ExportStatus", Exports.ExportStatus],
  ["RetrieveExport", Exports.RetrieveExport],
  ["RemoveExport", Exports.RemoveExport],
  ["AddOrder", Placing.AddOrder],
  ["AddOrderBatch", Placing.AddOrderBatch],
  ["AmendOrder", Changing.AmendOrder],
  ["EditOrder", Changing.EditOrder],
  ["CancelOrder", Cancelling.CancelOrder],
  ["CancelAll", Cancelling.CancelAll],
  ["CancelAllOrdersAfter", Cancelling.CancelAllOrdersAfter],
  ["CancelOrderBatch", Cancelling.CancelOrderBatch],
  ["DepositMethods", Deposits.DepositMethods],
  ["DepositAddresses", Deposits.DepositAddresses],
  ["DepositStatus", Transfers.DepositStatus],
  ["WithdrawMethods", Withdrawals.WithdrawMethods],
  ["WithdrawAddresses", Withdrawals.WithdrawAddresses],
  ["WithdrawInfo", Withdrawals.WithdrawInfo],
  ["Withdraw", Withdrawals.Withdraw],
  ["WithdrawStatus", Transfers.WithdrawStatus],
  ["WithdrawCancel", Withdrawals.WithdrawCancel],
  ["WalletTransfer", Withdrawals.WalletTransfer],
  ["CreateSubaccount", Subaccounts.CreateSubaccount],
  ["AccountTransfer", Subaccounts.AccountTransfer],
  ["Earn/Strategies", Earn.Strategies],
  ["Earn/Allocations", Earn.Allocations],
  ["Earn/Allocate", Earn.Allocate],
  ["Earn/Deallocate", Earn.Deallocate],
  ["Earn/AllocateStatus", Earn.AllocateStatus],
  ["Earn/DeallocateStatus", Earn.DeallocateStatus]
])

/** The private endpoints that may change the state: the ones a journal must keep. */
const writes = new Set([
  "AddExport",
  "RemoveExport",
  "AddOrder",
  "AddOrderBatch",
  "AmendOrder",
  "EditOrder",
  "CancelOrder",
  "CancelAll",
  "CancelAllOrdersAfter",
  "CancelOrderBatch",
  "DepositAddresses",
  "Withdraw",
  "WithdrawCancel",
  "WalletTransfer",
  "CreateSubaccount",
  "AccountTransfer",
  "Earn/Allocate",
  "Earn/Deallocate",
  "GetWebSocketsToken"
])

export const isWrite = (endpoint: string): boolean =>
  endpoint.startsWith("control/") || writes.has(endpoint.replace(/^private\//, ""))
