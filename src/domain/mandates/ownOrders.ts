import { clockDoubt, oneSpelling } from "../orders/orderMatch.ts"
import type { OpenSpend } from "./room.ts"

/** The fields of a listed order that show whose it is. */
export interface OrderIds {
  readonly txid: string
  /** The order whose fills made it. */
  readonly refid?: string | number | null | undefined
  readonly cl_ord_id?: string | number | null | undefined
  /** The time at which it was placed, in Unix seconds. */
  readonly opentm?: string | number | null | undefined
  readonly vol?: string | number | null | undefined
  readonly descr?: { readonly type?: string | undefined } | undefined
}

/** Lists the ids by which the record knows the callers of orders. */
export const idsOfOwners = (orders: ReadonlyArray<OrderIds>): ReadonlyArray<string> => [
  ...new Set(orders.flatMap(({ refid, txid }) => (typeof refid === "string" ? [txid, refid] : [txid])))
]

/**
 * Checks that a listed order can be that of an open spend whose id is not known yet. A `cl_ord_id` alone does not show it:
 * callers choose it, so that an older order of others can bear the same one.
 */
export const isPerhapsOf = ({ cl_ord_id, descr, opentm, vol }: OrderIds, { at, order, txid }: OpenSpend): boolean =>
  txid === undefined &&
  order?.cl_ord_id !== undefined &&
  order.cl_ord_id === cl_ord_id &&
  order.type === descr?.type &&
  Number(opentm) >= Math.floor(at / 1000) - clockDoubt &&
  oneSpelling(vol) === oneSpelling(order.volume)

/**
 * Selects the orders of a caller: those that the record has, those that their fills made, and those that can be of open
 * spends whose id is not known yet.
 */
export const selectOwn = <A extends OrderIds>(
  orders: ReadonlyArray<A>,
  ownIds: ReadonlySet<string>,
  spends: ReadonlyArray<OpenSpend>
): ReadonlyArray<A> => {
  const placed = orders.filter((order) => ownIds.has(order.txid) || spends.some((spend) => isPerhapsOf(order, spend)))
  const parents = new Set([...ownIds, ...placed.map(({ txid }) => txid)])
  return orders.filter(
    (order) => placed.includes(order) || (typeof order.refid === "string" && parents.has(order.refid))
  )
}
