import { Schema } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import {
  Amount,
  Time,
  optionalAmount,
  optionalBoolean,
  optionalNumber,
  optionalTime,
  optionalText,
  optionalTexts
} from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { namingOnly } from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

/** The fields of every order. */
const orderNames = { txid: Schema.String, pair: Schema.String, status: Schema.String, vol: Amount, vol_exec: Amount }

/** An order in an answer. `price` is the price of the order, as in a request. Kraken's `price` is named `avg_price`. */
export const Order = Schema.Struct({
  ...orderNames,
  vol_in: optionalText,
  pair_id: optionalText,
  reason: optionalText,
  type: optionalText,
  ordertype: optionalText,
  price: optionalAmount,
  price2: optionalAmount,
  leverage: optionalAmount,
  close: optionalText,
  remaining: optionalAmount,
  value: optionalAmount,
  last: optionalAmount,
  distance_percent: optionalAmount,
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
  opentm: optionalTime,
  starttm: optionalTime,
  expiretm: optionalTime,
  closetm: optionalTime,
  trades: optionalTexts
}).annotations(namingOnly(orderNames))

const unset = ["price", "price2", "avg_price", "cost", "fee", "stopprice", "limitprice", "starttm", "expiretm"]

/** Makes the function that flattens Kraken's order, which has the terms of the order in `descr`. */
export const toOrder =
  (pair: (id: string) => string) =>
  ({ descr, price, ...rest }: OrderRow) => {
    const display = pair(descr.pair)
    return Rows.compact(
      { ...rest, ...descr, pair: display, pair_id: descr.pair, vol_in: quoteUnit(rest, display), avg_price: price },
      { zeros: unset, none: ["leverage", "refid"] }
    )
  }

/** Names the quote asset of an order whose volumes are in it (`viqc`). Undefined for other orders: they are in base. */
export const quoteUnit = ({ oflags }: { readonly oflags?: string }, pair: string): string | undefined =>
  oflags?.split(",").includes("viqc") === true ? pair.split("/")[1] : undefined

type OrderRow = Result<"private/QueryOrders">[string] & { readonly txid: string }

type FlatOrder = ReturnType<ReturnType<typeof toOrder>>

const orderForm = {
  amounts: ["price", "price2", "vol", "vol_exec", "avg_price", "cost", "fee", "stopprice", "limitprice"],
  times: ["opentm", "starttm", "expiretm", "closetm"],
  rest: ["pair_id", "margin", "misc", "refid", "sender_sub_id"]
} as const

/** The order flag and the time in force of an order that has no others. */
const usual = { oflags: "fciq", time_in_force: "GTC" }

/** Makes rows of orders. Short ones leave out the usual order flag and time in force. */
export const orderRows = (orders: ReadonlyArray<FlatOrder>, input: Detail.Wanted) =>
  Detail.isFull(input)
    ? orders
    : orders.map((order) => {
        const { oflags, time_in_force, ...row } = Detail.shortened(order, orderForm)
        return {
          ...row,
          ...(oflags !== usual.oflags && Rows.compact({ oflags })),
          ...(time_in_force !== usual.time_in_force && Rows.compact({ time_in_force }))
        }
      })

const orderColumns = [
  "txid",
  "pair",
  "type",
  "ordertype",
  "price",
  "price2",
  "leverage",
  "vol",
  "vol_exec",
  "vol_in",
  "avg_price",
  "cost",
  "fee",
  "status",
  "closetm",
  "reason",
  "userref",
  "trades"
]

/** Makes the table of closed orders of a short answer. */
export const orderTable = (orders: ReadonlyArray<FlatOrder>) => Detail.table(orders, orderColumns, orderForm)

/** The fields of every trade. */
const tradeNames = { txid: Schema.String, pair: Schema.String, price: Amount, vol: Amount, cost: Amount }

/** A trade in an answer. Fields from `posstatus` on are present if it opened or closed a position. */
export const Trade = Schema.Struct({
  ...tradeNames,
  ordertxid: optionalText,
  postxid: optionalText,
  pair_id: optionalText,
  time: optionalTime,
  type: optionalText,
  ordertype: optionalText,
  tradeordertype: optionalText,
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
}).annotations(namingOnly(tradeNames))

export const toTrade = (pair: (id: string) => string) => (row: TradeRow) =>
  Rows.compact({ ...row, pair: pair(row.pair), pair_id: row.pair }, { zeros: ["margin", "leverage"] })

type TradeRow = Result<"private/QueryTrades">[string] & { readonly txid: string }

type FlatTrade = ReturnType<ReturnType<typeof toTrade>>

const tradeForm = {
  amounts: ["price", "vol", "cost", "fee", "margin", "leverage", "cprice", "ccost", "cfee", "cvol", "cmargin", "net"],
  times: ["time"],
  rest: ["pair_id", "postxid", "tradeordertype", "trade_id", "misc"]
} as const

export const tradeRows = (trades: ReadonlyArray<FlatTrade>, input: Detail.Wanted) =>
  Detail.rows(trades, tradeForm, input)

const tradeColumns = [
  "txid",
  "ordertxid",
  "pair",
  "time",
  "type",
  "price",
  "vol",
  "cost",
  "fee",
  "maker",
  "leverage",
  "posstatus",
  "net",
  "ledgers",
  "trades"
]

/** Makes the table of trades of a short answer. */
export const tradeTable = (trades: ReadonlyArray<FlatTrade>) => Detail.table(trades, tradeColumns, tradeForm)

/** A margin position in an answer. With `consolidation`, one row without id has all positions of a pair. */
export const Position = Schema.Struct({
  txid: optionalText,
  ordertxid: optionalText,
  positions: optionalAmount,
  posstatus: optionalText,
  pair: Schema.String,
  pair_id: optionalText,
  time: optionalTime,
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
  rollovertm: optionalTime,
  misc: optionalText,
  oflags: optionalText
})

export const positionForm = {
  amounts: ["vol", "vol_closed", "cost", "fee", "margin", "value", "net", "leverage"],
  times: ["time", "rollovertm"],
  rest: ["pair_id", "misc", "oflags"]
} as const

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
  timestamp: Time
})

/** An order of any trader in the level 3 book. */
export const BookOrder = Schema.Struct({ price: Amount, qty: Amount, order_id: Schema.String, timestamp: Time })

/** Kraken's description of an order, in words. */
export const OrderDescription = Schema.Struct({ order: optionalText, close: optionalText })
