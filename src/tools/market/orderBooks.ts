import { Schema, Struct } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { exactText, optionalNumber, optionalText } from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { NamedAssetClass, optional, withDefault } from "../kit/fields.ts"
import { PairName, SymbolName } from "../kit/nameFields.ts"
import { integer, Positive } from "../kit/numberFields.ts"
import { isoTime } from "../kit/timeFields.ts"
import { bookTables, Prices, pricesOf } from "./bookRows.ts"
import * as Rows from "../kit/rows.ts"
import * as Tool from "../kit/tool.ts"

/**
 * The most levels that Kraken gives of a side.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-order-book read 2026-08-17
 */
const mostLevels = 500

/** The fields of an answer with a table for each side. */
const sides = { columns: Detail.columns, asks: Detail.Cells, bids: Detail.Cells }

export const getOrderBook = Tool.endpoint("get_order_book", {
  title: "Order book",
  description:
    "Bids and asks of a pair, summed at each price, best first; total adds up the volume (base). Beyond 50 levels a row after the 25th sums several, at their worst price. For a volume or cost, prices has the average of a market order, before fees.",
  endpoint: "public/Depth",
  input: {
    pair: PairName,
    count: withDefault(integer("Levels a side", 1, mostLevels), 100),
    volume: optional(Positive.annotations({ description: "Size in base" })),
    cost: optional(Positive.annotations({ description: "Size in quote" })),
    asset_class: optional(NamedAssetClass),
    detail: Detail.detail
  },
  rules: ({ cost, volume }) =>
    cost !== undefined && volume !== undefined ? [{ path: "cost", fault: "can't be given beside volume" }] : [],
  // A price for a size needs all levels that there are.
  params: (input) => ({
    ...Struct.omit(input, "volume", "cost"),
    ...((input["volume"] ?? input["cost"]) !== undefined && { count: mostLevels })
  }),
  // Live data has no times of levels, and fewer levels.
  live: (input) => !Detail.isFull(input),
  shape: ({ id, rows }, { input, pair }) => {
    const prices = pricesOf(rows, input)
    return {
      pair: pair(id),
      ...(Detail.isFull(input) && { id }),
      ...(prices !== undefined && { prices }),
      ...bookTables(rows, input.count, input)
    }
  },
  output: Schema.Struct({ pair: Schema.String, id: optionalText, prices: Prices, ...sides })
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
  shape: ({ asks, bids, grouping, pair: id }, { input, pair }) => {
    const rowsOf = (side: typeof asks) =>
      side.map(({ price = "", qty = "" }) => [price, qty].map((cell) => Detail.trimmed(exactText(cell))))
    return {
      pair: pair(id ?? input.pair),
      ...Rows.compact({ grouping }),
      columns: ["price", "volume"],
      asks: rowsOf(asks),
      bids: rowsOf(bids)
    }
  },
  output: Schema.Struct({ pair: Schema.String, grouping: optionalNumber, ...sides })
})

const regulatedForm = { amounts: ["price", "quantity"] }

export const getPreTradeData = Tool.endpoint("get_pre_trade_data", {
  title: "Pre-trade transparency",
  description: "The ten best levels of a pair, in the form that regulators require.",
  endpoint: "public/PreTrade",
  input: { pair: SymbolName, detail: Detail.unlistedDetail },
  params: ({ pair }) => ({ symbol: pair }),
  shape: (result, { input, pair }) => {
    const { asks, bids, ...about } = result
    const columns = ["price", "quantity", "orders", ...(Detail.isFull(input) ? ["published", "submitted"] : [])]
    const rowsOf = (side: typeof asks) => {
      const levels = side.map(({ count = "", price = "", publication_ts = "", qty = "", submission_ts = "" }) => ({
        price,
        quantity: qty,
        orders: count,
        published: publication_ts,
        submitted: submission_ts
      }))
      return Detail.table(levels, columns, regulatedForm, input).rows
    }
    return {
      ...Rows.compact({ ...(Detail.isFull(input) && about), pair: pair(input.pair) }),
      columns,
      asks: rowsOf(asks),
      bids: rowsOf(bids)
    }
  },
  output: Schema.Struct({
    pair: Schema.String,
    venue: optionalText,
    system: optionalText,
    base_dti_code: optionalText,
    quote_dti_code: optionalText,
    ...sides
  })
})

export const getPostTradeData = Tool.endpoint("get_post_trade_data", {
  title: "Post-trade transparency",
  description:
    "Trades of one or all pairs, in the form that regulators require. For later ones pass last_ts as from_ts.",
  endpoint: "public/PostTrade",
  input: {
    pair: optional(SymbolName),
    from_ts: optional(isoTime("After this: ISO 8601")),
    to_ts: optional(isoTime("Up to this", "end")),
    count: withDefault(integer("Trades", 1, 1000), 100),
    detail: Detail.unlistedDetail
  },
  params: ({ pair, ...params }): Params => ({ ...params, symbol: pair }),
  shape: ({ last_ts, trades }, { input, pair }) => {
    const rows = trades.map(({ publication_ts, symbol, trade_ts, trade_venue, ...trade }) => ({
      ...trade,
      traded: trade_ts,
      pair: pair(symbol),
      venue: trade_venue,
      published: publication_ts
    }))
    const names = ["traded", "pair", "price", "quantity"]
    const more = Detail.isFull(input) ? ["trade_id", "venue", "published"] : []
    const table = Detail.table(rows, [...names, ...more], regulatedForm, input)
    return { columns: table.columns, trades: table.rows, ...Rows.compact({ last_ts }) }
  },
  output: Schema.Struct({ columns: Detail.columns, trades: Detail.Cells, last_ts: optionalText })
})
