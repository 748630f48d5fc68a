import { Effect } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { clockDoubt, OrderRow } from "../../../domain/orders/orderMatch.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import { closedOrders, maximumClosed, openOrders } from "../orders/orderLists.ts"
import type { ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/**
 * Reads open orders and those that were opened or closed since the attempt, with the time at which it left. Open orders
 * are read first, so that an order that closes between the two reads is listed as closed. With a filter by an id that
 * this server generated, orders of all times are read. Fails if more than 1000 orders were closed since.
 */
export const ordersSince = Effect.fnUntraced(function* (
  context: ProcedureContext,
  { departure }: UnconfirmedWrite,
  filter: Params,
  hasOwnId = false
) {
  const open = yield* openOrders(context, filter)
  const start = hasOwnId ? undefined : Math.floor((yield* departure.timing).earliest) - clockDoubt
  const closed = yield* closedOrders(context, OrderRow, { ...filter, start, closetime: "both" })
  if (!closed.isComplete) {
    const reason = `more than ${maximumClosed} orders were closed since`
    return yield* new KrakenUnavailable({ endpoint: "private/ClosedOrders", reason })
  }
  return { rows: [...open, ...closed.rows], time: yield* departure.timing }
})
