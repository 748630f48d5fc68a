import { Effect, Schema, Struct } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import { clientIdFaults } from "../../domain/orders/fieldRules.ts"
import {
  ClientId,
  OrderId,
  Rebase,
  Userref,
  boolean,
  ids,
  list,
  literal,
  optional,
  withDefault
} from "../kit/fields.ts"
import { optionalText } from "../kit/answerFields.ts"
import { PairName } from "../kit/nameFields.ts"
import { end, start } from "../kit/timeFields.ts"
import * as Detail from "../kit/detail.ts"
import { withPrices } from "./openOrderPrices.ts"
import { ordersOfClientId } from "./ordersOfClientId.ts"
import * as Output from "./orderOutput.ts"
import { ofPair } from "./pairFilter.ts"
import { describedElsewhere, unlisted } from "../kit/jsonSchema.ts"
import { LookedUp } from "../kit/lookUp.ts"
import { isUnknownOrder, unknownOrderHints } from "./refusalHints.ts"
import * as Rows from "../kit/rows.ts"
import { aliases, offsetPaging, offsetParams, pageByOffset, pageFromKraken, paged } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const trades = optional(boolean("Add trade ids"))
const consolidate_taker = optional(unlisted(Schema.Boolean))
const without_count = optional(unlisted(Schema.Boolean))
const rebase_multiplier = optional(Rebase)

const onlyPair = optional(PairName.annotations({ description: "Only this pair" }))

export const getOpenOrders = Tool.endpoint("get_open_orders", {
  title: "Open orders",
  description:
    "Open and pending orders, newest first. price is the order's, avg_price that of its fills; remaining in base, value in quote; distance_percent from the last price. Empty, zero and usual fields are left out.",
  endpoint: "private/OpenOrders",
  input: {
    trades,
    userref: optional(Userref),
    cl_ord_id: optional(ClientId),
    rebase_multiplier,
    detail: Detail.detail,
    ...offsetPaging(50, 50)
  },
  aliases,
  params: (input) => Struct.omit(input, "limit", "cursor"),
  live: () => true,
  shape: (result, { input, pair }) => {
    const all = Rows.newestFirst(Rows.keyed(result.open, "txid").map(Output.toOrder(pair)), "opentm")
    const { page, rows } = pageByOffset(all, input)
    return { orders: Output.orderRows(rows, input), ...page }
  },
  supplement: withPrices,
  output: Schema.Struct({ note: optionalText, orders: Schema.Array(Output.Order), ...paged })
})

export const getClosedOrders = Tool.endpoint("get_closed_orders", {
  title: "Closed orders",
  description: "Filled, canceled and expired orders, newest first, with the fields of get_open_orders.",
  endpoint: "private/ClosedOrders",
  input: {
    pair: onlyPair,
    trades,
    userref: optional(Userref),
    cl_ord_id: optional(ClientId),
    start: optional(start),
    end: optional(end),
    closetime: optional(
      Schema.Literal("open", "close", "both").annotations({
        description: "Time of the period (default both)"
      })
    ),
    consolidate_taker,
    without_count,
    rebase_multiplier,
    detail: Detail.detail,
    ...offsetPaging(50, 50)
  },
  aliases,
  params: offsetParams,
  carryOut: ({ pair, ...input }) =>
    pair === undefined ? undefined : ofPair("private/ClosedOrders", { ...input, pair }),
  shape: ({ closed, count }, { input, pair }) => {
    const { page, rows } = pageFound(Rows.keyed(closed, "txid").map(Output.toOrder(pair)), input, count)
    const orders = Rows.newestFirst(rows, "closetm", "opentm")
    if (Detail.isFull(input)) return { orders, ...page }
    const table = Output.orderTable(orders)
    return { columns: table.columns, orders: table.rows, ...page }
  },
  output: Schema.Struct({
    note: optionalText,
    columns: Detail.columns,
    orders: Detail.tableOr(Output.Order),
    ...paged
  })
})

export const queryOrders = Tool.endpoint("query_orders", {
  title: "Orders by id",
  description: "Orders by id, open or recently closed, as in get_open_orders.",
  endpoint: "private/QueryOrders",
  input: {
    txid: optional(ids("order ids", 50)),
    cl_ord_id: optional(ClientId),
    trades,
    userref: optional(Userref),
    consolidate_taker,
    rebase_multiplier,
    detail: Detail.unlistedDetail
  },
  rules: ({ cl_ord_id, txid }) =>
    (txid === undefined) === (cl_ord_id === undefined)
      ? [
          {
            path: "txid",
            fault: txid === undefined ? "is missing: give it or cl_ord_id" : "can't be given with cl_ord_id"
          }
        ]
      : clientIdFaults(cl_ord_id),
  carryOut: ({ cl_ord_id, ...input }) => (cl_ord_id === undefined ? undefined : ordersOfClientId(cl_ord_id, input)),
  ids: ({ userref }) => ({
    field: "txid",
    elsewhere: `${userref === undefined ? "" : "They might have another userref. "}Kraken soon drops finished orders from here: look in get_closed_orders, and for a cl_ord_id in get_open_orders`
  }),
  shape: (result, { input, pair }) => ({
    orders: Output.orderRows(Rows.newestFirst(Rows.keyed(result, "txid").map(Output.toOrder(pair)), "opentm"), input)
  }),
  output: Schema.Struct({
    orders: Schema.Array(Output.Order.annotations(describedElsewhere)),
    ...LookedUp
  })
})

export const getTradeHistory = Tool.endpoint("get_trade_history", {
  title: "Trade history",
  description: "Own trades (fills), newest first. price, cost and fee are in quote currency, vol in base.",
  endpoint: "private/TradesHistory",
  input: {
    pair: onlyPair,
    type: optional(
      unlisted(Schema.Literal("all", "any position", "closed position", "closing position", "no position"))
    ),
    trades: optional(unlisted(Schema.Boolean)),
    start: optional(start),
    end: optional(end),
    consolidate_taker,
    ledgers: optional(boolean("Add their ids")),
    without_count,
    rebase_multiplier,
    detail: Detail.detail,
    ...offsetPaging(50, 50)
  },
  aliases,
  params: offsetParams,
  carryOut: ({ pair, ...input }) =>
    pair === undefined ? undefined : ofPair("private/TradesHistory", { ...input, pair }),
  shape: ({ count, trades: found }, { input, pair }) => {
    const { page, rows } = pageFound(Rows.keyed(found, "txid").map(Output.toTrade(pair)), input, count)
    const trades = Rows.newestFirst(rows, "time")
    if (Detail.isFull(input)) return { trades, ...page }
    const table = Output.tradeTable(trades)
    return { columns: table.columns, trades: table.rows, ...page }
  },
  output: Schema.Struct({
    note: optionalText,
    columns: Detail.columns,
    trades: Detail.tableOr(Output.Trade),
    ...paged
  })
})

export const queryTrades = Tool.endpoint("query_trades", {
  title: "Trades by id",
  description: "Own trades by id, with the fields of get_trade_history.",
  endpoint: "private/QueryTrades",
  input: {
    txid: ids("trade ids", 20),
    trades: optional(unlisted(Schema.Boolean)),
    rebase_multiplier,
    detail: Detail.unlistedDetail
  },
  ids: () => ({ field: "txid", elsewhere: "Look in get_trade_history; ids of orders belong in query_orders" }),
  shape: (result, { input, pair }) => ({
    trades: Output.tradeRows(Rows.newestFirst(Rows.keyed(result, "txid").map(Output.toTrade(pair)), "time"), input)
  }),
  output: Schema.Struct({ trades: Schema.Array(Output.Trade), ...LookedUp })
})

/** Cuts a page of a history. One that was searched for a pair is cut already. */
const pageFound = <A>(
  rows: ReadonlyArray<A>,
  input: { readonly pair?: string; readonly cursor?: string; readonly limit: number },
  count: string | number | undefined
) => (input.pair === undefined ? pageFromKraken(rows, input, count) : { rows, page: {} })

type PositionRow = Extract<Result<"private/OpenPositions">, ReadonlyArray<unknown>>[number] & { readonly txid?: string }

export const getOpenPositions = Tool.endpoint("get_open_positions", {
  title: "Open margin positions",
  description: "Open margin positions, newest first; with docalcs net, the unrealised profit in quote currency.",
  endpoint: "private/OpenPositions",
  input: {
    txid: optional(list(Schema.String, "Default all")),
    docalcs: optional(boolean("Add value and net")),
    consolidation: optional(literal("market", "One row a pair")),
    rebase_multiplier,
    detail: Detail.unlistedDetail
  },
  ids: ({ consolidation }) =>
    consolidation === undefined
      ? { field: "txid", elsewhere: "Closed positions are not listed: look in get_trade_history" }
      : undefined,
  shape: (result, { input, pair }) => {
    // Consolidated positions have no id: they come as a list, or keyed by pair.
    const isConsolidated = input.consolidation !== undefined
    const found: ReadonlyArray<PositionRow> = Rows.isList(result)
      ? result
      : isConsolidated
        ? Rows.keyed(result ?? {}, "pair")
        : Rows.keyed(result ?? {}, "txid")
    const positions = found.map((row) => {
      const id = row.pair ?? ""
      return Rows.compact({ ...row, pair: pair(id), pair_id: id })
    })
    return { positions: Detail.rows(Rows.newestFirst(positions, "time"), Output.positionForm, input) }
  },
  output: Schema.Struct({ positions: Schema.Array(Output.Position), ...LookedUp })
})

export const getOrderAmends = Tool.endpoint("get_order_amends", {
  title: "Changes of an order",
  description: "Changes of an order by amend_order or Kraken, newest first, the original last.",
  endpoint: "private/OrderAmends",
  input: { txid: OrderId, rebase_multiplier },
  params: ({ txid, ...params }) => ({ order_id: txid, ...params }),
  hints: (refusal, { input }) => (isUnknownOrder(refusal) ? unknownOrderHints(input) : Effect.succeed([])),
  shape: ({ amends }) => {
    const rows = amends.map((row) => Rows.compact(row, { zeros: ["display_qty", "limit_price", "trigger_price"] }))
    return { amends: Rows.newestFirst(rows.toReversed(), "timestamp") }
  },
  output: Schema.Struct({ amends: Schema.Array(Output.Amend) })
})

export const getLevel3OrderBook = Tool.endpoint("get_level3_order_book", {
  title: "Order book, order by order",
  description:
    "Single orders of a pair's book, best price first. qty is in base currency. get_order_book has the sums, and needs no key.",
  endpoint: "private/Level3",
  input: {
    pair: PairName,
    depth: withDefault(
      Schema.Literal("0", "10", "25", "100", "250", "1000").annotations({
        description: "Orders a side; 0: all"
      }),
      "25"
    ),
    detail: Detail.unlistedDetail
  },
  shape: ({ asks, bids }, { input, pair }) => {
    const named = { pair: pair(input.pair) }
    if (Detail.isFull(input)) return { ...named, bids, asks }
    const columns = ["price", "qty", "order_id"]
    const rowsOf = (side: typeof asks) => Detail.table(side, columns, { amounts: ["price", "qty"] }).rows
    return { ...named, columns, bids: rowsOf(bids), asks: rowsOf(asks) }
  },
  output: Schema.Struct({
    pair: Schema.String,
    columns: Detail.columns,
    bids: Detail.tableOr(Output.BookOrder),
    asks: Detail.tableOr(Output.BookOrder)
  })
})
