import { Effect } from "effect"
import type { Params, WriteEndpoint } from "../../../domain/endpoints/endpoints.ts"
import type { NoRoom } from "../../../domain/mandates/room.ts"
import { makeBoundedMap } from "../../caching/boundedMap.ts"
import type { ReadBack } from "./readBack.ts"

/** The most orders named by cancels that are remembered, and the most characters of their ids. */
const mostCancelled = 10_000
const longestId = 40

/** Keeps the ids of orders that cancels have named. These nearly always make room once they are read back. */
export const makeCancelledOrders = (readBack: ReadBack) => {
  /** The ids of orders that cancels have named since they were read back. Nearly always these have ended. */
  const cancelled = makeBoundedMap<string, true>(mostCancelled)

  /** Notes the ids in the parameters of a cancel. */
  const noteCancelled = ({ cl_ord_id, cl_ord_ids, orders, txid }: Params) => {
    const ids = [txid, cl_ord_id, orders, cl_ord_ids].flat().filter((id) => typeof id === "string")
    for (const id of ids.flatMap((names) => names.split(",")))
      if (id.length <= longestId) cancelled.set(id.trim(), true)
  }

  /** Reads back the orders that cancels have named and that can make room for a write. Returns false if there are none. */
  const readCancelled = Effect.fnUntraced(function* (refusal: NoRoom, endpoint: WriteEndpoint) {
    const scope = readBackFor(refusal)
    if (scope === undefined || cancelled.keys().next().done === true) return false
    const read = new Set<string>()
    const wereRead = yield* readBack(scope, endpoint, ({ order, parentTxid, txid }) => {
      const ids = [txid, parentTxid, order?.cl_ord_id].filter((id) => id !== undefined)
      const named = ids.filter((id) => cancelled.get(id) !== undefined)
      for (const id of named) read.add(id)
      return named.length > 0
    })
    for (const id of read) cancelled.delete(id)
    return wereRead
  })

  return { noteCancelled, readCancelled }
}

/** The callers whose orders can make room for a write that was refused. Undefined if none can. */
export const readBackFor = (refusal: NoRoom): "own" | "everyone" | undefined => {
  if (refusal._tag !== "Limit" || refusal.limit === "rate") return undefined
  return refusal.layer === "server" ? "everyone" : "own"
}
