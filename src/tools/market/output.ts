import { Schema, Struct } from "effect"
import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { Amount, Count, Seconds, columns, optionalAmount, optionalCount, optionalText } from "../kit/answerFields.ts"
import { optional } from "../kit/fields.ts"
import * as JsonSchema from "../kit/jsonSchema.ts"
import * as Rows from "../kit/rows.ts"

/** The fields of every asset's row. */
const assetNames = { asset: Schema.String, id: Schema.String, status: optionalText }

/** The fields of an asset's row that are given on request. */
const assetDetails = {
  altname: optionalText,
  aclass: optionalText,
  decimals: optionalCount,
  display_decimals: optionalCount,
  collateral_value: optionalAmount,
  margin_rate: optionalAmount
}

export const Asset = Schema.Struct({ ...assetNames, ...assetDetails }).annotations(JsonSchema.namingOnly(assetNames))

const leverages = optional(Schema.Array(Count))
const fees = (names: string) => optional(Schema.Array(columns(names, Amount, Amount)))

const pairNames = {
  pair: Schema.String,
  id: Schema.String,
  base: optionalText,
  quote: optionalText,
  status: optionalText
}

const pairDetails = {
  altname: optionalText,
  base_id: optionalText,
  quote_id: optionalText,
  aclass_base: optionalText,
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
  fees: fees("[30-day volume, percent]"),
  fees_maker: fees("[30-day volume, percent]"),
  execution_venue: optionalText
}

export const Pair = Schema.Struct({ ...pairNames, ...pairDetails }).annotations(JsonSchema.namingOnly(pairNames))

/** The names of fields that every row has. */
export const always = { asset: Struct.keys(assetNames), pair: Struct.keys(pairNames) }

export const onRequest = { asset: Object.keys(assetDetails), pair: Object.keys(pairDetails) }

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

/** Makes the schema of two cells, which the tool's description names. */
const pairOf = <A, I>(cell: Schema.Schema<A, I>) =>
  Schema.Tuple(cell, cell).annotations({ jsonSchema: { type: "array" } })

const two = optional(pairOf(Amount))

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
  trades: optional(pairOf(Count))
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

/** Returns the cells at two positions. Undefined for a market without trades, which has none. */
const cells = (row: TickerRow["a"], first: number, second: number) => {
  const [one, two] = [row?.[first] ?? undefined, row?.[second] ?? undefined]
  return one === undefined || two === undefined ? undefined : ([one, two] as const)
}

const changeOf = (last: string | number | undefined, open: string | number | undefined): string | undefined => {
  const [now, before] = [D.parse(String(last)), D.parse(String(open))]
  return now && before && D.percent(D.subtract(now, before), before)
}

export const Candle = columns(
  "[time, open, high, low, close, vwap, volume, trades]",
  Seconds,
  Amount,
  Amount,
  Amount,
  Amount,
  Amount,
  Amount,
  Count
)

export const Level = columns("[price, volume, time]", Amount, Amount, Seconds)

export const Group = columns("[price, volume]", Amount, Amount)

export const Spread = columns("[time, bid, ask]", Seconds, Amount, Amount)

/** `time` is text: it has more digits than a number holds. */
export const Trade = columns(
  "[price, volume, time, side, order type, trade id]",
  Amount,
  Amount,
  Amount,
  Schema.String,
  Schema.String,
  Schema.optionalElement(Count)
)

const letters: Readonly<Record<string, string>> = { b: "buy", s: "sell", m: "market", l: "limit" }

/** Replaces the letters of `[price, volume, time, "b", "l", misc, id]` by words and drops `misc`, which is empty. */
export const tradeCells = ([price, volume, time, side, type, , id]: Result<"public/Trades">["rows"][number]) => {
  const cells = [price, volume, time, letters[side] ?? side, letters[type] ?? type] as const
  return id === undefined ? cells : ([...cells, id] as const)
}

/** Returns the documented cells. Kraken might add others at the end. */
export const candleCells = ([
  time,
  open,
  high,
  low,
  close,
  vwap,
  volume,
  trades
]: Result<"public/OHLC">["rows"][number]) => [time, open, high, low, close, vwap, volume, trades] as const

type Three = readonly [string | number, string | number, string | number, ...ReadonlyArray<unknown>]

/** Returns the first three cells, which are documented. */
export const threeCells = ([one, two, three]: Three) => [one, two, three] as const
