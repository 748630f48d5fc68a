import { Schema } from "effect"
import { flag, maybe, Numeric, numeric, optionalText } from "./results.ts"

/**
 * The terms of an order as it was placed.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17
 */
const Description = Schema.Struct({
  pair: Schema.String,
  type: optionalText,
  ordertype: optionalText,
  price: numeric,
  price2: numeric,
  leverage: numeric,
  close: optionalText
})

/**
 * An order as Kraken lists it. `price` is the average price of its fills; the price that was asked for is in `descr`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-orders read 2026-08-17
 */
export const Order = Schema.Struct({
  descr: Description,
  status: Schema.String,
  reason: optionalText,
  vol: Numeric,
  vol_exec: Numeric,
  price: numeric,
  cost: numeric,
  fee: numeric,
  stopprice: numeric,
  limitprice: numeric,
  trigger: optionalText,
  margin: flag,
  misc: optionalText,
  oflags: optionalText,
  time_in_force: optionalText,
  userref: maybe(Schema.Number),
  cl_ord_id: optionalText,
  refid: optionalText,
  sender_sub_id: optionalText,
  opentm: numeric,
  starttm: numeric,
  expiretm: numeric,
  closetm: numeric,
  trades: maybe(Schema.Array(Schema.String))
})

/**
 * A fill. Fields from `posstatus` on are present if the fill opened or closed a position.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-trade-history read 2026-08-17
 */
export const Trade = Schema.Struct({
  ordertxid: optionalText,
  postxid: optionalText,
  pair: Schema.String,
  time: numeric,
  type: optionalText,
  ordertype: optionalText,
  tradeordertype: optionalText,
  price: Numeric,
  vol: Numeric,
  cost: Numeric,
  fee: numeric,
  margin: numeric,
  leverage: numeric,
  maker: flag,
  misc: optionalText,
  trade_id: maybe(Schema.Number),
  ledgers: maybe(Schema.Array(Schema.String)),
  posstatus: optionalText,
  cprice: numeric,
  ccost: numeric,
  cfee: numeric,
  cvol: numeric,
  cmargin: numeric,
  net: numeric,
  trades: maybe(Schema.Array(Schema.String))
})

/**
 * A margin position, or with `consolidation` all positions of a pair in one row.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-open-positions read 2026-08-17
 */
export const Position = Schema.Struct({
  ordertxid: optionalText,
  positions: numeric,
  posstatus: optionalText,
  pair: optionalText,
  time: numeric,
  type: optionalText,
  ordertype: optionalText,
  leverage: numeric,
  vol: Numeric,
  vol_closed: numeric,
  cost: numeric,
  fee: numeric,
  margin: numeric,
  value: numeric,
  net: numeric,
  terms: optionalText,
  rollovertm: numeric,
  misc: optionalText,
  oflags: optionalText
})

/**
 * One revision of an order in its history of amends.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-order-amends read 2026-08-17
 */
export const Amend = Schema.Struct({
  amend_id: optionalText,
  amend_type: optionalText,
  order_qty: numeric,
  display_qty: numeric,
  remaining_qty: numeric,
  limit_price: numeric,
  trigger_price: numeric,
  post_only: flag,
  reason: optionalText,
  timestamp: Numeric
})

/**
 * An order of any trader in the level 3 book.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-level-3-order-book read 2026-08-17
 */
export const BookOrder = Schema.Struct({
  price: Numeric,
  qty: Numeric,
  order_id: Schema.String,
  timestamp: Numeric
})
