import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import {
  Amount,
  optionalAmount,
  optionalBoolean,
  optionalNumber,
  optionalSeconds,
  optionalText,
  optionalTexts
} from "../kit/answerFields.ts"
import * as Rows from "../kit/rows.ts"

/** An order in an answer. `price` is the price of the order, as in a request. Kraken's `price` is named `avg_price`. */
export const Order = Schema.Struct({
  txid: Schema.String,
  pair: Schema.String,
  pair_id: Schema.String,
  status: Schema.String,
  reason: optionalText,
  type: optionalText,
  ordertype: optionalText,
  price: optionalAmount,
  price2: optionalAmount,
  leverage: optionalAmount,
  close: optionalText,
  vol: Amount,
  vol_exec: Amount,
  avg_price: optionalAmount,
  cost: optionalAmount,
  fee: optionalAmount,
  stopprice: optionalAmount,
  limitprice: optionalAmount,
  trigger: optionalText,
  margin: optionalBoolean,
  misc: optionalText,
  oflags: optionalText,
  time_in_force: optionalText,
  userref: optionalNumber,
  cl_ord_id: optionalText,
  refid: optionalText,
  sender_sub_id: optionalText,
  opentm: optionalSeconds,
  starttm: optionalSeconds,
  expiretm: optionalSeconds,
  closetm: optionalSeconds,
  trades: optionalTexts
})

const unset = ["price", "price2", "avg_price", "cost", "fee", "stopprice", "limitprice", "starttm", "expiretm"]

/** Makes the function that flattens Kraken's order, which has the terms of the order in `descr`. */
export const toOrder =
  (pair: (id: string) => string) =>
  ({ descr, price, ...rest }: OrderRow) =>
    Rows.compact(
      { ...rest, ...descr, pair: pair(descr.pair), pair_id: descr.pair, avg_price: price },
      { zeros: unset, none: ["leverage", "refid"] }
    )

type OrderRow = Result<"private/QueryOrders">[string] & { readonly txid: string }

/** A trade in an answer. Fields from `posstatus` on are present if it opened or closed a position. */
export const Trade = Schema.Struct({
  txid: Schema.String,
  ordertxid: optionalText,
  postxid: optionalText,
  pair: Schema.String,
  pair_id: Schema.String,
  time: optionalSeconds,
  type: optionalText,
  ordertype: optionalText,
  tradeordertype: optionalText,
  price: Amount,
  vol: Amount,
  cost: Amount,
  fee: optionalAmount,
  margin: optionalAmount,
  leverage: optionalAmount,
  maker: optionalBoolean,
  misc: optionalText,
  trade_id: optionalNumber,
  ledgers: optionalTexts,
  posstatus: optionalText,
  cprice: optionalAmount,
  ccost: optionalAmount,
  cfee: optionalAmount,
  cvol: optionalAmount,
  cmargin: optionalAmount,
  net: optionalAmount,
  trades: optionalTexts
})

export const toTrade = (pair: (id: string) => string) => (row: TradeRow) =>
  Rows.compact({ ...row, pair: pair(row.pair), pair_id: row.pair }, { zeros: ["margin", "leverage"] })

type TradeRow = Result<"private/QueryTrades">[string] & { readonly txid: string }

/** A margin position in an answer. With `consolidation`, one row without id has all positions of a pair. */
export const Position = Schema.Struct({
  txid: optionalText,
  ordertxid: optionalText,
  positions: optionalAmount,
  posstatus: optionalText,
  pair: Schema.String,
  pair_id: Schema.String,
  time: optionalSeconds,
  type: optionalText,
  ordertype: optionalText,
  leverage: optionalAmount,
  vol: Amount,
  vol_closed: optionalAmount,
  cost: optionalAmount,
  fee: optionalAmount,
  margin: optionalAmount,
  value: optionalAmount,
  net: optionalAmount,
  terms: optionalText,
  rollovertm: optionalSeconds,
  misc: optionalText,
  oflags: optionalText
})

/** One revision of an order in its history of amends. */
export const Amend = Schema.Struct({
  amend_id: optionalText,
  amend_type: optionalText,
  order_qty: optionalAmount,
  display_qty: optionalAmount,
  remaining_qty: optionalAmount,
  limit_price: optionalAmount,
  trigger_price: optionalAmount,
  post_only: optionalBoolean,
  reason: optionalText,
  timestamp: Amount
})

/** An order of any trader in the level 3 book. */
export const BookOrder = Schema.Struct({ price: Amount, qty: Amount, order_id: Schema.String, timestamp: Amount })

/** Kraken's description of an order, in words. */
export const OrderDescription = Schema.Struct({ order: optionalText, close: optionalText })
