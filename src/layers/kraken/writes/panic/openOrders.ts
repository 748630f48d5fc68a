import { Option, Schema } from "effect"
import { OrderRow } from "../../../../domain/orders/orderMatch.ts"
import type { OpenOrder } from "./panicParts.ts"

/** Fields that are not named are kept. */
const others = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const Row = Schema.Struct(
  {
    cl_ord_id: Schema.optional(Schema.NullOr(Schema.String)),
    refid: Schema.optional(Schema.NullOr(Schema.String)),
    descr: Schema.Struct({ ordertype: Schema.String }, others)
  },
  others
)

const decodeRow = Schema.decodeUnknownOption(OrderRow)

const decodeOpen = Schema.decodeUnknownOption(
  Schema.Struct({ open: Schema.Record({ key: Schema.String, value: Row }) })
)

/** Decodes the open orders in an answer of `OpenOrders`. None if it has an unknown form. */
export const decodeOpenOrders = (result: unknown): Option.Option<ReadonlyArray<OpenOrder>> =>
  Option.map(decodeOpen(result), ({ open }) => ordersIn(open))

const ordersIn = (open: Readonly<Record<string, typeof Row.Type>>): ReadonlyArray<OpenOrder> =>
  Object.entries(open).map(([txid, row]) => ({
    txid,
    clOrdId: row.cl_ord_id ?? undefined,
    parent: row.refid ?? undefined,
    ordertype: row.descr.ordertype,
    row: Option.getOrUndefined(decodeRow(row))
  }))
