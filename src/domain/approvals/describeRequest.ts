import { Predicate } from "effect"
import type { Claim } from "../mandates/claim.ts"
import type { Params, WriteEndpoint } from "../endpoints/endpoints.ts"

/** Returns a scalar as text. Empty for what is missing, or is no scalar. */
const text = (value: unknown): string =>
  Predicate.isString(value) || Predicate.isNumber(value) || Predicate.isBoolean(value) ? String(value) : ""

/** Returns a part of a sentence if its value is there. */
const part = (before: string, value: unknown): string => (text(value) === "" ? "" : `${before}${text(value)}`)

const describeOrder = (order: Params, pair: unknown): string =>
  `${text(order["type"])} ${text(order["volume"])} of ${text(pair)}, ${text(order["ordertype"])} order${part(" at ", order["price"])}${part(" and ", order["price2"])}${part(", leverage ", order["leverage"])}`

const orderOf = (params: Params): string => part("", params["txid"]) || part("", params["cl_ord_id"])

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const sentences: { readonly [E in WriteEndpoint]: (params: Params) => string } = {
  "private/AddOrder": (params) => `Place an order: ${describeOrder(params, params["pair"])}`,
  "private/AddOrderBatch": (params) =>
    `Place ${list(params["orders"]).length} orders: ${list(params["orders"])
      .map((order) => (Predicate.isRecord(order) ? describeOrder(order, params["pair"]) : "one that cannot be read"))
      .join("; ")}`,
  "private/AmendOrder": (params) =>
    `Change order ${orderOf(params)}${part(", volume ", params["order_qty"])}${part(", price ", params["limit_price"])}${part(", trigger ", params["trigger_price"])}`,
  "private/EditOrder": (params) =>
    `Replace order ${orderOf(params)}${part(", volume ", params["volume"])}${part(", price ", params["price"])}`,
  "private/CancelOrder": (params) => `Cancel order ${orderOf(params)}`,
  "private/CancelOrderBatch": (params) => `Cancel ${list(params["orders"]).length} orders`,
  "private/CancelAll": () => "Cancel all open orders of the account",
  "private/CancelAllOrdersAfter": (params) => `Cancel all open orders of the account in ${text(params["timeout"])} s`,
  "private/GetWebSocketsToken": () => "Get a token for Kraken's WebSocket, with which another program can trade",
  "private/DepositAddresses": (params) => `Make a deposit address for ${text(params["asset"])}`,
  "private/Withdraw": (params) =>
    `Withdraw ${text(params["amount"])} ${text(params["asset"])} from Kraken to the address saved as “${text(params["key"])}”`,
  "private/WithdrawCancel": (params) => `Cancel withdrawal ${text(params["refid"])} of ${text(params["asset"])}`,
  "private/WalletTransfer": (params) =>
    `Transfer ${text(params["amount"])} ${text(params["asset"])} from ${text(params["from"])} to ${text(params["to"])}`,
  "private/AccountTransfer": (params) =>
    `Transfer ${text(params["amount"])} ${text(params["asset"])} from account ${text(params["from"])} to account ${text(params["to"])}`,
  "private/CreateSubaccount": (params) => `Create the subaccount ${text(params["username"])}`,
  "private/Earn/Allocate": (params) =>
    `Allocate ${text(params["amount"])} to the Earn strategy ${text(params["strategy_id"])}`,
  "private/Earn/Deallocate": (params) =>
    `Take ${text(params["amount"])} out of the Earn strategy ${text(params["strategy_id"])}`,
  "private/AddExport": (params) => `Request an export of ${text(params["report"])}`,
  "private/RemoveExport": (params) => `Delete the export ${text(params["id"])}`
}

/**
 * Describes a write in one sentence, from its parameters and, for the names of assets and pairs, from the most that it can
 * take. Its other texts are those of the caller.
 */
export const describeRequest = (endpoint: WriteEndpoint, params: Params, { spends }: Pick<Claim, "spends">): string => {
  const [first] = spends
  const pair = first?.order?.pair
  const asset = first?.kind === "funds" ? first.asset : undefined
  const named = { ...params, ...(pair !== undefined && { pair }), ...(asset !== undefined && { asset }) }
  return `${sentences[endpoint](named)}.`
}
