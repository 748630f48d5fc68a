import { Effect, Either, Option } from "effect"
import type { Fault } from "../../domain/orders/fault.ts"
import { clientIdFaults } from "../../domain/orders/fieldRules.ts"
import type { Pair } from "../../domain/assets/model.ts"
import { convertSize, isPlainSize, sizeFactsNeeded, sizeFaults } from "../../domain/orders/orderSize.ts"
import type { Close, Terms } from "../../domain/orders/orders.ts"
import type { Now } from "../../domain/orders/orderTimes.ts"
import type { Known } from "../kit/steps.ts"

/** Lists the faults that depend on Kraken's time and, if the pair is known, on the pair. The input has passed `rules`. */
export const factFaults = <A extends { readonly pair?: string }>(
  input: A,
  { directory, now }: Known,
  timeFaults: (input: A, now: Now) => ReadonlyArray<Fault>,
  pairFaults: (input: A, pair: Pair) => ReadonlyArray<Fault>
): ReadonlyArray<Fault> => {
  const pair = input.pair === undefined ? undefined : directory.findPair(input.pair)
  return [...timeFaults(input, now), ...(pair === undefined ? [] : pairFaults(input, pair))]
}

/** The terms by which an order is checked, and its faults without those that wait until its size is known. */
interface Checkable {
  readonly terms: Terms
  readonly select: (faults: ReadonlyArray<Fault>) => ReadonlyArray<Fault>
}

/**
 * Makes the terms by which an order is checked before its size is resolved. A cost at a limit price is converted here. For
 * a size that depends on the account or the book, one unit stands in, and faults of the volume are left to the writer.
 */
export const checkable = (
  { cost, ...order }: Omit<Terms, "volume"> & { readonly volume?: string; readonly cost?: string },
  pair?: Pair
): Checkable => {
  const sized = { ...order, ...(cost !== undefined && { cost }) }
  const { volume } = order
  if (volume !== undefined && isPlainSize(sized)) return { terms: { ...order, volume }, select: (faults) => faults }
  const { book, free } = sizeFactsNeeded(sized)
  const converted =
    pair === undefined || book || free !== undefined || sizeFaults(sized).length > 0
      ? undefined
      : Option.getOrUndefined(Either.getRight(convertSize(sized, { pair, quoteDecimals: pair.costDecimals })))
  if (converted === undefined)
    return {
      terms: { ...order, volume: "1" },
      select: (faults) => faults.filter(({ path }) => path !== "volume" && path !== "displayvol")
    }
  const flags = [...(order.oflags ?? []), ...(converted.inQuote ? ["viqc"] : [])]
  return {
    terms: { ...order, volume: converted.volume, ...(flags.length > 0 && { oflags: flags }) },
    select: (faults) =>
      faults.map(({ fault, path }) => ({ path: path === "volume" && cost !== undefined ? "cost" : path, fault }))
  }
}

export interface FlatClose {
  readonly close_ordertype?: Close["ordertype"]
  readonly close_price?: string
  readonly close_price2?: string
}

/** Nests the flat fields of a close as Kraken expects them. */
export const nestClose = <A extends FlatClose>({ close_ordertype, close_price, close_price2, ...order }: A) => ({
  ...order,
  ...(close_ordertype !== undefined && {
    close: {
      ordertype: close_ordertype,
      ...(close_price !== undefined && { price: close_price }),
      ...(close_price2 !== undefined && { price2: close_price2 })
    }
  })
})

/** Lists the faults of a first check, and only if it has none those of a second one. */
export const unlessFaulty = <E, R>(
  first: ReadonlyArray<Fault>,
  second: Effect.Effect<ReadonlyArray<Fault>, E, R>
): Effect.Effect<ReadonlyArray<Fault>, E, R> => (first.length > 0 ? Effect.succeed(first) : second)

/** Moves the faults of a nested close to the flat fields that the caller gave. */
export const flattenPaths = (faults: ReadonlyArray<Fault>): ReadonlyArray<Fault> =>
  faults.map(({ fault, path }) => ({ path: path.replace(/^close\./, "close_"), fault }))

/** Refuses prices of a close without its type. */
export const closeFaults = ({ close_ordertype, close_price, close_price2 }: FlatClose): ReadonlyArray<Fault> =>
  close_ordertype === undefined && (close_price ?? close_price2) !== undefined
    ? [{ path: "close_ordertype", fault: "is missing: close_price and close_price2 have no effect without it" }]
    : []

/** Writes the warning that Kraken shows no conditional close for `which`, although one was requested. */
export const noCloseWarning = (which: string, isCheck: boolean): string =>
  `Kraken shows no conditional close for ${which}, although one was requested. ${
    isCheck
      ? "Do not rely on one if you place it."
      : "It might be open without one: see query_orders, and if so place the closing order yourself."
  }`

/** Checks that exactly one of `txid` and `cl_ord_id` is given. */
export const cancelFaults = (order: { readonly txid?: string; readonly cl_ord_id?: string }): ReadonlyArray<Fault> => {
  const given = [order.txid, order.cl_ord_id].filter((id) => id !== undefined).length
  if (given === 1) return clientIdFaults(order.cl_ord_id)
  return [{ path: "txid", fault: given === 0 ? "is missing: give it or cl_ord_id" : "can't be given with cl_ord_id" }]
}

interface Ids {
  readonly orders?: ReadonlyArray<string>
  readonly cl_ord_ids?: ReadonlyArray<string>
}

/** Checks that 1 to 50 ids are given. */
export const cancelBatchFaults = ({ cl_ord_ids = [], orders = [] }: Ids): ReadonlyArray<Fault> => {
  const count = orders.length + cl_ord_ids.length
  if (count === 0) return [{ path: "orders", fault: "is missing, and so is cl_ord_ids: give at least one id" }]
  if (count > 50) return [{ path: "orders", fault: `must hold at most 50 ids with cl_ord_ids, got ${count}` }]
  return cl_ord_ids.flatMap((id, i) => clientIdFaults(id).map(({ fault }) => ({ path: `cl_ord_ids.${i}`, fault })))
}
