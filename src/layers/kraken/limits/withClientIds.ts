import type { Params } from "../../../domain/endpoints/endpoints.ts"
import type { Claim } from "../../../domain/mandates/claim.ts"

/** Adds the ids with which orders are sent to the spends of a claim. */
export const withClientIds = (claim: Claim, { cl_ord_id, orders }: Params): Claim => {
  const idOf = (index: number): unknown => (Array.isArray(orders) ? Object(orders[index]).cl_ord_id : cl_ord_id)
  return {
    ...claim,
    spends: claim.spends.map((spend) => {
      const { order } = spend
      const id = order === undefined || spend.raises !== undefined ? undefined : idOf(order.index)
      return order === undefined || typeof id !== "string" ? spend : { ...spend, order: { ...order, cl_ord_id: id } }
    })
  }
}
