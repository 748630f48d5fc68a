import type { PublicEndpoint } from "../wire/call.ts"
import { format } from "../base/fixed.ts"
import { depth, lastPrice } from "../engine/liquidity.ts"
import type { Candle } from "../state/market.ts"
import { keyOf, type Pair } from "../catalogue/pairs.ts"
import { integer, names, oneOf, pairNamed, type Params, required, text } from "../wire/params.ts"
import { invalid } from "../base/refusal.ts"
import { printPrice } from "../wire/show.ts"
import { type Exchange, pairStateOf } from "../state/state.ts"

const intervals = [1, 5, 15, 30, 60, 240, 1440, 10080, 21600]

export const Ticker: PublicEndpoint = (exchange, params) => {
  const limited = names(params, "pair")
  const priced = (pair: Pair) =>
    pair.base.class === "currency" && exchange.market.last(pair, exchange.now) !== undefined
  const asked = limited ?? [...exchange.catalogue.pairs.values()].filter(priced).map(({ id }) => id)
  const midnight = Math.floor(exchange.now / 86_400_000) * 86_400_000
  return Object.fromEntries(
    asked.map((name) => {
      const pair = pairNamed(exchange, params, name)
      const price = (value: bigint) => printPrice({ pair, price: value })
      const volume = (value: bigint) => format(value, pair.lotDecimals)
      const [ask] = depth(exchange, pairStateOf(exchange, pair), "ask", 1)
      const [bid] = depth(exchange, pairStateOf(exchange, pair), "bid", 1)
      const side = (level: typeof ask) =>
        level === undefined
          ? [price(0n), "0", "0.000"]
          : [price(level.price), whole(pair, level.volume), `${format(level.volume, pair.lotDecimals).slice(0, -5)}`]
      const today = exchange.market.summary(pair, midnight, exchange.now)
      const day = exchange.market.summary(pair, exchange.now - 86_400_000, exchange.now)
      const last = lastPrice(exchange, pairStateOf(exchange, pair))
      const each = (of: (candle: Candle) => unknown) => [of(today), of(day)]
      return [
        display(params, pair, name),
        {
          a: side(ask),
          b: side(bid),
          c: [price(last), volume(exchange.market.last(pair, exchange.now)?.volume ?? 0n)],
          v: each((candle) => volume(candle.volume)),
          p: each((candle) => price(candle.vwap)),
          t: each((candle) => candle.count),
          l: each((candle) => price(candle.low)),
          h: each((candle) => price(candle.high)),
          o: price(today.open)
        }
      ]
    })
  )
}

export const OHLC: PublicEndpoint = (exchange, params) => {
  const { key, pair } = named(exchange, params)
  const interval = Number(oneOf(params, "interval", intervals.map(String)) ?? "1")
  const since = integer(params, "since", [0, 2 ** 40]) ?? 0
  const price = (value: bigint) => format(value, pair.priceDecimals)
  const all = exchange.market.candles(pair, interval, exchange.now, 720)
  // The running candle is returned even if it began before `since`.
  const rows = all
    .filter(({ time }, i) => time > since || i === all.length - 1)
    .map((c) => [
      c.time,
      ...[c.open, c.high, c.low, c.close, c.vwap].map(price),
      format(c.volume, pair.lotDecimals),
      c.count
    ])
  return { [key]: rows, last: all.at(-2)?.time ?? 0 }
}

export const Depth: PublicEndpoint = (exchange, params) => {
  const { key, pair } = named(exchange, params)
  const count = integer(params, "count", [1, 500]) ?? 100
  const side = (side: "ask" | "bid") =>
    depth(exchange, pairStateOf(exchange, pair), side, count).map(({ price, time, volume }) => [
      printPrice({ pair, price }),
      format(volume, pair.lotDecimals),
      time
    ])
  return { [key]: { asks: side("ask"), bids: side("bid") } }
}

export const Trades: PublicEndpoint = (exchange, params) => {
  const { key, pair } = named(exchange, params)
  const count = integer(params, "count", [1, 1000]) ?? 1000
  const after = since(params)
  const rows = publicTrades(exchange, pair, {
    after: after ?? 0,
    until: exchange.now,
    count,
    oldest: after !== undefined
  })
  return {
    [key]: rows.map((trade) => [
      printPrice({ pair, price: trade.price }),
      format(trade.volume, pair.lotDecimals),
      trade.time / 1000,
      trade.side === "buy" ? "b" : "s",
      trade.market ? "m" : "l",
      "",
      trade.id
    ]),
    last: `${Math.floor(rows.at(-1)?.time ?? after ?? exchange.now)}000000`
  }
}

export const Spread: PublicEndpoint = (exchange, params) => {
  const { key, pair } = named(exchange, params)
  const from = integer(params, "since", [0, 2 ** 40]) ?? 0
  const price = (value: bigint) => printPrice({ pair, price: value })
  const rows = exchange.market.spreads(pair, exchange.now, 200).filter(({ time }) => time >= from)
  return { [key]: rows.map(({ ask, bid, time }) => [time, price(bid), price(ask)]), last: rows.at(-1)?.time ?? from }
}

/** Merges the market's public trades with our own, oldest first. */
export const publicTrades = (
  exchange: Exchange,
  pair: Pair,
  range: { readonly after: number; readonly until: number; readonly count: number; readonly oldest?: boolean }
) => {
  const ours = pairStateOf(exchange, pair)
    .trades.slice(0)
    .filter(({ time }) => time > range.after && time <= range.until)
    .map((trade) => ({ ...trade, id: trade.number, market: trade.executedAs === "market" }))
  const all = [...exchange.market.trades(pair, range), ...ours].toSorted(
    (one, other) => one.time - other.time || one.id - other.id
  )
  return range.oldest === true ? all.slice(0, range.count) : all.slice(-range.count)
}

/** Reads a pair argument, and the key under which the answer lists it. */
export const named = (
  exchange: Exchange,
  params: Params,
  field = "pair"
): { readonly pair: Pair; readonly key: string } => {
  const name = required(params, field)
  const pair = pairNamed(exchange, params, name)
  return { pair, key: display(params, pair, name) }
}

const display = (params: Params, pair: Pair, name: string): string =>
  text(params, "assetVersion") === "1" ? pair.display : keyOf(pair, name)

const whole = (pair: Pair, volume: bigint): string => (volume / 10n ** BigInt(pair.lotDecimals)).toString()

/** Reads `since`, in seconds or as the nanoseconds of an earlier `last`, as milliseconds. */
const since = (params: Params): number | undefined => {
  const value = text(params, "since")
  if (value === undefined) return undefined
  if (!/^\d{1,19}(\.\d{1,9})?$/.test(value)) throw invalid("since")
  return value.length > 13 ? Number(BigInt(value.split(".")[0]!) / 1_000_000n) : Number(value) * 1000
}
