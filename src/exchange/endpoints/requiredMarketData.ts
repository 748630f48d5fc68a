import { isEndpoint, isPrivate, type PrivateEndpoint } from "../../domain/endpoints/endpoints.ts"
import { findAccount } from "../accounts/accounts.ts"
import type { Asset } from "../catalogue/assets.ts"
import { type Catalogue, findAsset, findAssetOfBalance, findPair } from "../catalogue/catalogue.ts"
import type { Request } from "../wire/request.ts"
import type { Pair } from "../catalogue/pairs.ts"
import type { Exchange } from "../state/state.ts"
import { pathToDollars } from "../accounts/value.ts"

/** The kind of market data that a private call depends on. */
type Need = "none" | "trading" | "holdings" | "amount" | "book"

const needs: Readonly<Record<PrivateEndpoint, Need>> = {
  "private/Balance": "none",
  "private/BalanceEx": "none",
  "private/TradeBalance": "holdings",
  "private/TradeVolume": "none",
  "private/CreditLines": "none",
  "private/GetApiKeyInfo": "none",
  "private/GetWebSocketsToken": "none",
  "private/ListWalletAccounts": "none",
  "private/Ledgers": "none",
  "private/QueryLedgers": "none",
  "private/OpenOrders": "none",
  "private/ClosedOrders": "none",
  "private/QueryOrders": "none",
  "private/TradesHistory": "none",
  "private/QueryTrades": "none",
  "private/OpenPositions": "none",
  "private/OrderAmends": "none",
  "private/Level3": "book",
  "private/AddExport": "none",
  "private/ExportStatus": "none",
  "private/RetrieveExport": "none",
  "private/RemoveExport": "none",
  "private/AddOrder": "trading",
  "private/AddOrderBatch": "trading",
  "private/AmendOrder": "trading",
  "private/EditOrder": "trading",
  "private/CancelOrder": "trading",
  "private/CancelAll": "trading",
  "private/CancelAllOrdersAfter": "trading",
  "private/CancelOrderBatch": "trading",
  "private/DepositMethods": "none",
  "private/DepositAddresses": "none",
  "private/DepositStatus": "none",
  "private/WithdrawMethods": "none",
  "private/WithdrawAddresses": "none",
  "private/WithdrawInfo": "amount",
  "private/Withdraw": "amount",
  "private/WithdrawStatus": "none",
  "private/WithdrawCancel": "none",
  "private/WalletTransfer": "none",
  "private/CreateSubaccount": "none",
  "private/AccountTransfer": "none",
  "private/Earn/Strategies": "none",
  "private/Earn/Allocations": "holdings",
  "private/Earn/Allocate": "none",
  "private/Earn/Deallocate": "none",
  "private/Earn/AllocateStatus": "none",
  "private/Earn/DeallocateStatus": "none"
}

const needOf = (endpoint: string): Need => (isEndpoint(endpoint) && isPrivate(endpoint) ? needs[endpoint] : "none")

export const needsMarketData = (endpoint: string): boolean => needOf(endpoint) !== "none"

/**
 * Returns the pairs whose prices affect what a request does or answers. On a recorded market their snapshots must be
 * applied first. Fees depend on an order's value in dollars; changes and cancellations depend on fills so far; answers
 * that add up assets and withdrawals under a limit in dollars depend on the assets' values. Pairs are looked up in the
 * exchange's catalogue, or in a larger `catalogue`.
 */
export const requiredMarketData = (
  exchange: Exchange,
  { account: name, endpoint, params }: Pick<Request, "account" | "endpoint" | "params">,
  catalogue: Catalogue = exchange.catalogue
): ReadonlyArray<Pair> => {
  const need = needOf(endpoint)
  const account = name === undefined ? undefined : findAccount(exchange, name)
  const named = findPair(catalogue, String(params?.["pair"]))
  const open = [...(account?.open.values() ?? [])].flatMap(({ pair }) => catalogue.pairs.get(pair.id) ?? [])
  const pairs = new Set<Pair>()
  const addWorth = (assets: ReadonlyArray<Asset>) => {
    for (const asset of assets) for (const { pair } of pathToDollars(catalogue, asset) ?? []) pairs.add(pair)
  }
  if (need === "trading") {
    for (const pair of named === undefined ? open : [named]) pairs.add(pair)
    addWorth(Array.from(pairs, ({ quote }) => quote))
  }
  const converted = [params?.["asset"], params?.["converted_asset"]].flatMap(
    (name) => findAsset(catalogue, String(name)) ?? []
  )
  if (need === "holdings") {
    const held = [...(account?.balances.keys() ?? [])].flatMap(
      (balance) => findAssetOfBalance(catalogue, balance) ?? []
    )
    addWorth([...held, ...open.map(({ base }) => base), ...converted])
  }
  if (need === "amount") addWorth(converted)
  if (need === "book" && named !== undefined) pairs.add(named)
  // Delisted pairs have no market data.
  return [...pairs].filter(
    ({ id }) => catalogue !== exchange.catalogue || exchange.pairStates.get(id)?.status !== "delisted"
  )
}
