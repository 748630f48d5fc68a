import { Schema } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { Amount, Count, columns, optionalNumber, optionalText } from "../kit/answerFields.ts"
import { NamedAssetClass, optional, withDefault } from "../kit/fields.ts"
import { PairName, SymbolName } from "../kit/nameFields.ts"
import { integer } from "../kit/numberFields.ts"
import { isoTime } from "../kit/timeFields.ts"
import * as Output from "./output.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"

export const getOrderBook = Tool.endpoint("get_order_book", {
  title: "Order book",
  description: "Bids and asks of a pair, summed at each price, best first. volume is in base currency.",
  endpoint: "public/Depth",
  input: {
    pair: PairName,
    count: withDefault(integer("Levels a side", 1, 500), 100),
    asset_class: optional(NamedAssetClass)
  },
  shape: ({ id, rows: { asks, bids } }, { pair }) => ({
    pair: pair(id),
    id,
    asks: asks.map(Output.threeCells),
    bids: bids.map(Output.threeCells)
  }),
  output: Schema.Struct({
    pair: Schema.String,
    id: Schema.String,
    asks: Schema.Array(Output.Level),
    bids: Schema.Array(Output.Level)
  })
})

export const getGroupedOrderBook = Tool.endpoint("get_grouped_order_book", {
  title: "Grouped order book",
  description: "Order book of a pair in coarse steps, to see depth far from the market.",
  endpoint: "public/GroupedBook",
  input: {
    pair: PairName,
    depth: withDefault(
      Schema.Literal("10", "25", "100", "250", "1000").annotations({ description: "Levels a side" }),
      "10"
    ),
    grouping: withDefault(
      Schema.Literal("1", "5", "10", "25", "50", "100", "250", "500", "1000").annotations({
        description: "Ticks a level"
      }),
      "1"
    )
  },
  shape: ({ asks, bids, grouping, pair: id }, { input, pair }) => ({
    pair: pair(id ?? input.pair),
    ...(grouping !== undefined && { grouping }),
    asks: asks.map(({ price = "", qty = "" }) => [price, qty] as const),
    bids: bids.map(({ price = "", qty = "" }) => [price, qty] as const)
  }),
  output: Schema.Struct({
    pair: Schema.String,
    grouping: optionalNumber,
    asks: Schema.Array(Output.Group),
    bids: Schema.Array(Output.Group)
  })
})

const PreTradeLevel = columns(
  "[price, quantity, orders, published, submitted]",
  Amount,
  Amount,
  Count,
  Schema.String,
  Schema.String
)

export const getPreTradeData = Tool.endpoint("get_pre_trade_data", {
  title: "Pre-trade transparency",
  description: "The ten best levels of a pair, in the form that regulators require.",
  endpoint: "public/PreTrade",
  input: { pair: SymbolName },
  params: ({ pair }) => ({ symbol: pair }),
  shape: (result, { input, pair }) => {
    const { asks, bids, ...about } = result
    const levels = (side: typeof asks) =>
      side.map(
        ({ count = "", price = "", publication_ts = "", qty = "", submission_ts = "" }) =>
          [price, qty, count, publication_ts, submission_ts] as const
      )
    return { ...Rows.compact({ ...about, pair: pair(input.pair) }), asks: levels(asks), bids: levels(bids) }
  },
  output: Schema.Struct({
    pair: Schema.String,
    venue: optionalText,
    system: optionalText,
    base_dti_code: optionalText,
    quote_dti_code: optionalText,
    asks: Schema.Array(PreTradeLevel),
    bids: Schema.Array(PreTradeLevel)
  })
})

const PostTrade = columns(
  "[traded, pair, price, quantity, trade id, venue, published]",
  Schema.String,
  Schema.String,
  Amount,
  Amount,
  Schema.String,
  Schema.String,
  Schema.String
)

export const getPostTradeData = Tool.endpoint("get_post_trade_data", {
  title: "Post-trade transparency",
  description:
    "Trades of one or all pairs, in the form that regulators require. For later ones pass last_ts as from_ts.",
  endpoint: "public/PostTrade",
  input: {
    pair: optional(SymbolName),
    from_ts: optional(isoTime("After this: ISO 8601")),
    to_ts: optional(isoTime("Up to this", "end")),
    count: withDefault(integer("Trades", 1, 1000), 100)
  },
  params: ({ pair, ...params }): Params => ({ ...params, symbol: pair }),
  shape: ({ last_ts, trades }, { pair }) => ({
    trades: trades.map(
      ({ price = "", publication_ts = "", quantity = "", symbol, trade_id = "", trade_ts = "", trade_venue = "" }) =>
        [trade_ts, pair(symbol), price, quantity, trade_id, trade_venue, publication_ts] as const
    ),
    ...Rows.compact({ last_ts })
  }),
  output: Schema.Struct({ trades: Schema.Array(PostTrade), last_ts: optionalText })
})
