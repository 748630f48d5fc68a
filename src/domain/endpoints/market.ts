import { Predicate, Schema } from "effect"
import { page, publicRead } from "./endpoint.ts"
import { isListOf, isNumeric, keyed, listRow, maybe, Numeric, numeric, series, optionalText } from "./results.ts"

const { isString } = Predicate

const services = maybe(Schema.Array(Schema.String))

const MaintenanceEvent = Schema.Struct({
  event_id: optionalText,
  title: optionalText,
  expected_start_utc: optionalText,
  expected_end_utc: optionalText,
  time_to_start_s: numeric,
  phase: optionalText,
  affected_services: services,
  order_submission: optionalText,
  recommended_action: optionalText,
  cancel_before_utc: optionalText,
  source_url: optionalText
})

const Incident = Schema.Struct({
  event_id: optionalText,
  title: optionalText,
  impact: optionalText,
  started_at_utc: optionalText,
  incident_status: optionalText,
  affected_services: services,
  next_steps: maybe(
    Schema.Array(Schema.Struct({ applies_to: services, type: optionalText, expected_at_utc: optionalText }))
  ),
  source_url: optionalText
})

/**
 * A row of `Assets`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-asset-info read 2026-08-17
 */
const Asset = listRow({
  altname: isString,
  aclass: isString,
  status: isString,
  decimals: isNumeric,
  display_decimals: isNumeric,
  collateral_value: isNumeric,
  margin_rate: isNumeric
})

const isLeverages = isListOf(isNumeric)

/**
 * Checks a row of a fee schedule: `[volume, percent]`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
const isFee = (value: unknown): value is readonly [string | number, string | number] =>
  isLeverages(value) && value.length === 2

const isFees = isListOf(isFee)

/**
 * A row of `AssetPairs`. If `info` is given, Kraken sends only a few of the fields.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
const Pair = listRow({
  altname: isString,
  base: isString,
  quote: isString,
  status: isString,
  aclass_base: isString,
  pair_decimals: isNumeric,
  lot_decimals: isNumeric,
  cost_decimals: isNumeric,
  tick_size: isNumeric,
  ordermin: isNumeric,
  costmin: isNumeric,
  leverage_buy: isLeverages,
  leverage_sell: isLeverages,
  long_position_limit: isNumeric,
  short_position_limit: isNumeric,
  margin_call: isNumeric,
  margin_stop: isNumeric,
  fees: isFees,
  fees_maker: isFees,
  execution_venue: isString
})

/** Checks the cells of a ticker field, which are null for a market without trades. */
const isCells = isListOf((value): value is string | number | null => value === null || isNumeric(value))

/**
 * A row of `Ticker`: ask, bid, last, volume, weighted price, trades, low, high, open.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ticker-information read 2026-08-17
 */
const Ticker = listRow({
  a: isCells,
  b: isCells,
  c: isCells,
  v: isCells,
  p: isCells,
  t: isCells,
  l: isCells,
  h: isCells,
  o: isNumeric
})

/**
 * A candle: `[time, open, high, low, close, vwap, volume, trades]`. Kraken might add cells at the end of any row.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ohlc-data read 2026-08-17
 */
const Candle = Schema.Tuple([Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric], Schema.Unknown)

/**
 * A price level of the book: `[price, volume, time]`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-order-book read 2026-08-17
 */
const Level = Schema.Tuple([Numeric, Numeric, Numeric], Schema.Unknown)

/**
 * A public trade: `[price, volume, time, side, order type, misc, id]`. Old trades have no id.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-recent-trades read 2026-08-17
 */
const Trade = Schema.Tuple(
  [
    Numeric,
    Numeric,
    Numeric,
    Schema.String,
    Schema.String,
    Schema.optionalElement(Schema.Unknown),
    Schema.optionalElement(Numeric)
  ],
  Schema.Unknown
)

/**
 * A spread: `[time, bid, ask]`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-recent-spreads read 2026-08-17
 */
const Spread = Schema.Tuple([Numeric, Numeric, Numeric], Schema.Unknown)

/**
 * A level of the grouped book.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-grouped-order-book read 2026-08-17
 */
const Group = Schema.Struct({ price: numeric, qty: numeric })

/**
 * A price level of `PreTrade`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-pre-trade read 2026-08-17
 */
const PreTradeLevel = Schema.Struct({
  price: numeric,
  qty: numeric,
  count: numeric,
  publication_ts: optionalText,
  submission_ts: optionalText
})

/**
 * A trade of `PostTrade`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-post-trade read 2026-08-17
 */
const PostTrade = Schema.Struct({
  trade_ts: optionalText,
  symbol: Schema.String,
  price: numeric,
  quantity: numeric,
  trade_id: optionalText,
  trade_venue: optionalText,
  publication_ts: optionalText
})

/** Endpoints for market data, which need no key. */
export const market = {
  "public/Time": publicRead({
    countedBy: "address",
    result: Schema.Struct({ unixtime: Schema.Number, rfc1123: Schema.String }),
    see: page("get-server-time")
  }),
  "public/SystemStatus": publicRead({
    countedBy: "address",
    result: Schema.Struct({
      status: Schema.String,
      timestamp: optionalText,
      emergency: maybe(Schema.Array(Incident)),
      upcoming_maintenance: maybe(Schema.Array(MaintenanceEvent))
    }),
    see: page("get-system-status")
  }),
  "public/MaintenanceSchedule": publicRead({
    countedBy: "address",
    result: Schema.Struct({ events: maybe(Schema.Array(MaintenanceEvent)) }),
    see: { url: "https://docs.kraken.com/api/docs/change-log", read: "2026-09-07" }
  }),
  "public/Assets": publicRead({ countedBy: "address", result: keyed(Asset), see: page("get-asset-info") }),
  "public/AssetPairs": publicRead({
    countedBy: "address",
    result: keyed(Pair),
    see: page("get-tradable-asset-pairs")
  }),
  "public/Ticker": publicRead({ countedBy: "address", result: keyed(Ticker), see: page("get-ticker-information") }),
  "public/OHLC": publicRead({ countedBy: "pair", result: series(Schema.Array(Candle)), see: page("get-ohlc-data") }),
  "public/Depth": publicRead({
    countedBy: "address",
    result: series(Schema.Struct({ asks: Schema.Array(Level), bids: Schema.Array(Level) })),
    see: page("get-order-book")
  }),
  "public/Trades": publicRead({
    countedBy: "pair",
    result: series(Schema.Array(Trade)),
    see: page("get-recent-trades")
  }),
  "public/Spread": publicRead({
    countedBy: "address",
    result: series(Schema.Array(Spread)),
    see: page("get-recent-spreads")
  }),
  "public/GroupedBook": publicRead({
    countedBy: "address",
    result: Schema.Struct({
      pair: optionalText,
      grouping: maybe(Schema.Number),
      asks: Schema.Array(Group),
      bids: Schema.Array(Group)
    }),
    see: page("get-grouped-order-book")
  }),
  "public/PreTrade": publicRead({
    countedBy: "address",
    result: Schema.Struct({
      venue: optionalText,
      system: optionalText,
      base_dti_code: optionalText,
      quote_dti_code: optionalText,
      asks: Schema.Array(PreTradeLevel),
      bids: Schema.Array(PreTradeLevel)
    }),
    see: page("get-pre-trade")
  }),
  "public/PostTrade": publicRead({
    countedBy: "address",
    result: Schema.Struct({ last_ts: optionalText, trades: Schema.Array(PostTrade) }),
    see: page("get-post-trade")
  })
}
