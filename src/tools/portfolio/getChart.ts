import { Effect, Option, Schema } from "effect"
import type { Directory, Pair } from "../../domain/assets/model.ts"
import { candleChart, type ChartCandle, type ChartFill, type ChartOrder } from "../../domain/charts/candleChart.ts"
import { standingAlone } from "../../domain/charts/svg.ts"
import * as D from "../../domain/numbers/decimal.ts"
import { Names } from "../../services/Names.ts"
import { Pictures } from "../../services/Pictures.ts"
import { optionalNumber, optionalText, optionalTexts } from "../kit/answerFields.ts"
import { tryRead } from "../kit/extraReads.ts"
import { optional, withDefault } from "../kit/fields.ts"
import { PairName } from "../kit/nameFields.ts"
import * as Rows from "../kit/rows.ts"
import { CandleInterval, time } from "../kit/timeFields.ts"
import { isoSeconds } from "../kit/timeText.ts"
import * as Tool from "../kit/tool.ts"
import { chartPage, svgMeta } from "./page.ts"
import { ofClass } from "./pricing.ts"
import { readAs } from "./reads.ts"

/** Candles of a picture without `since`. */
const usual = 120

/** Decimals of the change in percent. */
const changePlaces = 2

/** The text of an answer, for models that get no pictures. */
const Summary = Schema.Struct({
  pair: Schema.String,
  interval: Schema.String,
  candles: Schema.Number,
  from: optionalText,
  to: optionalText,
  open: optionalText,
  high: optionalText,
  low: optionalText,
  close: optionalText,
  change_percent: optionalText,
  volume: optionalText,
  orders: optionalNumber,
  fills: optionalNumber,
  missing: optionalTexts
})

/** An answer with its drawing, and with the picture if it could be made. */
interface Drawn extends Schema.Schema.Type<typeof Summary> {
  readonly svg?: string
  readonly png?: Uint8Array
}

export const getChart = Tool.make("get_chart", {
  title: "Chart",
  description:
    "A picture of a pair's candles and volume, with your open orders (lines) and fills (triangles); the text sums them up. At most 720 candles; without since, the last 120. For the numbers themselves: get_ohlc.",
  endpoint: "public/OHLC",
  input: {
    pair: PairName,
    interval: withDefault(CandleInterval, "60"),
    since: optional(time("After this: ISO 8601, Unix seconds or -30d"))
  },
  page: chartPage,
  handler: Effect.fn("Tool.get_chart")(function* ({ interval, pair: spelling, since }) {
    const names = yield* Names
    const name = yield* names.pair(spelling)
    const directory = yield* names.directory
    const found = directory.findPair(name)
    const pair = found?.display ?? name
    const params = found === undefined ? { pair: name } : ofClass(found)
    const { rows } = yield* readAs("public/OHLC", { ...params, interval, ...(since !== undefined && { since }) })
    const all = rows.flatMap((row) => candleOf(row.slice(0, 7).map(String)))
    const candles = since === undefined ? all.slice(-usual) : all
    const [first, last] = [candles[0], candles.at(-1)]
    if (first === undefined || last === undefined) {
      const nothing: Drawn = { pair, interval, candles: 0, missing: ["candles: none since then"] }
      return nothing
    }
    const own = yield* Effect.all([readOrders(found, directory), readFills(found, directory, first.time)], {
      concurrency: 2
    })
    const [orders, fills] = own
    const change = changeOf(first.open, last.close)
    const period = `${isoSeconds(first.time).slice(0, 10)} to ${isoSeconds(last.time).slice(0, 10)}`
    const title = [pair, intervalName(Number(interval)), `${period} UTC`, D.format(last.close), `${change}%`].join(
      " · "
    )
    const drawn = candleChart({
      title,
      minutes: Number(interval),
      candles,
      orders: orders.rows,
      fills: fills.rows
    })
    const pictures = yield* Pictures
    const png = yield* pictures.png(standingAlone(drawn.svg))
    const beyond = [
      ...(drawn.left.orders > 0 ? [`${drawn.left.orders} orders are too far from the price for the picture`] : []),
      ...(drawn.left.fills > 0 ? [`${drawn.left.fills} fills are too far from the price for the picture`] : [])
    ]
    const answer: Drawn = {
      pair,
      interval,
      candles: candles.length,
      from: isoSeconds(first.time),
      to: isoSeconds(last.time),
      open: D.format(first.open),
      high: D.format(candles.map(({ high }) => high).reduce((a, b) => D.max(a, b))),
      low: D.format(candles.map(({ low }) => low).reduce((a, b) => D.min(a, b))),
      close: D.format(last.close),
      change_percent: change,
      volume: D.format(D.total(candles.map(({ volume }) => volume))),
      svg: drawn.svg,
      ...Rows.compact({
        orders: orders.isRead ? orders.rows.length : undefined,
        fills: fills.isRead ? fills.rows.length : undefined,
        png: Option.getOrUndefined(png),
        missing: [
          ...(Option.isNone(png) ? ["picture: this server could not draw it"] : []),
          ...orders.missing,
          ...fills.missing,
          ...beyond
        ]
      })
    }
    return answer
  }),
  files: ({ png }: Drawn) =>
    png === undefined ? [] : [{ uri: "kraken://chart.png", mimeType: "image/png", bytes: png }],
  meta: ({ svg }: Drawn) => (svg === undefined ? {} : { [svgMeta]: svg }),
  output: Summary
})

const hundred = D.decimal("100")

/** Computes the change from the first price to the last, in percent, rounded half away from zero. */
const changeOf = (first: D.Decimal, last: D.Decimal): string =>
  D.isZero(first)
    ? "0"
    : D.toFixed(D.divideHalf(D.multiply(D.subtract(last, first), hundred), first, changePlaces), changePlaces)

/** Names a length of candles as people do: `15m`, `1h`, `1d`. */
const intervalName = (minutes: number): string =>
  minutes < 60 ? `${minutes}m` : minutes < 1440 ? `${minutes / 60}h` : `${minutes / 1440}d`

/** Reads a candle of Kraken's: time, open, high, low, close, average, volume. None if a part is no number. */
const candleOf = ([at = "", ...texts]: ReadonlyArray<string>): ReadonlyArray<ChartCandle> => {
  const [open, high, low, close, , volume] = texts.map(D.parse)
  return open && high && low && close && volume ? [{ time: Number(at), open, high, low, close, volume }] : []
}

interface Own<A> {
  readonly rows: ReadonlyArray<A>
  readonly missing: ReadonlyArray<string>
  readonly isRead: boolean
}

const unreadable = (what: string) => ({ isRead: false, rows: [], missing: [`${what}: not readable with this key now`] })

/** Reads the open orders of a pair that have a price. */
const readOrders = Effect.fnUntraced(function* (pair: Pair | undefined, directory: Directory) {
  const answer = yield* tryRead("private/OpenOrders", {})
  return Option.match(answer, {
    onNone: (): Own<ChartOrder> => unreadable("orders"),
    onSome: ({ open }): Own<ChartOrder> => ({
      isRead: true,
      missing: [],
      rows: Object.values(open).flatMap(({ descr, vol }) => {
        const price = D.parse(String(descr.price ?? ""))
        const side = sideOf(descr.type)
        const isOfPair = directory.pairDisplay(descr.pair) === pair?.display
        return isOfPair && side && price && D.isPositive(price)
          ? [{ side, price, volume: D.format(D.parse(String(vol)) ?? D.zero) }]
          : []
      })
    })
  })
})

/** Reads the last own trades of a pair since the first candle, of one page of the history. */
const readFills = Effect.fnUntraced(function* (pair: Pair | undefined, directory: Directory, from: number) {
  const answer = yield* tryRead("private/TradesHistory", { start: String(from - 1) })
  return Option.match(answer, {
    onNone: (): Own<ChartFill> => unreadable("fills"),
    onSome: ({ count, trades }): Own<ChartFill> => {
      const page = Object.values(trades)
      return {
        isRead: true,
        missing: Number(count) > page.length ? [`fills: of the last ${page.length} trades of all pairs only`] : [],
        rows: page.flatMap(({ pair: id, price: text, time, type }) => {
          const price = D.parse(String(text))
          const side = sideOf(type)
          return side && price && directory.pairDisplay(id) === pair?.display
            ? [{ side, price, time: Number(time) }]
            : []
        })
      }
    }
  })
})

const sideOf = (text: unknown) => (text === "buy" || text === "sell" ? text : undefined)
