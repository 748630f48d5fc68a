import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { OrderRow } from "../../../domain/orders/orderMatch.ts"

/** The orders that a cancel names. */
export interface CancelTargets {
  readonly ids: ReadonlyArray<OrderId>
  /** Matches the open orders that the cancel names by something that several orders can share. */
  readonly group?: Group
}

/** Tells whether a cancel names an order, if that order was open when the cancel was sent. */
export type Group = (row: OrderRow) => boolean

/** The `txid` or the `cl_ord_id` of one order. */
export interface OrderId {
  readonly field: "txid" | "cl_ord_id"
  readonly id: string
}

export const targetsOfCancelOrder = ({ cl_ord_id, txid }: Params): CancelTargets =>
  cl_ord_id === undefined ? targetsOfNames(String(txid).split(",")) : { ids: [clientId(cl_ord_id)] }

export const targetsOfCancelBatch = ({ cl_ord_ids, orders }: Params): CancelTargets => {
  const { ids, ...group } = targetsOfNames(texts(orders))
  return { ids: [...ids, ...texts(cl_ord_ids).map(clientId)], ...group }
}

export const targetsOfCancelAll: CancelTargets = { ids: [], group: () => true }

/**
 * Makes a group of the orders that are named by a `cl_ord_id`. An order that was placed after the first one was closed can
 * bear the same `cl_ord_id`.
 */
export const withoutClientIds = ({ group, ids }: CancelTargets): CancelTargets => {
  const clientIds = new Set(ids.filter(({ field }) => field === "cl_ord_id").map(({ id }) => id))
  if (clientIds.size === 0) return { ids, ...(group && { group }) }
  return {
    ids: ids.filter(({ field }) => field === "txid"),
    group: (row) => clientIds.has(String(row.cl_ord_id)) || group?.(row) === true
  }
}

/**
 * Reads names of orders. Whole numbers are userrefs, and other names are txids.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-order read 2026-08-17
 */
const targetsOfNames = (names: ReadonlyArray<string>): CancelTargets => {
  const trimmed = names.map((name) => name.trim())
  const isUserref = (name: string) => /^-?\d+$/.test(name)
  // In the spelling of the lists, which have 7 for 007.
  const userrefs = new Set(trimmed.filter(isUserref).map((name) => String(BigInt(name))))
  const ids = trimmed.filter((name) => !isUserref(name)).map((id): OrderId => ({ field: "txid", id }))
  return userrefs.size === 0 ? { ids } : { ids, group: ({ userref }) => userrefs.has(String(userref)) }
}

const clientId = (id: unknown): OrderId => ({ field: "cl_ord_id", id: String(id) })

const texts = (list: unknown): ReadonlyArray<string> => (Array.isArray(list) ? list.map(String) : [])
