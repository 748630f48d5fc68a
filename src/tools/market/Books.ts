import { Schema } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import {
  Amount,
  AssetClass,
  columns,
  Count,
  isoTime,
  optional,
  PairName,
  SymbolName,
  whole,
  withDefault
} from "../kit/Fields.ts"
import * as M from "./MarketRows.ts"
import * as Rows from "../kit/Rows.ts"
import * as Tool from "../kit/Tool.ts"

const words = optional(Schema.String)

export const getOrderBook = Tool.endpoint("get_order_book", {
  title: "Order book",
  description: "Bids and asks of a pair summed at each price, best first. volume is in base currency.",
  endpoint: "public/Depth",
  intent: "read",
  input: { pair: PairName, count: withDefault(whole("Levels a side", 1, 500), 100), asset_class: optional(AssetClass) },
  shape: (result, { pair }) => {
    const { id, rows } = M.series(result)
    const { asks, bids } = Rows.row(rows)
    return { pair: pair(id), id, asks: M.cut(asks, 3), bids: M.cut(bids, 3) }
  },
  output: Schema.Struct({
    pair: Schema.String,
    id: Schema.String,
    asks: Schema.Array(M.Level),
    bids: Schema.Array(M.Level)
  })
})

export const getGroupedOrderBook = Tool.endpoint("get_grouped_order_book", {
  title: "Grouped order book",
  description: "A pair's book in coarse steps of price, best first, to see depth far from the price.",
  endpoint: "public/GroupedBook",
  intent: "read",
  input: {
    pair: PairName,
    depth: withDefault(Schema.Literal(10, 25, 100, 250, 1000).annotations({ description: "Levels a side" }), 10),
    grouping: withDefault(
      Schema.Literal(1, 5, 10, 25, 50, 100, 250, 500, 1000).annotations({ description: "Ticks a level" }),
      1
    )
  },
  shape: (result, { input, pair }) => {
    const { asks, bids, grouping, pair: id } = Rows.row(result)
    return {
      pair: pair(String(id ?? input.pair)),
      grouping,
      asks: M.records(asks, "price", "qty"),
      bids: M.records(bids, "price", "qty")
    }
  },
  output: Schema.Struct({
    pair: Schema.String,
    grouping: optional(Schema.Number),
    asks: Schema.Array(M.Group),
    bids: Schema.Array(M.Group)
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
  description: "The ten best levels of a pair as regulators want them published, with times in ISO 8601.",
  endpoint: "public/PreTrade",
  intent: "read",
  input: { pair: SymbolName },
  params: ({ pair }) => ({ symbol: pair }),
  shape: (result, { input, pair }) => {
    const { asks, bids, ...about } = Rows.row(result)
    const levels = (side: unknown) => M.records(side, "price", "qty", "count", "publication_ts", "submission_ts")
    return { ...Rows.compact({ ...about, pair: pair(input.pair) }), asks: levels(asks), bids: levels(bids) }
  },
  output: Schema.Struct({
    pair: Schema.String,
    venue: words,
    system: words,
    base_dti_code: words,
    quote_dti_code: words,
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
    "Trades of a pair, or of all, as regulators want them published, with times in ISO 8601. Pass last_ts as from_ts for the next ones.",
  endpoint: "public/PostTrade",
  intent: "read",
  input: {
    pair: optional(SymbolName),
    from_ts: optional(isoTime("Only after this: ISO 8601")),
    to_ts: optional(isoTime("Only up to this: ISO 8601")),
    count: withDefault(whole("Trades", 1, 1000), 100)
  },
  params: ({ pair, ...params }): Params => ({ ...params, symbol: pair }),
  shape: (result, { pair }) => {
    const { last_ts, trades } = Rows.row(result)
    const rows = Rows.list(trades).map((row) => ({ ...row, pair: pair(String(row["symbol"])) }))
    const names = ["trade_ts", "pair", "price", "quantity", "trade_id", "trade_venue", "publication_ts"]
    return { trades: M.records(rows, ...names), ...Rows.compact({ last_ts }) }
  },
  output: Schema.Struct({ trades: Schema.Array(PostTrade), last_ts: words })
})
