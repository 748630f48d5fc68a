import * as D from "../numbers/decimal.ts"
import { escapeXml, label, px } from "./svg.ts"

export interface ChartCandle {
  /** Unix seconds. */
  readonly time: number
  readonly open: D.Decimal
  readonly high: D.Decimal
  readonly low: D.Decimal
  readonly close: D.Decimal
  readonly volume: D.Decimal
}

/** A price of an open order, drawn as a line. */
export interface ChartOrder {
  readonly side: "buy" | "sell"
  readonly price: D.Decimal
  /** In base. */
  readonly volume: string
}

/** A trade of one's own, drawn as a triangle. */
export interface ChartFill {
  readonly side: "buy" | "sell"
  readonly price: D.Decimal
  /** Unix seconds. */
  readonly time: number
}

export interface Chart {
  readonly title: string
  /** Minutes of a candle. */
  readonly minutes: number
  readonly candles: ReadonlyArray<ChartCandle>
  readonly orders: ReadonlyArray<ChartOrder>
  readonly fills: ReadonlyArray<ChartFill>
}

/** Edges of the parts of the picture, in pixels. */
const area = { width: 800, height: 420, left: 12, right: 716, top: 40, bottom: 310, volumeTop: 326, volumeBottom: 388 }

/** The part of the range of prices by which orders beyond the candles can widen it, on each side. */
const widening = 0.5

/**
 * Draws candles with volume, prices of open orders, and own trades, as an SVG document with classes for its styles.
 * Positions are floats, since a pixel needs no more digits; labels are written from the exact numbers. Orders far from
 * the candles are left out, and counted.
 */
export const candleChart = ({ candles, fills, minutes, orders, title }: Chart) => {
  const range = rangeOf(candles, orders)
  const isVisible = ({ price }: { readonly price: D.Decimal }) =>
    float(price) >= range.low && float(price) <= range.high
  const y = (price: number) => area.bottom - ((price - range.low) / (range.high - range.low)) * (area.bottom - area.top)
  const step = (area.right - area.left) / Math.max(1, candles.length)
  const middle = (index: number) => area.left + (index + 0.5) * step
  const shown = orders.filter(isVisible)
  const inside = (time: number) => candles.findLastIndex((candle) => candle.time <= time)
  const drawn = fills.flatMap((fill) => {
    const index = inside(fill.time)
    return index < 0 || !isVisible(fill) ? [] : [{ ...fill, index }]
  })
  const parts = [
    ...grid(range, y),
    ...times(candles, minutes, middle),
    ...volumes(candles, step, middle),
    ...bodies(candles, step, middle, y),
    ...shown.map(orderLine(y)),
    ...drawn.map(({ index, price, side }) => triangle(side, middle(index), y(float(price)))),
    label(title, area.left, 24, "title")
  ]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${area.width} ${area.height}" width="${area.width}" height="${area.height}" role="img" aria-label="${escapeXml(title)}">${parts.join("")}</svg>`
  return { svg, left: { orders: orders.length - shown.length, fills: fills.length - drawn.length } }
}

const float = (value: D.Decimal) => Number(D.format(value))

interface Range {
  readonly low: number
  readonly high: number
}

/** Finds the range of prices: that of the candles, wide enough for the orders near them. */
const rangeOf = (candles: ReadonlyArray<ChartCandle>, orders: ReadonlyArray<ChartOrder>): Range => {
  const low = Math.min(...candles.map(({ low }) => float(low)))
  const high = Math.max(...candles.map(({ high }) => float(high)))
  const room = (high - low || high * 0.01) * widening
  const near = orders.map(({ price }) => float(price)).filter((price) => price >= low - room && price <= high + room)
  const [least, most] = [Math.min(low, ...near), Math.max(high, ...near)]
  const margin = (most - least || high * 0.01 || 1) * 0.04
  return { low: least - margin, high: most + margin }
}

const grid = ({ high, low }: Range, y: (price: number) => number) => {
  const { digits, prices } = ticks(low, high)
  const lines = prices.map((price) => `M${area.left} ${px(y(price))}H${area.right}`).join("")
  return [
    `<path class="grid" d="${lines}"/>`,
    ...prices.map((price) => label(price.toFixed(digits), area.right + 8, y(price) + 4, "axis"))
  ]
}

/** Chooses four to nine round prices within a range, and the decimals that they need. */
export const ticks = (low: number, high: number) => {
  const rough = (high - low) / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(low / step)
  const count = Math.floor(high / step) - first + 1
  return {
    digits: Math.min(20, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))),
    prices: Array.from({ length: count }, (_, i) => (first + i) * step)
  }
}

/** Labels up to six candles with their time: a date, or the time of day if all are of few days. */
const times = (candles: ReadonlyArray<ChartCandle>, minutes: number, middle: (index: number) => number) => {
  const every = Math.max(1, Math.ceil(candles.length / 6))
  const span = (candles.at(-1)?.time ?? 0) - (candles[0]?.time ?? 0)
  const withDay = span >= 86_400 && minutes < 1440
  return candles.flatMap(({ time }, index) => {
    if (index % every !== Math.floor(every / 2)) return []
    const iso = new Date(time * 1000).toISOString()
    const text = minutes >= 1440 ? iso.slice(0, 10) : withDay ? iso.slice(5, 16).replace("T", " ") : iso.slice(11, 16)
    return [label(text, middle(index), area.height - 12, "axis", "middle")]
  })
}

type Place = (index: number) => number

const bodyWidth = (step: number) => Math.max(0.8, Math.min(14, step * 0.7))

const volumes = (candles: ReadonlyArray<ChartCandle>, step: number, middle: Place) => {
  const most = Math.max(...candles.map(({ volume }) => float(volume)))
  if (!(most > 0)) return []
  const width = bodyWidth(step)
  const bars = candles.map(({ volume }, index) => {
    const height = (float(volume) / most) * (area.volumeBottom - area.volumeTop)
    return `M${px(middle(index) - width / 2)} ${area.volumeBottom}v${px(-height)}h${px(width)}v${px(height)}z`
  })
  return [`<path class="volume" d="${bars.join("")}"/>`]
}

/** Draws all rising candles as one path, and all falling ones as another, so that the document stays short. */
const bodies = (candles: ReadonlyArray<ChartCandle>, step: number, middle: Place, y: (price: number) => number) => {
  const width = bodyWidth(step)
  const path = (candle: ChartCandle, index: number) => {
    const x = middle(index)
    const [first, last] = [y(float(candle.open)), y(float(candle.close))]
    const [top, height] = [Math.min(first, last), Math.max(0.5, Math.abs(first - last))]
    const wick = `M${px(x)} ${px(y(float(candle.high)))}V${px(y(float(candle.low)))}`
    return `${wick}M${px(x - width / 2)} ${px(top)}h${px(width)}v${px(height)}h${px(-width)}z`
  }
  return (["up", "down"] as const).flatMap((direction) => {
    const paths = candles.map((candle, index) =>
      D.lessThan(candle.close, candle.open) === (direction === "down") ? path(candle, index) : ""
    )
    const d = paths.join("")
    return d === "" ? [] : [`<path class="${direction}" d="${d}"/>`]
  })
}

const orderLine =
  (y: (price: number) => number) =>
  ({ price, side, volume }: ChartOrder): string => {
    const at = y(float(price))
    const text = `${side} ${volume} at ${D.format(price)}`
    return `<path class="order ${side}" d="M${area.left} ${px(at)}H${area.right}"/>${label(text, area.left + 4, at - 4, side)}`
  }

/** Draws a triangle that points up below a purchase, or down above a sale. */
const triangle = (side: "buy" | "sell", x: number, y: number): string => {
  const down = side === "buy" ? 1 : -1
  return `<path class="fill ${side}" d="M${px(x)} ${px(y)}l-5 ${9 * down}h10z"/>`
}
