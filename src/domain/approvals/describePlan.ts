import type { Params, WriteEndpoint } from "../endpoints/endpoints.ts"
import type { Quote } from "./quote.ts"

/** The parts of a plan that its description shows. */
export interface Described {
  readonly caller: { readonly id: string; readonly name?: string }
  readonly endpoint: WriteEndpoint
  readonly request: Params
  readonly asks: ReadonlyArray<string>
  readonly quote: Quote
  readonly said?: string
  readonly tolerance: string
}

/**
 * Describes all that a person has to see of a plan, as names and texts in their order. Texts of agents and of Kraken are in
 * it as they are: whoever shows them has to escape them.
 */
export const describePlan = (plan: Described): ReadonlyArray<readonly [name: string, text: string]> => {
  const { asks, caller, quote, request, said, tolerance } = plan
  const changes = Object.entries(quote.changes ?? {})
  return [
    ["Act", sentenceOf(plan)],
    ["Asked by", caller.name === undefined ? caller.id : `${caller.name} (${caller.id})`],
    ["Needs a person because of", asks.join(", ")],
    ["Request", JSON.stringify(request)],
    ...rows("Sent instead", changes, ([name, text]) => `${name}: ${text}`),
    ...(changes.length > 0 ? ([["Would be sent as", JSON.stringify(quote.sends)]] as const) : []),
    ...rows("Leaves at most", quote.worst, ({ amount, asset }) => `${amount} ${asset}`),
    ...rows("Counts as", quote.values, ({ amount, currency }) => `${amount} ${currency}`),
    ...(quote.fee === undefined
      ? []
      : ([["Fee, part of the amount", `${quote.fee.amount} ${quote.fee.asset}`]] as const)),
    ...(quote.address === undefined ? [] : ([["Goes to the address", quote.address]] as const)),
    ...rows("Price", quote.prices, ({ ask = "none", bid = "none", pair }) => `${pair}: bid ${bid}, ask ${ask}`),
    ...rows("Highest fee", quote.feeRates, ({ pair, percent }) => `${pair}: ${percent} %`),
    ...rows("Available balance", quote.balances, ({ after, asset, before }) => `${before} ${asset}, then ${after}`),
    ...rows(
      "Limit",
      quote.limits,
      ({ after, allowed, layer, left, limit, unit }) =>
        `${limit} (${layer}): ${left} of ${allowed} ${unit} left, then ${after}`
    ),
    ...rows("Could not be read", quote.missing, (fact) => fact),
    ["A price may move by", `${tolerance} % until it is sent`],
    ...(said === undefined ? [] : ([["The agent says", said]] as const))
  ]
}

const rows = <A>(
  name: string,
  values: ReadonlyArray<A>,
  text: (value: A) => string
): ReadonlyArray<readonly [string, string]> => values.map((value) => [name, text(value)] as const)

/** Describes the act of a write in one sentence. */
export const sentenceOf = ({ endpoint, request }: Pick<Described, "endpoint" | "request">): string => {
  const text = (name: string) => textOf(request[name])
  switch (endpoint) {
    case "private/AddOrder":
      return `Place an order: ${orderOf(request)} on ${text("pair")}`
    case "private/AddOrderBatch": {
      const orders: ReadonlyArray<object> = Array.isArray(request["orders"]) ? request["orders"].map(Object) : []
      return `Place ${orders.length} orders on ${text("pair")}: ${orders.map((order) => orderOf({ ...order })).join("; ")}`
    }
    case "private/AmendOrder":
      return `Change the order ${textOf(request["txid"] ?? request["cl_ord_id"])}`
    case "private/Withdraw":
      return `Withdraw ${text("amount")} ${text("asset")} to the saved address ${text("key")}`
    case "private/WalletTransfer":
    case "private/AccountTransfer":
      return `Move ${text("amount")} ${text("asset")} from ${text("from")} to ${text("to")}`
    case "private/Earn/Allocate":
      return `Allocate ${text("amount")} to the Earn strategy ${text("strategy_id")}`
    case "private/CancelAll":
      return "Cancel all open orders"
    case "private/CancelAllOrdersAfter":
      return `Cancel all open orders in ${text("timeout")} seconds (0: never)`
    default:
      return `Call ${endpoint}`
  }
}

const orderOf = (order: Params): string => {
  const text = (name: string) => textOf(order[name])
  const price = order["price"] === undefined ? "" : ` at ${text("price")}`
  return `${text("type")} ${text("volume")}, ${text("ordertype")}${price}`
}

const textOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "?")
