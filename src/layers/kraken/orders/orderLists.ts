import { Effect, Schema } from "effect"
import type { Params } from "../../../domain/endpoints/endpoints.ts"
import { OrderRow } from "../../../domain/orders/orderMatch.ts"
import type { CallOptions, KrakenClient } from "../../../services/KrakenClient.ts"

/** The client by which orders are read. */
export interface OrderSource {
  readonly kraken: typeof KrakenClient.Service
}

/** An order as Kraken lists it. */
export interface Listed<Row = OrderRow> {
  readonly txid: string
  readonly row: Row
}

const rowsOf = <Row, Encoded>(row: Schema.Schema<Row, Encoded>) => Schema.Record({ key: Schema.String, value: row })

const settlement: CallOptions = { priority: "settlement" }

/**
 * Rows of one page of `ClosedOrders`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-closed-orders read 2026-08-17
 */
const pageSize = 50

/** Pages of `ClosedOrders` that are read at most. */
const maximumPages = 20

/** Closed orders that are read at most. */
export const maximumClosed = pageSize * maximumPages

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
export const openOrders = (context: OrderSource, filter: Params) => openOrdersAs(context, OrderRow, filter)

/** The same, with the fields of `row`. */
export const openOrdersAs = <Row, Encoded>(
  context: OrderSource,
  row: Schema.Schema<Row, Encoded>,
  filter: Params,
  options: CallOptions = settlement
) =>
  context.kraken.read("private/OpenOrders", filter, options).pipe(
    Effect.flatMap(Schema.decodeUnknown(Schema.Struct({ open: rowsOf(row) }))),
    Effect.map(({ open }) => toListed(open))
  )

/**
 * Reads closed orders, page by page, newest first. `isComplete` is false if there are more than 1000, or if `isEnough` said
 * that the rows read so far suffice.
 */
export const closedOrders = Effect.fnUntraced(function* <Row, Encoded>(
  context: OrderSource,
  row: Schema.Schema<Row, Encoded>,
  filter: Params,
  { isEnough = () => false, options = settlement }: ClosedOptions<Row> = {}
) {
  const decode = Schema.decodeUnknown(Schema.Struct({ closed: rowsOf(row) }))
  const rows: Array<Listed<Row>> = []
  for (let page = 0; page < maximumPages; page++) {
    const params = { ...filter, ofs: page * pageSize }
    const { closed } = yield* Effect.flatMap(context.kraken.read("private/ClosedOrders", params, options), decode)
    const listed = toListed(closed)
    rows.push(...listed)
    if (listed.length < pageSize) return { rows, isComplete: true }
    if (isEnough(rows)) break
  }
  return { rows, isComplete: false }
})

interface ClosedOptions<Row> {
  readonly isEnough?: (rows: ReadonlyArray<Listed<Row>>) => boolean
  readonly options?: CallOptions
}

const queryOrders = <Row, Encoded>(
  context: OrderSource,
  row: Schema.Schema<Row, Encoded>,
  txids: ReadonlyArray<string>,
  { options = settlement, ...more }: QueryOptions = {}
) =>
  context.kraken
    .read("private/QueryOrders", { txid: txids.join(","), ...more }, options)
    .pipe(Effect.flatMap(Schema.decodeUnknown(rowsOf(row))), Effect.map(toListed))

/** Reads one order by its id. */
export const orderById = (context: OrderSource, txid: string) =>
  Effect.map(queryOrders(context, OrderRow, [txid]), (rows) => rows.find((listed) => listed.txid === txid))

interface QueryOptions {
  /** Adds the ids of each order's trades. */
  readonly trades?: true
  readonly options?: CallOptions
}

/**
 * Reads orders by their ids and leaves out those that Kraken does not know. One unknown id makes Kraken refuse the whole
 * request, so the ids are then read one by one.
 */
export const ordersById = (context: OrderSource, txids: ReadonlyArray<string>) => ordersByIdAs(context, OrderRow, txids)

/** The same, with the fields of `row`. */
export const ordersByIdAs = Effect.fnUntraced(function* <Row, Encoded>(
  context: OrderSource,
  row: Schema.Schema<Row, Encoded>,
  txids: ReadonlyArray<string>,
  options: QueryOptions = {}
) {
  const orders: Array<Listed<Row>> = []
  const read = (ids: ReadonlyArray<string>) => queryOrders(context, row, ids, options)
  for (let from = 0; from < txids.length; from += maximumIds) {
    const ids = txids.slice(from, from + maximumIds)
    const known = (ids: ReadonlyArray<string>, otherwise: ReturnType<typeof read>) =>
      Effect.catchTag(read(ids), "KrakenOrderError", () => otherwise)
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
