import { Option, Schema } from "effect"
import * as D from "../../domain/numbers/decimal.ts"
import { Amount, columns, Count, optional, Seconds } from "../kit/Fields.ts"
import * as JsonSchema from "../kit/JsonSchema.ts"
import * as Rows from "../kit/Rows.ts"

const words = optional(Schema.String)
const amount = optional(Amount)
const count = optional(Count)

/** What every row of an asset has. */
const assetNames = { asset: Schema.String, id: Schema.String, status: words }

/** What a row has on request. */
const assetDetails = {
  altname: words,
  aclass: words,
  decimals: count,
  display_decimals: count,
  collateral_value: amount,
  margin_rate: amount
}

export const Asset = Schema.Struct({ ...assetNames, ...assetDetails }).annotations(JsonSchema.naming(assetNames))

const leverages = optional(Schema.Array(Count))
const fees = (names: string) => optional(Schema.Array(columns(names, Amount, Amount)))

const pairNames = { pair: Schema.String, id: Schema.String, base: words, quote: words, status: words }

const pairDetails = {
  altname: words,
  base_id: words,
  quote_id: words,
  aclass_base: words,
  pair_decimals: count,
  lot_decimals: count,
  cost_decimals: count,
  tick_size: amount,
  ordermin: amount,
  costmin: amount,
  leverage_buy: leverages,
  leverage_sell: leverages,
  long_position_limit: amount,
  short_position_limit: amount,
  margin_call: amount,
  margin_stop: amount,
  fees: fees("[30-day volume, percent]"),
  fees_maker: fees("[30-day volume, percent]"),
  execution_venue: words
}

export const Pair = Schema.Struct({ ...pairNames, ...pairDetails }).annotations(JsonSchema.naming(pairNames))

/** Which fields rows have. */
export const always = { asset: Object.keys(assetNames), pair: Object.keys(pairNames) }

export const onRequest = { asset: Object.keys(assetDetails), pair: Object.keys(pairDetails) }

interface Displays {
  readonly pair: (id: string) => string
  readonly asset: (id: string) => string
}

/** Rows of `AssetPairs`; with `info` Kraken leaves out all but a few fields. */
export const pairRow =
  ({ asset, pair }: Displays) =>
  ({ base, quote, ...row }: Rows.Row): Rows.Row =>
    Rows.compact({
      pair: pair(String(row["id"])),
      ...row,
      ...(base !== undefined && { base: asset(String(base)), base_id: base }),
      ...(quote !== undefined && { quote: asset(String(quote)), quote_id: quote })
    })

/** Two cells, which the tool's description names. */
const pairOf = <A, I>(cell: Schema.Schema<A, I>) =>
  Schema.Tuple(cell, cell).annotations({ jsonSchema: { type: "array" } })

const two = optional(pairOf(Amount))

export const Ticker = Schema.Struct({
  pair: Schema.String,
  id: Schema.String,
  ask: two,
  bid: two,
  last: two,
  open: amount,
  change: amount,
  high: two,
  low: two,
  vwap: two,
  volume: two,
  trades: optional(pairOf(Count))
})

/** Kraken's letters in words. Whole-lot volumes are left out, since a lot is one unit; `change` is ours. */
export const tickerRow = (id: string, pair: string, row: Rows.Row): Rows.Row => {
  const { a, b, c, h, l, o, p, t, v } = row
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

/** The cells at some places; nothing where a market without trades has none. */
const cells = (row: unknown, ...places: ReadonlyArray<number>): ReadonlyArray<unknown> | undefined => {
  const found = Array.isArray(row) ? places.map((place): unknown => row[place]) : []
  return found.length > 0 && found.every((cell) => cell !== undefined && cell !== null) ? found : undefined
}

const changeOf = (last: unknown, open: unknown): string | undefined =>
  Option.getOrUndefined(
    Option.map(Option.all([D.parse(String(last)), D.parse(String(open))]), ([last, open]) =>
      D.percent(D.subtract(last, open), open)
    )
  )

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

/** `[price, volume, time, "b", "l", misc, id]` with its letters in words and without `misc`, which is empty. */
export const tradeCells = (row: unknown): ReadonlyArray<unknown> => {
  const [price, volume, time, side, type, , id] = Rows.array(row)
  const spelled = [side, type].map((letter) => letters[String(letter)] ?? letter)
  return [price, volume, time, ...spelled, ...(id === undefined ? [] : [id])]
}

/** Rows with names as rows of columns; an empty text where a row has none. */
export const records = (rows: unknown, ...names: ReadonlyArray<string>): Array<ReadonlyArray<unknown>> =>
  Rows.list(rows).map((row) => names.map((name) => row[name] ?? ""))

/** The first cells of each row: Kraken may add others at the end. */
export const cut = (rows: unknown, width: number): Array<ReadonlyArray<unknown>> =>
  Rows.array(rows).map((row) => Rows.array(row).slice(0, width))

/** The rows of the one pair that was asked for, whatever Kraken calls it, and `last`. */
export const series = (result: unknown) => {
  const { last, ...pairs } = Rows.row(result)
  const [only] = Object.entries(pairs)
  if (only === undefined) throw new Rows.Unreadable("it names no pair")
  const [id, rows] = only
  return { id, rows, ...Rows.compact({ last }) }
}

/** The newest `limit` of rows that end with the newest, and how many that leaves out. */
export const newest = <A>(rows: ReadonlyArray<A>, limit: number) => ({
  rows: rows.slice(-limit),
  ...(rows.length > limit && { omitted: rows.length - limit })
})
