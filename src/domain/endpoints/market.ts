import { Predicate, Schema } from "effect"
import { page, publicRead } from "./endpoint.ts"
import { isListOf, isNumeric, keyed, listRow, maybe, Numeric, numeric, series, words } from "./results.ts"

const { isString } = Predicate

const services = maybe(Schema.Array(Schema.String))

const MaintenanceEvent = Schema.Struct({
  event_id: words,
  title: words,
  expected_start_utc: words,
  expected_end_utc: words,
  time_to_start_s: numeric,
  phase: words,
  affected_services: services,
  order_submission: words,
  recommended_action: words,
  cancel_before_utc: words,
  source_url: words
})

const Incident = Schema.Struct({
  event_id: words,
  title: words,
  impact: words,
  started_at_utc: words,
  incident_status: words,
  affected_services: services,
  next_steps: maybe(Schema.Array(Schema.Struct({ applies_to: services, type: words, expected_at_utc: words }))),
  source_url: words
})

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

/** `[volume, percent]` */
const isFee = (value: unknown): value is readonly [string | number, string | number] =>
  isLeverages(value) && value.length === 2

const isFees = isListOf(isFee)

/** With `info` Kraken leaves out all but a few fields. */
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

/** Cells of which a market without trades has none. */
const isCells = isListOf((value): value is string | number | null => value === null || isNumeric(value))

/** Ask, bid, last, volume, weighted price, trades, low, high, open. */
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

/** `[time, open, high, low, close, vwap, volume, trades]`; Kraken may add cells at the end of any row. */
const Candle = Schema.Tuple([Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric, Numeric], Schema.Unknown)

/** `[price, volume, time]` */
const Level = Schema.Tuple([Numeric, Numeric, Numeric], Schema.Unknown)

/** `[price, volume, time, side, order type, misc, id]`; old trades have no id. */
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

/** `[time, bid, ask]` */
const Spread = Schema.Tuple([Numeric, Numeric, Numeric], Schema.Unknown)

const Group = Schema.Struct({ price: numeric, qty: numeric })

const PreTradeLevel = Schema.Struct({
  price: numeric,
  qty: numeric,
  count: numeric,
  publication_ts: words,
  submission_ts: words
})

const PostTrade = Schema.Struct({
  trade_ts: words,
  symbol: Schema.String,
  price: numeric,
  quantity: numeric,
  trade_id: words,
  trade_venue: words,
  publication_ts: words
})

/** Market data: what is the same for everybody. */
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
      timestamp: words,
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
      pair: words,
      grouping: maybe(Schema.Number),
      asks: Schema.Array(Group),
      bids: Schema.Array(Group)
    }),
    see: page("get-grouped-order-book")
  }),
  "public/PreTrade": publicRead({
    countedBy: "address",
    result: Schema.Struct({
      venue: words,
      system: words,
      base_dti_code: words,
      quote_dti_code: words,
      asks: Schema.Array(PreTradeLevel),
      bids: Schema.Array(PreTradeLevel)
    }),
    see: page("get-pre-trade")
  }),
  "public/PostTrade": publicRead({
    countedBy: "address",
    result: Schema.Struct({ last_ts: words, trades: Schema.Array(PostTrade) }),
    see: page("get-post-trade")
  })
}
