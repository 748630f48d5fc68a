import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { clockDoubt, OrderRow, OrderRows } from "../../../domain/orders/orderMatch.ts"
import { KrakenUnavailable } from "../../../services/KrakenErrors.ts"
import type { ProcedureContext, UnconfirmedWrite } from "./writeProcedure.ts"

/** An order as Kraken lists it. */
export interface Listed<Row = OrderRow> {
  readonly txid: string
  readonly row: Row
}

const decodeOpen = Schema.decodeUnknown(Schema.Struct({ open: OrderRows }))
const decodeQueried = Schema.decodeUnknown(OrderRows)

const settlement = { priority: "settlement" } as const

/**
 * Rows of one page of `ClosedOrders`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-closed-orders read 2026-08-17
 */
const pageSize = 50

/** Pages of `ClosedOrders` that are read at most. */
const maximumPages = 20

/**
 * Orders that one `QueryOrders` and one `CancelOrderBatch` take at most.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-orders-info read 2026-08-17
 * @see https://docs.kraken.com/api/docs/rest-api/cancel-order-batch read 2026-08-17
 */
export const maximumIds = 50

const toListed = <Row>(rows: { readonly [txid: string]: Row }) =>
  Object.entries(rows).map(([txid, row]): Listed<Row> => ({ txid, row }))

/** Reads the open orders of the account that pass a filter. Kraken lists all of them in one answer. */
export const openOrders = (context: ProcedureContext, filter: Params) =>
  Effect.map(Effect.flatMap(context.kraken.read("private/OpenOrders", filter, settlement), decodeOpen), ({ open }) =>
    toListed(open)
  )

/** Reads closed orders, page by page. `isComplete` is false if there are more than 1000. */
export const closedOrders = Effect.fnUntraced(function* <Row, Encoded>(
  context: ProcedureContext,
  row: Schema.Schema<Row, Encoded>,
  filter: Params
) {
  const decode = Schema.decodeUnknown(Schema.Struct({ closed: Schema.Record({ key: Schema.String, value: row }) }))
  const rows: Array<Listed<Row>> = []
  for (let page = 0; page < maximumPages; page++) {
    const params = { ...filter, ofs: page * pageSize }
    const { closed } = yield* Effect.flatMap(context.kraken.read("private/ClosedOrders", params, settlement), decode)
    const listed = toListed(closed)
    rows.push(...listed)
    if (listed.length < pageSize) return { rows, isComplete: true }
  }
  return { rows, isComplete: false }
})

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
    const reason = `more than ${maximumPages * pageSize} orders were closed since`
    return yield* new KrakenUnavailable({ endpoint: "private/ClosedOrders", reason })
  }
  return { rows: [...open, ...closed.rows], time: yield* departure.timing }
})

const queryOrders = (context: ProcedureContext, txids: ReadonlyArray<string>) =>
  context.kraken
    .read("private/QueryOrders", { txid: txids.join(",") }, settlement)
    .pipe(Effect.flatMap(decodeQueried), Effect.map(toListed))

/** Reads one order by its id. */
export const orderById = (context: ProcedureContext, txid: string) =>
  Effect.map(queryOrders(context, [txid]), (rows) => rows.find((listed) => listed.txid === txid))

/**
 * Reads orders by their ids and leaves out those that Kraken does not know. One unknown id makes Kraken refuse the whole
 * request, so the ids are then read one by one.
 */
export const ordersById = Effect.fnUntraced(function* (context: ProcedureContext, txids: ReadonlyArray<string>) {
  const orders: Array<Listed> = []
  for (let from = 0; from < txids.length; from += maximumIds) {
    const ids = txids.slice(from, from + maximumIds)
    const known = (ids: ReadonlyArray<string>, otherwise: ReturnType<typeof queryOrders>) =>
      Effect.catchTag(queryOrders(context, ids), "KrakenOrderError", () => otherwise)
    const oneByOne = Effect.forEach(ids, (id) => known([id], Effect.succeed([])))
    orders.push(
      ...(yield* known(
        ids,
        Effect.map(oneByOne, (rows) => rows.flat())
      ))
    )
  }
  return orders
})
