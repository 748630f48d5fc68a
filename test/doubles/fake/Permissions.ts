/** Every permission that a key can have. */
export const permissions: ReadonlyArray<string> = [
  "query-funds",
  "add-funds",
  "withdraw-funds",
  "earn-funds",
  "query-open-trades",
  "query-closed-trades",
  "modify-trades",
  "close-trades",
  "query-ledger",
  "export-data",
  "create-ws-token",
  "add-withdraw-address",
  "update-withdraw-address"
]

const orders = "modify-trades|close-trades"
const bothTrades = "query-open-trades|query-closed-trades"
const withdrawing = "query-funds&withdraw-funds"

/**
 * Permissions that endpoints need: `|` separates sets of which one is enough, `&` joins the permissions of a set.
 * Written from Kraken's documentation.
 */
const needs: Record<string, string> = {
  Balance: "query-funds",
  BalanceEx: "query-funds",
  CreditLines: "query-funds",
  TradeBalance: "query-open-trades|query-funds",
  TradeVolume: "query-funds",
  OpenOrders: "query-open-trades",
  ClosedOrders: "query-closed-trades",
  QueryOrders: bothTrades,
  OrderAmends: bothTrades,
  TradesHistory: "query-closed-trades",
  QueryTrades: "query-closed-trades",
  OpenPositions: "query-open-trades",
  Ledgers: "query-ledger",
  QueryLedgers: "query-ledger",
  AddExport: "export-data",
  ExportStatus: "export-data",
  RetrieveExport: "export-data",
  RemoveExport: "export-data",
  GetApiKeyInfo: "",
  Level3: "query-open-trades",
  ListWalletAccounts: "query-funds",
  AddOrder: "modify-trades",
  AddOrderBatch: "modify-trades&close-trades",
  AmendOrder: orders,
  EditOrder: "modify-trades&close-trades",
  CancelOrder: orders,
  CancelAll: orders,
  CancelAllOrdersAfter: orders,
  CancelOrderBatch: orders,
  GetWebSocketsToken: "create-ws-token",
  DepositMethods: "query-funds&add-funds",
  DepositAddresses: "query-funds|add-funds",
  DepositStatus: "query-funds|add-funds",
  WithdrawMethods: withdrawing,
  WithdrawAddresses: withdrawing,
  WithdrawInfo: withdrawing,
  Withdraw: "withdraw-funds",
  WithdrawStatus: "withdraw-funds|query-ledger",
  WithdrawCancel: "withdraw-funds",
  WalletTransfer: "query-funds",
  CreateSubaccount: "withdraw-funds|modify-trades",
  AccountTransfer: "withdraw-funds",
  "Earn/Strategies": "",
  "Earn/Allocations": "query-funds",
  "Earn/Allocate": "earn-funds",
  "Earn/Deallocate": "earn-funds",
  "Earn/AllocateStatus": "earn-funds|query-funds",
  "Earn/DeallocateStatus": "earn-funds|query-funds"
}

export const isKnown = (name: string): boolean => Object.hasOwn(needs, name)

export const mayCall = (granted: ReadonlyArray<string>, name: string): boolean =>
  (needs[name] ?? "")
    .split("|")
    .some((set) => set.split("&").every((permission) => permission === "" || granted.includes(permission)))
