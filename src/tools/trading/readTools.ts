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
import { PairName } from "../kit/nameFields.ts"
import { end, start } from "../kit/timeFields.ts"
import { ordersOfClientId } from "./ordersOfClientId.ts"
import { Amend, BookOrder, Order, Position, toOrder, toTrade, Trade } from "./orderOutput.ts"
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

const OrderWithoutSchema = Order.annotations(describedElsewhere)
const TradeWithoutSchema = Trade.annotations(describedElsewhere)

export const getOpenOrders = Tool.endpoint("get_open_orders", {
  title: "Open orders",
  description:
    "Open and pending orders, newest first. price is the order's, avg_price that of its fills; empty and zero fields are left out.",
  endpoint: "private/OpenOrders",
  input: {
    trades,
    userref: optional(Userref),
    cl_ord_id: optional(ClientId),
    rebase_multiplier,
    ...offsetPaging(50, 50)
  },
  aliases,
  params: (input) => Struct.omit(input, "limit", "cursor"),
  shape: (result, { input, pair }) => {
    const all = Rows.newestFirst(Rows.keyed(result.open, "txid").map(toOrder(pair)), "opentm")
    const { page, rows } = pageByOffset(all, input)
    return { orders: rows, ...page }
  },
  output: Schema.Struct({ orders: Schema.Array(Order), ...paged })
})

export const getClosedOrders = Tool.endpoint("get_closed_orders", {
  title: "Closed orders",
  description: "Filled, canceled and expired orders, newest first, as in get_open_orders.",
  endpoint: "private/ClosedOrders",
  input: {
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
    ...offsetPaging(50, 50)
  },
  aliases,
  params: offsetParams,
  shape: (result, { input, pair }) => {
    const { closed, count } = result
    const { page, rows } = pageFromKraken(Rows.keyed(closed, "txid").map(toOrder(pair)), input, count)
    return { orders: Rows.newestFirst(rows, "closetm", "opentm"), ...page }
  },
  output: Schema.Struct({ orders: Schema.Array(OrderWithoutSchema), ...paged })
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
    rebase_multiplier
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
  shape: (result, { pair }) => ({ orders: Rows.newestFirst(Rows.keyed(result, "txid").map(toOrder(pair)), "opentm") }),
  output: Schema.Struct({ orders: Schema.Array(OrderWithoutSchema), ...LookedUp })
})

export const getTradeHistory = Tool.endpoint("get_trade_history", {
  title: "Trade history",
  description: "Own trades (fills), newest first. price, cost and fee are in quote currency, vol in base.",
  endpoint: "private/TradesHistory",
  input: {
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
    ...offsetPaging(50, 50)
  },
  aliases,
  params: offsetParams,
  shape: (result, { input, pair }) => {
    const { count, trades } = result
    const { page, rows } = pageFromKraken(Rows.keyed(trades, "txid").map(toTrade(pair)), input, count)
    return { trades: Rows.newestFirst(rows, "time"), ...page }
  },
  output: Schema.Struct({ trades: Schema.Array(Trade), ...paged })
})

export const queryTrades = Tool.endpoint("query_trades", {
  title: "Trades by id",
  description: "Own trades by id, as in get_trade_history.",
  endpoint: "private/QueryTrades",
  input: {
    txid: ids("trade ids", 20),
    trades: optional(unlisted(Schema.Boolean)),
    rebase_multiplier
  },
  ids: () => ({ field: "txid", elsewhere: "Look in get_trade_history; ids of orders belong in query_orders" }),
  shape: (result, { pair }) => ({ trades: Rows.newestFirst(Rows.keyed(result, "txid").map(toTrade(pair)), "time") }),
  output: Schema.Struct({ trades: Schema.Array(TradeWithoutSchema), ...LookedUp })
})

type PositionRow = Extract<Result<"private/OpenPositions">, ReadonlyArray<unknown>>[number] & { readonly txid?: string }

export const getOpenPositions = Tool.endpoint("get_open_positions", {
  title: "Open margin positions",
  description: "Open margin positions, newest first; with docalcs net, the unrealised profit in quote currency.",
  endpoint: "private/OpenPositions",
  input: {
    txid: optional(list(Schema.String, "Default all")),
    docalcs: optional(boolean("Add value and net")),
    consolidation: optional(literal("market", "One row a pair")),
    rebase_multiplier
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
    return { positions: Rows.newestFirst(positions, "time") }
  },
  output: Schema.Struct({ positions: Schema.Array(Position), ...LookedUp })
})

export const getOrderAmends = Tool.endpoint("get_order_amends", {
  title: "Changes of an order",
  description:
    "Changes of an order by amend_order or Kraken, newest first, the original last. timestamp is in nanoseconds.",
  endpoint: "private/OrderAmends",
  input: { txid: OrderId, rebase_multiplier },
  params: ({ txid, ...params }) => ({ order_id: txid, ...params }),
  hints: (refusal, { input }) => (isUnknownOrder(refusal) ? unknownOrderHints(input) : Effect.succeed([])),
  shape: ({ amends }) => {
    const rows = amends.map((row) => Rows.compact(row, { zeros: ["display_qty", "limit_price", "trigger_price"] }))
    return { amends: Rows.newestFirst(rows.toReversed(), "timestamp") }
  },
  output: Schema.Struct({ amends: Schema.Array(Amend) })
})

export const getLevel3OrderBook = Tool.endpoint("get_level3_order_book", {
  title: "Order book, order by order",
  description:
    "Single orders of a pair's book, best price first. qty is in base currency, timestamp in nanoseconds. get_order_book has the sums, and needs no key.",
  endpoint: "private/Level3",
  input: {
    pair: PairName,
    depth: withDefault(
      Schema.Literal("0", "10", "25", "100", "250", "1000").annotations({
        description: "Orders a side; 0: all"
      }),
      "25"
    )
  },
  shape: (result, { input, pair }) => ({ ...result, pair: pair(input.pair) }),
  output: Schema.Struct({ pair: Schema.String, bids: Schema.Array(BookOrder), asks: Schema.Array(BookOrder) })
})
