import type { Result } from "../../domain/endpoints/endpoints.ts"
import * as Detail from "../kit/detail.ts"
import { isoOf } from "../kit/timeText.ts"

type Candle = Result<"public/OHLC">["rows"][number]

interface Wanted extends Detail.Wanted {
  readonly interval: string
}

/** The most candles of a short answer that are given with their times, opens and volumes. More would be too long for a model. */
const mostWithTimes = 250

const form = { amounts: ["open", "high", "low", "close", "vwap", "volume"] }

/**
 * Makes the table of candles. A long one has only high, low and close: the candles are `interval` minutes apart, the
 * first one at `from`. If one is missing between two others, all have their time.
 */
export const candleTable = (candles: ReadonlyArray<Candle>, input: Wanted) => {
  const minutes = Number(input.interval)
  const rows = candles.map(([time, open, high, low, close, vwap, volume, trades]) => ({
    time: candleTime(time, minutes),
    open,
    high,
    low,
    close,
    vwap,
    volume,
    trades
  }))
  const some = (...columns: ReadonlyArray<string>) => Detail.table(rows, columns, form, input)
  if (Detail.isFull(input)) return some("time", "open", "high", "low", "close", "vwap", "volume", "trades")
  if (rows.length <= mostWithTimes) return some("time", "open", "high", "low", "close", "volume")
  const isRegular = candles.every(([time], i) => i === 0 || Number(time) - Number(candles[i - 1]?.[0]) === minutes * 60)
  return isRegular
    ? { from: rows[0]?.time ?? "", interval: input.interval, ...some("high", "low", "close") }
    : some("time", "high", "low", "close")
}

/** Writes the time of a candle, of a day or longer as a date, else to the minute. */
const candleTime = (time: string | number, minutes: number): string => {
  const iso = isoOf(time)
  if (minutes >= 1440 && iso.endsWith("T00:00:00Z")) return iso.slice(0, 10)
  return iso.replace(/:00Z$/, "Z")
}
