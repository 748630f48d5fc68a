import { fit, scan } from "../../base/fixed.ts"
import type { Level, MarketSnapshot, PublicTrade } from "../../state/market.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import type { Params } from "../../wire/params.ts"
import { invalid } from "../../base/refusal.ts"

const most = { levels: 500, trades: 1000 }

/**
 * Reads a pair's snapshot from plain JSON: `pair`, its name; `seen` in epoch milliseconds; `bids` and `asks` best first
 * as `[price, volume, seconds]`; `trades` oldest first as `[price, volume, milliseconds, "b" or "s", "m" or "l", id]`.
 * Prices and volumes are text, since JSON numbers can't hold them exactly.
 */
export const readSnapshot = (pair: Pair, params: Params): MarketSnapshot => {
  const bids = rows(params, "bids", most.levels).map((row) => readLevel(pair, row, "bids"))
  const asks = rows(params, "asks", most.levels).map((row) => readLevel(pair, row, "asks"))
  const trades = rows(params, "trades", most.trades).map((row) => readTrade(pair, row))
  if (!rises(asks.map(({ price }) => price))) throw invalid("asks")
  // Prices rise from the worst bid through the best bid to the best ask.
  if (!rises([...bids.toReversed(), ...asks.slice(0, 1)].map(({ price }) => price))) throw invalid("bids")
  if (!rises(trades.map(({ id }) => id))) throw invalid("trades")
  return { pair, seen: whole(params["seen"], "seen"), bids, asks, trades }
}

const readLevel = (pair: Pair, [price, volume, time]: Row, field: string): Level => ({
  price: positive(price, pair.priceDecimals, field),
  volume: positive(volume, pair.lotDecimals, field),
  time: whole(time, field)
})

const readTrade = (pair: Pair, [price, volume, time, side, kind, id]: Row): PublicTrade => {
  if ((side !== "b" && side !== "s") || (kind !== "m" && kind !== "l")) throw invalid("trades")
  return {
    id: whole(id, "trades"),
    time: whole(time, "trades"),
    side: side === "b" ? "buy" : "sell",
    market: kind === "m",
    price: positive(price, pair.priceDecimals, "trades"),
    volume: positive(volume, pair.lotDecimals, "trades")
  }
}

type Row = ReadonlyArray<unknown>

const rows = (params: Params, field: string, most: number): ReadonlyArray<Row> => {
  const value = params[field]
  if (!Array.isArray(value) || value.length > most || !value.every(Array.isArray)) throw invalid(field)
  return value as ReadonlyArray<Row>
}

const positive = (value: unknown, decimals: number, field: string): bigint => {
  const scanned = typeof value === "string" ? scan(value) : undefined
  const units = scanned && fit(scanned, decimals)
  if (units === undefined || units <= 0n) throw invalid(field)
  return units
}

const whole = (value: unknown, field: string): number => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw invalid(field)
  return value
}

const rises = <A extends bigint | number>(values: ReadonlyArray<A>): boolean =>
  values.every((value, i) => i === 0 || value > values[i - 1]!)
