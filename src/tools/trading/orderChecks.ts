import type { Fault } from "../../domain/orders/fault.ts"
import { clientIdFaults } from "../../domain/orders/fieldRules.ts"
import type { Pair } from "../../domain/assets/model.ts"
import type { Close } from "../../domain/orders/orders.ts"
import type { Now } from "../../domain/orders/orderTimes.ts"
import type { Known } from "../kit/steps.ts"

/** Faults at Kraken's time, and for the pair if that is known, of an input that `rules` has found good. */
export const known = <A extends { readonly pair?: string }>(
  input: A,
  { directory, now }: Known,
  timeFaults: (input: A, now: Now) => ReadonlyArray<Fault>,
  pairFaults: (input: A, pair: Pair) => ReadonlyArray<Fault>
): ReadonlyArray<Fault> => {
  const pair = input.pair === undefined ? undefined : directory.findPair(input.pair)
  return [...timeFaults(input, now), ...(pair === undefined ? [] : pairFaults(input, pair))]
}

interface FlatClose {
  readonly close_ordertype?: Close["ordertype"]
  readonly close_price?: string
  readonly close_price2?: string
}

/** A flat close as Kraken nests it. */
export const nest = <A extends FlatClose>({ close_ordertype, close_price, close_price2, ...order }: A) => ({
  ...order,
  ...(close_ordertype !== undefined && {
    close: {
      ordertype: close_ordertype,
      ...(close_price !== undefined && { price: close_price }),
      ...(close_price2 !== undefined && { price2: close_price2 })
    }
  })
})

/** Faults of a nested close, at the fields that the caller knows. */
export const flat = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.map(({ fault, path }) => ({ path: path.replace(/^close\./, "close_"), fault }))

/** The prices of a close are nothing without its type. */
export const closeFaults = ({ close_ordertype, close_price, close_price2 }: FlatClose): ReadonlyArray<Fault> =>
  close_ordertype === undefined && (close_price ?? close_price2) !== undefined
    ? [{ path: "close_ordertype", fault: "is missing: close_price and close_price2 have no effect without it" }]
    : []

/** The warning that `which` was asked to have a conditional close, and Kraken shows none. */
export const noClose = (which: string, isCheck: boolean): string =>
  `Kraken shows no conditional close for ${which}, although one was asked for. ${
    isCheck
      ? "Do not rely on one if you place it."
      : "It might be open without one: see query_orders, and if so place the closing order yourself."
  }`

/** An order to cancel has one name. */
export const cancelFaults = (order: { readonly txid?: string; readonly cl_ord_id?: string }): ReadonlyArray<Fault> => {
  const given = [order.txid, order.cl_ord_id].filter((id) => id !== undefined).length
  if (given === 1) return clientIdFaults(order.cl_ord_id)
  return [{ path: "txid", fault: given === 0 ? "is missing: give it or cl_ord_id" : "can't be given with cl_ord_id" }]
}

interface Ids {
  readonly orders?: ReadonlyArray<string>
  readonly cl_ord_ids?: ReadonlyArray<string>
}

/** Several orders have 1 to 50 names. */
export const cancelBatchFaults = ({ cl_ord_ids = [], orders = [] }: Ids): ReadonlyArray<Fault> => {
  const count = orders.length + cl_ord_ids.length
  if (count === 0) return [{ path: "orders", fault: "is missing, and so is cl_ord_ids: give at least one id" }]
  if (count > 50) return [{ path: "orders", fault: `must hold at most 50 ids with cl_ord_ids, got ${count}` }]
  return cl_ord_ids.flatMap((id, i) => clientIdFaults(id).map(({ fault }) => ({ path: `cl_ord_ids.${i}`, fault })))
}
