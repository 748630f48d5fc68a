import { Schema, Struct } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { Amount, Count, optionalAmount, optionalCount, optionalText } from "../kit/answerFields.ts"
import * as Detail from "../kit/detail.ts"
import { optional } from "../kit/fields.ts"
import * as JsonSchema from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

/** The fields of every asset's row. */
const assetNames = { asset: Schema.String, status: optionalText }

/** Kraken's own names of an asset, which are given on request. */
const assetIds = { id: optionalText, altname: optionalText, aclass: optionalText }

/** The other fields of an asset's row. They are given for named assets, and on request. */
const assetDetails = {
  decimals: optionalCount,
  display_decimals: optionalCount,
  collateral_value: optionalAmount,
  margin_rate: optionalAmount
}

export const Asset = Schema.Struct({ ...assetNames, ...assetIds, ...assetDetails }).annotations(
  JsonSchema.namingOnly(assetNames)
)

const leverages = optional(Schema.Array(Count))
const fees = optional(Schema.Array(Schema.Tuple(Amount, Amount)))

const pairNames = {
  pair: Schema.String,
  base: optionalText,
  quote: optionalText,
  status: optionalText
}

const pairIds = {
  id: optionalText,
  altname: optionalText,
  base_id: optionalText,
  quote_id: optionalText,
  aclass_base: optionalText
}

const pairDetails = {
  pair_decimals: optionalCount,
  lot_decimals: optionalCount,
  cost_decimals: optionalCount,
  tick_size: optionalAmount,
  ordermin: optionalAmount,
  costmin: optionalAmount,
  leverage_buy: leverages,
  leverage_sell: leverages,
  long_position_limit: optionalAmount,
  short_position_limit: optionalAmount,
  margin_call: optionalAmount,
  margin_stop: optionalAmount,
  fees,
  fees_maker: fees,
  execution_venue: optionalText
}

export const Pair = Schema.Struct({ ...pairNames, ...pairIds, ...pairDetails }).annotations(
  JsonSchema.namingOnly(pairNames)
)

/** The names of fields that every row has. */
export const always = { asset: Struct.keys(assetNames), pair: Struct.keys(pairNames) }

/** The names of fields that the row of a named asset or pair has beside those. */
export const ofNamed = { asset: Object.keys(assetDetails), pair: Object.keys(pairDetails) }

export const onRequest = {
  asset: [...Object.keys(assetIds), ...ofNamed.asset],
  pair: [...Object.keys(pairIds), ...ofNamed.pair]
}

interface DisplayNames {
  readonly pair: (id: string) => string
  readonly asset: (id: string) => string
}

type PairRow = Result<"public/AssetPairs">[string] & { readonly id: string }

/** Makes a row of `AssetPairs`. With `info`, Kraken sends only a few fields. */
export const pairRow =
  ({ asset, pair }: DisplayNames) =>
  ({ base, quote, ...row }: PairRow) =>
    Rows.compact({
      pair: pair(row.id),
      ...row,
      ...(base !== undefined && { base: asset(base), base_id: base }),
      ...(quote !== undefined && { quote: asset(quote), quote_id: quote })
    })

const two = optional(Schema.Tuple(Amount, Amount))

/** The ticker of a pair in a full answer. */
export const Ticker = Schema.Struct({
  pair: Schema.String,
  id: Schema.String,
  ask: two,
  bid: two,
  last: two,
  open: optionalAmount,
  change: optionalAmount,
  high: two,
  low: two,
  vwap: two,
  volume: two,
  trades: optional(Schema.Tuple(Count, Count))
})

type TickerRow = Result<"public/Ticker">[string]

/** Names the fields that Kraken names by letters. Whole-lot volumes are left out, since a lot is one unit. `change` is computed. */
export const tickerRow = (id: string, pair: string, { a, b, c, h, l, o, p, t, v }: TickerRow) => {
  const last = cells(c, 0, 1)
  return Rows.compact({
    pair,
    id,
    ask: cells(a, 0, 2),
    bid: cells(b, 0, 2),
    last,
    open: o,
    change: changeOf(last?.[0], o),
    high: cells(h, 0, 1),
    low: cells(l, 0, 1),
    vwap: cells(p, 0, 1),
    volume: cells(v, 0, 1),
    trades: cells(t, 0, 1)
  })
}

/** Makes a row of a short answer, which live data has, too. */
export const quoteRow = (pair: string, { a, b, c, h, l, o, v }: TickerRow) => {
  const last = c?.[0] ?? undefined
  return {
    pair,
    last,
    bid: b?.[0],
    ask: a?.[0],
    change_percent: changeOf(last, o),
    high_24h: h?.[1],
    low_24h: l?.[1],
    volume_24h: v?.[1]
  }
}

const tickerAmounts = ["last", "bid", "ask", "high_24h", "low_24h", "volume_24h"]

/** Makes the table of tickers of a short answer. `change_percent` counts from 00:00 UTC. */
export const tickerTable = (rows: ReadonlyArray<ReturnType<typeof quoteRow>>) =>
  Detail.table(rows, ["pair", "last", "bid", "ask", "change_percent", "high_24h", "low_24h", "volume_24h"], {
    amounts: tickerAmounts
  })

/** Returns the cells at two positions. Undefined for a market without trades, which has none. */
const cells = (row: TickerRow["a"], first: number, second: number) => {
  const [one, two] = [row?.[first] ?? undefined, row?.[second] ?? undefined]
  return one === undefined || two === undefined ? undefined : ([one, two] as const)
}

const changeOf = (last: string | number | undefined, open: string | number | undefined): string | undefined => {
  const [now, before] = [D.parse(String(last)), D.parse(String(open))]
  return now && before && D.percent(D.subtract(now, before), before)
}

const letters: Readonly<Record<string, string>> = { b: "buy", s: "sell", m: "market", l: "limit" }

const tradeForm = { amounts: ["price", "volume"], times: ["time"] }

/** Makes the table of public trades, from Kraken's `[price, volume, time, "b", "l", misc, id]`. `misc` is empty. */
export const tradeTable = (trades: Result<"public/Trades">["rows"], input: Detail.Wanted) =>
  Detail.table(
    trades.map(([price, volume, time, side, type, , trade_id]) => ({
      time,
      price,
      volume,
      trade_id,
      side: letters[side] ?? side,
      type: letters[type] ?? type
    })),
    ["time", "price", "volume", "side", "type", ...(Detail.isFull(input) ? ["trade_id"] : [])],
    tradeForm,
    input
  )

const spreadForm = { amounts: ["bid", "ask"], times: ["time"] }

/** Makes the table of spreads, from Kraken's `[time, bid, ask]`. */
export const spreadTable = (spreads: Result<"public/Spread">["rows"], input: Detail.Wanted) =>
  Detail.table(
    spreads.map(([time, bid, ask]) => ({ time, bid, ask })),
    ["time", "bid", "ask"],
    spreadForm,
    input
  )
