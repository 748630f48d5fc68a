import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { Amount, optional, Seconds } from "../kit/fields.ts"
import * as Rows from "../kit/rows.ts"

const text = optional(Schema.String)
const amount = optional(Amount)
const seconds = optional(Seconds)

/** An order in an answer. `price` is that of the order, as in a request; Kraken's own `price` is `avg_price` here. */
export const Order = Schema.Struct({
  txid: Schema.String,
  pair: Schema.String,
  pair_id: Schema.String,
  status: Schema.String,
  reason: text,
  type: text,
  ordertype: text,
  price: amount,
  price2: amount,
  leverage: amount,
  close: text,
  vol: Amount,
  vol_exec: Amount,
  avg_price: amount,
  cost: amount,
  fee: amount,
  stopprice: amount,
  limitprice: amount,
  trigger: text,
  margin: optional(Schema.Boolean),
  misc: text,
  oflags: text,
  time_in_force: text,
  userref: optional(Schema.Number),
  cl_ord_id: text,
  refid: text,
  sender_sub_id: text,
  opentm: seconds,
  starttm: seconds,
  expiretm: seconds,
  closetm: seconds,
  trades: optional(Schema.Array(Schema.String))
})

const unset = ["price", "price2", "avg_price", "cost", "fee", "stopprice", "limitprice", "starttm", "expiretm"]

/** From Kraken's order, in which `descr` holds what was asked for, to a flat row. */
export const order =
  (pair: (id: string) => string) =>
  ({ descr, price, ...rest }: OrderRow) =>
    Rows.compact(
      { ...rest, ...descr, pair: pair(descr.pair), pair_id: descr.pair, avg_price: price },
      { zeros: unset, none: ["leverage", "refid"] }
    )

type OrderRow = Result<"private/QueryOrders">[string] & { readonly txid: string }

/** A trade in an answer. The fields from `posstatus` on are there when it opened or closed a position. */
export const Trade = Schema.Struct({
  txid: Schema.String,
  ordertxid: text,
  postxid: text,
  pair: Schema.String,
  pair_id: Schema.String,
  time: seconds,
  type: text,
  ordertype: text,
  tradeordertype: text,
  price: Amount,
  vol: Amount,
  cost: Amount,
  fee: amount,
  margin: amount,
  leverage: amount,
  maker: optional(Schema.Boolean),
  misc: text,
  trade_id: optional(Schema.Number),
  ledgers: optional(Schema.Array(Schema.String)),
  posstatus: text,
  cprice: amount,
  ccost: amount,
  cfee: amount,
  cvol: amount,
  cmargin: amount,
  net: amount,
  trades: optional(Schema.Array(Schema.String))
})

export const trade = (pair: (id: string) => string) => (row: TradeRow) =>
  Rows.compact({ ...row, pair: pair(row.pair), pair_id: row.pair }, { zeros: ["margin", "leverage"] })

type TradeRow = Result<"private/QueryTrades">[string] & { readonly txid: string }

/** A margin position in an answer; with `consolidation`, all of a pair in one row without id. */
export const Position = Schema.Struct({
  txid: text,
  ordertxid: text,
  positions: amount,
  posstatus: text,
  pair: Schema.String,
  pair_id: Schema.String,
  time: seconds,
  type: text,
  ordertype: text,
  leverage: amount,
  vol: Amount,
  vol_closed: amount,
  cost: amount,
  fee: amount,
  margin: amount,
  value: amount,
  net: amount,
  terms: text,
  rollovertm: seconds,
  misc: text,
  oflags: text
})

/** One state of an order in its history. */
export const Amend = Schema.Struct({
  amend_id: text,
  amend_type: text,
  order_qty: amount,
  display_qty: amount,
  remaining_qty: amount,
  limit_price: amount,
  trigger_price: amount,
  post_only: optional(Schema.Boolean),
  reason: text,
  timestamp: Amount
})

/** Somebody's order in the book. */
export const BookOrder = Schema.Struct({ price: Amount, qty: Amount, order_id: Schema.String, timestamp: Amount })
