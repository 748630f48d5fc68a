import { Schema, Struct } from "effect"
import { Time, optionalAmount, optionalText, optionalTime } from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { candleTable } from "./candles.ts"
import { AssetClass, NamedAssetClass, described, list, optional, withDefault } from "../kit/fields.ts"
import { AssetNames, PairName, PairNames } from "../kit/nameFields.ts"
import { integer } from "../kit/numberFields.ts"
import { CandleInterval, time, timeOrNanoseconds } from "../kit/timeFields.ts"
import { describedElsewhere, unlisted } from "../kit/jsonSchema.ts"
import * as Selection from "../kit/fieldSelection.ts"
import * as Output from "./output.ts"
import * as Status from "./statusOutput.ts"
import * as Rows from "../kit/rows.ts"
import { backwardsPaging, pageBackwards, pageById, paged, paging } from "../kit/paging.ts"
import * as Tool from "../kit/tool.ts"

const asset_class = optional(NamedAssetClass)

export const getServerTime = Tool.endpoint("get_server_time", {
  title: "Server time",
  description: "Kraken's time.",
  endpoint: "public/Time",
  input: {},
  shape: (result) => ({ time: result.unixtime, ...result }),
  output: Schema.Struct({ time: Time, unixtime: Schema.Number, rfc1123: Schema.String })
})

export const getSystemStatus = Tool.endpoint("get_system_status", {
  title: "System status",
  description:
    "Kraken's status: online, maintenance (nothing works), cancel_only or post_only (only post-only limit orders); incidents, and maintenance within 72 hours.",
  endpoint: "public/SystemStatus",
  input: {},
  shape: (result) => {
    const { emergency, upcoming_maintenance, ...status } = result
    return Rows.compact({
      ...status,
      emergency: Status.incidents(emergency),
      upcoming_maintenance: Status.events(upcoming_maintenance)
    })
  },
  output: Schema.Struct({
    status: Schema.String,
    timestamp: optionalText,
    emergency: optional(Schema.Array(Status.Incident)),
    upcoming_maintenance: optional(Schema.Array(Status.Event.annotations(describedElsewhere)))
  })
})

export const getMaintenanceSchedule = Tool.endpoint("get_maintenance_schedule", {
  title: "Maintenance schedule",
  description: "Maintenance of the next seven days: what it affects, and what to do about open orders.",
  endpoint: "public/MaintenanceSchedule",
  input: {},
  shape: (result) => ({ events: Status.events(result.events) }),
  output: Schema.Struct({ events: Schema.Array(Status.Event) })
})

export const getAssets = Tool.endpoint("get_assets", {
  title: "Assets",
  description: "Assets and their status. decimals is the precision of balances.",
  endpoint: "public/Assets",
  splits: true,
  input: {
    asset: optional(AssetNames),
    aclass: optional(AssetClass),
    fields: Selection.fields("decimals or margin_rate"),
    detail: Detail.unlistedDetail,
    ...paging(50, 500)
  },
  rules: ({ fields }) => Selection.fieldFaults(fields, Output.onRequest.asset),
  params: (input) => Struct.pick(input, "asset", "aclass"),
  shape: (result, { asset, input }) => {
    const assets = Rows.keyed(result, "id").map((row) => Rows.compact({ asset: asset(row.id), ...row }))
    const wanted = input.fields ?? (isNamed(input.asset) ? Output.ofNamed.asset : [])
    const { page, rows } = pageById(assets, input)
    return {
      assets: rows.map((row) =>
        Selection.selectFields(row, Output.always.asset, Detail.isFull(input) ? undefined : wanted)
      ),
      ...page
    }
  },
  output: Schema.Struct({ assets: Schema.Array(Output.Asset), ...paged })
})

export const getAssetPairs = Tool.endpoint("get_asset_pairs", {
  title: "Asset pairs",
  description:
    "Pairs, their assets and status; for named pairs also the rules for orders: ordermin (base), costmin (quote), tick_size, decimals, leverage. Your fees: get_trade_volume.",
  endpoint: "public/AssetPairs",
  splits: true,
  input: {
    pair: optional(PairNames),
    info: optional(unlisted(Schema.Literal("info", "leverage", "fees", "margin"))),
    aclass_base: optional(AssetClass),
    country_code: optional(described("Tradable there, e.g. DE or US:TX")),
    execution_venue: optional(unlisted(list(Schema.Literal("international", "bitnomial_exchange"), "Venues"))),
    fields: Selection.fields("ordermin or tick_size"),
    detail: Detail.unlistedDetail,
    ...paging(50, 500)
  },
  rules: ({ fields }) => Selection.fieldFaults(fields, Output.onRequest.pair),
  params: (input) => Struct.pick(input, "pair", "info", "aclass_base", "country_code", "execution_venue"),
  shape: (result, { input, ...displayNames }) => {
    const pairs = Rows.keyed(result, "id").map(Output.pairRow(displayNames))
    const isWhole = isNamed(input.pair) || (input.info ?? "info") !== "info"
    const wanted = input.fields ?? (isWhole ? Output.ofNamed.pair : [])
    const { page, rows } = pageById(pairs, input)
    return {
      pairs: rows.map((row) =>
        Selection.selectFields(row, Output.always.pair, Detail.isFull(input) ? undefined : wanted)
      ),
      ...page
    }
  },
  output: Schema.Struct({ pairs: Schema.Array(Output.Pair), ...paged })
})

export const getTicker = Tool.endpoint("get_ticker", {
  title: "Ticker",
  description:
    "Prices of pairs now; change since 00:00 UTC in percent; volume in base. With detail full, ask, bid and last are [price, volume], the others [today, 24 h].",
  endpoint: "public/Ticker",
  splits: true,
  input: { pair: optional(PairNames), asset_class: optional(AssetClass), detail: Detail.detail, ...paging(50, 500) },
  params: (input) => Struct.pick(input, "pair", "asset_class"),
  // Live data has no prices of today but the opening price.
  live: (input) => !Detail.isFull(input),
  shape: (result, { input, pair }) => {
    const { page, rows } = pageById(Rows.keyed(result, "id"), input)
    if (Detail.isFull(input)) {
      return { tickers: rows.map(({ id, ...row }) => Output.tickerRow(id, pair(id), row)), ...page }
    }
    const table = Output.tickerTable(rows.map(({ id, ...row }) => Output.quoteRow(pair(id), row)))
    return { columns: table.columns, tickers: table.rows, ...page }
  },
  output: Schema.Struct({ columns: Detail.columns, tickers: Detail.tableOr(Output.Ticker), ...paged })
})

/** The fields of an answer with one table of a pair. */
const table = { pair: Schema.String, id: optionalText, columns: Detail.columns, rows: Detail.Cells }

/** Makes the fields that name the pair of an answer. */
const named = (
  id: string,
  { input, pair }: { readonly input: Detail.Wanted; readonly pair: (id: string) => string }
) => ({
  pair: pair(id),
  ...(Detail.isFull(input) && { id })
})

export const getOhlc = Tool.endpoint("get_ohlc", {
  title: "Candles",
  description:
    "Candles of a pair, newest last, the last one unfinished. Kraken keeps 720 of each interval. Over 250 have only high, low and close, interval minutes apart, beginning at from.",
  endpoint: "public/OHLC",
  input: {
    pair: PairName,
    interval: withDefault(CandleInterval, "1"),
    since: optional(time("After this: ISO 8601, Unix seconds, -30d or last")),
    asset_class,
    detail: Detail.detail,
    ...backwardsPaging(100, 720)
  },
  params: (input) => Struct.omit(input, "limit", "cursor"),
  shape: ({ id, last, rows: candles }, context) => {
    const { page, rows } = pageBackwards(candles, ([time]) => Number(time), context.input)
    return { ...named(id, context), ...candleTable(rows, context.input), ...Rows.compact({ last }), ...page }
  },
  output: Schema.Struct({
    ...table,
    from: optionalText,
    interval: optionalText,
    last: optionalTime,
    next_cursor: optionalText
  })
})

export const getRecentTrades = Tool.endpoint("get_recent_trades", {
  title: "Recent trades",
  description:
    "Public trades of a pair, newest last: the latest, or the first after since. For later ones pass last as since. Your own: get_trade_history.",
  endpoint: "public/Trades",
  input: {
    pair: PairName,
    since: optional(timeOrNanoseconds("After this: ISO 8601, Unix seconds, -30d or last")),
    count: withDefault(integer("Trades", 1, 1000), 100),
    asset_class,
    detail: Detail.detail
  },
  shape: ({ id, last, rows }, context) => ({
    ...named(id, context),
    ...Output.tradeTable(rows, context.input),
    ...Rows.compact({ last })
  }),
  output: Schema.Struct({ ...table, last: optionalAmount })
})

export const getRecentSpreads = Tool.endpoint("get_recent_spreads", {
  title: "Recent spreads",
  description: "Best bid and ask of a pair over the last minutes, newest last. For newer ones pass last as since.",
  endpoint: "public/Spread",
  input: {
    pair: PairName,
    since: optional(time("From this on: ISO 8601, Unix seconds or last")),
    asset_class,
    detail: Detail.detail,
    ...backwardsPaging(100, 500)
  },
  params: (input) => Struct.omit(input, "limit", "cursor"),
  shape: ({ id, last, rows: spreads }, context) => {
    const { page, rows } = pageBackwards(spreads, ([time]) => Number(time), context.input)
    return { ...named(id, context), ...Output.spreadTable(rows, context.input), ...Rows.compact({ last }), ...page }
  },
  output: Schema.Struct({ ...table, last: optionalTime, next_cursor: optionalText })
})

const isNamed = (names: ReadonlyArray<string> | undefined): boolean => names !== undefined && names.length > 0
