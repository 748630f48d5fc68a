import { isEndpoint, isWrite, type WriteEndpoint } from "../endpoints/endpoints.ts"

/** The acts of all writes, as they follow "asks to". */
const acts: { readonly [E in WriteEndpoint]: string } = {
  "private/AddOrder": "place an order",
  "private/AddOrderBatch": "place several orders",
  "private/AmendOrder": "change an order",
  "private/EditOrder": "replace an order",
  "private/CancelOrder": "cancel an order",
  "private/CancelOrderBatch": "cancel several orders",
  "private/CancelAll": "cancel all orders",
  "private/CancelAllOrdersAfter": "set the timer that cancels all orders",
  "private/GetWebSocketsToken": "get a token for Kraken's WebSocket",
  "private/DepositAddresses": "make a deposit address",
  "private/Withdraw": "withdraw funds from Kraken",
  "private/WithdrawCancel": "cancel a withdrawal",
  "private/WalletTransfer": "transfer funds to another wallet",
  "private/AccountTransfer": "transfer funds to another account",
  "private/CreateSubaccount": "create a subaccount",
  "private/Earn/Allocate": "allocate funds to Earn",
  "private/Earn/Deallocate": "take funds out of Earn",
  "private/AddExport": "request an export",
  "private/RemoveExport": "delete an export"
}

/** Names the act of a write in words, as they follow "asks to". */
export const actOf = (endpoint: string): string =>
  isEndpoint(endpoint) && isWrite(endpoint) ? acts[endpoint] : "do something that this version does not know"
