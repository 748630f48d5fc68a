import type { Endpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import { addCost, changeCost } from "../../../domain/endpoints/rateCosts.ts"
import { cancelled, listOf, pairKey, type RecentOrder, type RecentOrders } from "./recentOrders.ts"

/** What a call adds to the trading engine's counter of a pair. */
export interface Charge {
  readonly pair: string
  readonly cost: number
  readonly isCancel: boolean
}

/** What a call adds to the engine's counters at `now`; an order of unknown age is taken for an old one. */
export const chargesOf = (
  endpoint: Endpoint,
  params: Params,
  orders: Pick<RecentOrders, "find" | "all">,
  now: number
): ReadonlyArray<Charge> => {
  const cancel = (order: RecentOrder): Charge => ({
    pair: order.pair,
    cost: changeCost("cancel", ageOf(order, now)),
    isCancel: true
  })
  switch (endpoint) {
    case "private/AddOrder":
      return add(params["pair"], addCost(1, false))
    case "private/AddOrderBatch":
      return add(params["pair"], addCost(listOf(params["orders"]).length, true))
    case "private/AmendOrder":
      return change("amend", params, orders.find(params["txid"] ?? params["cl_ord_id"])[0], now)
    case "private/EditOrder":
      return change("edit", params, orders.find(params["txid"])[0], now)
    case "private/CancelOrder":
    case "private/CancelOrderBatch":
      return [...new Set(cancelled(params).flatMap(orders.find))].map(cancel)
    // Kraken does not say what this costs; as much as cancelling each order, at the most.
    case "private/CancelAll":
      return orders.all().map(cancel)
    default:
      return []
  }
}

const add = (pair: unknown, cost: number): ReadonlyArray<Charge> => [{ pair: pairKey(pair), cost, isCancel: false }]

const change = (
  kind: "amend" | "edit",
  { pair }: Params,
  order: RecentOrder | undefined,
  now: number
): ReadonlyArray<Charge> => {
  const known = order?.pair ?? (pair === undefined ? undefined : pairKey(pair))
  const age = order === undefined ? Infinity : ageOf(order, now)
  return known === undefined ? [] : [{ pair: known, cost: changeCost(kind, age), isCancel: false }]
}

const ageOf = ({ since }: RecentOrder, now: number): number => (now - since) / 1000
