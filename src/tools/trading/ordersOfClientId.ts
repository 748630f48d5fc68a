import { Effect, Schema } from "effect"
import { endpoints, type Params, type ReadEndpoint } from "../../domain/endpoints/endpoints.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { KrakenUnavailable } from "../../services/KrakenErrors.ts"
import { PermissionCache } from "../../services/PermissionCache.ts"
import * as Rows from "../kit/rows.ts"

interface Options {
  readonly trades?: boolean
  readonly userref?: number
  readonly consolidate_taker?: boolean
  readonly rebase_multiplier?: string
}

/**
 * Reads the open orders with an own id, or else the closed ones. Kraken does not look orders up by it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-orders-info read 2026-08-17
 */
export const ordersOfClientId = Effect.fn("Tool.query_orders")(function* (
  cl_ord_id: string,
  { consolidate_taker, rebase_multiplier, trades, userref }: Options
) {
  const params = Rows.compact({ cl_ord_id, trades, userref, rebase_multiplier })
  const { open } = yield* read("private/OpenOrders", params)
  if (Object.keys(open).length > 0) return { result: open, extra: {} }
  const { closed } = yield* read("private/ClosedOrders", Rows.compact({ ...params, consolidate_taker }))
  const missing = { missing: [cl_ord_id], note: "missing has no rows. No order of this account has this cl_ord_id." }
  return { result: closed, extra: Object.keys(closed).length === 0 ? missing : {} }
})

const read = Effect.fnUntraced(function* <E extends ReadEndpoint>(endpoint: E, params: Params) {
  const keys = yield* PermissionCache
  yield* keys.require(endpoint, endpoints[endpoint].permissions)
  const kraken = yield* KrakenClient
  return yield* Effect.mapError(
    Schema.decodeUnknown(endpoints[endpoint].result)(yield* kraken.read(endpoint, params)),
    () => new KrakenUnavailable({ endpoint, reason: "the orders do not have the documented shape" })
  )
})
