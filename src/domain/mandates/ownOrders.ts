import type { OpenSpend } from "./room.ts"

/** The ids of a listed order that show whose it is. */
export interface OrderIds {
  readonly txid: string
  /** The order whose fills made it. */
  readonly refid?: string | number | null | undefined
  readonly cl_ord_id?: string | number | null | undefined
}

/** Lists the ids by which the record knows the callers of orders. */
export const idsOfOwners = (orders: ReadonlyArray<OrderIds>): ReadonlyArray<string> => [
  ...new Set(orders.flatMap(({ refid, txid }) => (typeof refid === "string" ? [txid, refid] : [txid])))
]

/**
 * Selects the orders of a caller: those that the record has, those that their fills made, and those of open spends whose id
 * is not known yet, by the `cl_ord_id`. A `cl_ord_id` shows nothing else: others can use it again once its order is closed.
 */
export const selectOwn = <A extends OrderIds>(
  orders: ReadonlyArray<A>,
  ownIds: ReadonlySet<string>,
  spends: ReadonlyArray<OpenSpend>
): ReadonlyArray<A> => {
  const unnamed = new Set(spends.flatMap(({ order, txid }) => (txid === undefined ? (order?.cl_ord_id ?? []) : [])))
  const has = (ids: ReadonlySet<string>, id: unknown) => typeof id === "string" && ids.has(id)
  const placed = orders.filter(({ cl_ord_id, txid }) => ownIds.has(txid) || has(unnamed, cl_ord_id))
  const parents = new Set([...ownIds, ...placed.map(({ txid }) => txid)])
  return orders.filter((order) => placed.includes(order) || has(parents, order.refid))
}
