import { type Endpoint, endpoints, type Params } from "../../../domain/endpoints/endpoints.ts"
import { addCost, changeCost } from "../../../domain/endpoints/rateCosts.ts"
import { cancelled, listOf, pairKey, type RecentOrder, type RecentOrders } from "./recentOrders.ts"

/** The cost of a call on the trading engine's counter of a pair. */
export interface Charge {
  readonly pair: string
  readonly cost: number
  readonly isCancel: boolean
}

/**
 * Returns the costs of a call on the engine's counters at `now` (monotonic, ms). An order of unknown age counts as old.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
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
  switch (endpoints[endpoint].engine) {
    case "add":
      return add(params["pair"], addCost(1, false))
    case "addBatch":
      return add(params["pair"], addCost(listOf(params["orders"]).length, true))
    case "amend":
      return change("amend", params, orders.find(params["txid"] ?? params["cl_ord_id"])[0], now)
    case "edit":
      return change("edit", params, orders.find(params["txid"])[0], now)
    case "cancel":
      return [...new Set(cancelled(params).flatMap(orders.find))].map(cancel)
    case "cancelAll":
      return orders.all().map(cancel)
    case "none":
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
