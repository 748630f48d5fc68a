import { numberOf, number, type Feed } from "./message.ts"
import { checksumOf } from "../../domain/live/checksum.ts"
import type { Level as PrintedLevel } from "../../domain/live/values.ts"
import { isoMicros } from "../base/text.ts"
import { divide, format } from "../base/fixed.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { depth, lastPrice } from "../engine/liquidity.ts"
import type { Candle, Level, PublicTrade } from "../state/market.ts"
import { type Exchange, pairStateOf } from "../state/state.ts"

/**
 * Makes the feed of a pair's ticker. With `bbo` it tells only changes of the best prices and their volumes, otherwise
 * each change.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/ticker read 2026-11-29
 */
export const ticker = (exchange: Exchange, pair: Pair, trigger: "trades" | "bbo", snapshot: boolean): Feed => {
  const state = pairStateOf(exchange, pair)
  const read = () => {
    const { now } = exchange
    const price = (value: bigint) => number(value, pair.priceDecimals)
    const volume = (value: bigint) => number(value, pair.lotDecimals)
    const [ask] = depth(exchange, state, "ask", 1)
    const [bid] = depth(exchange, state, "bid", 1)
    const day = exchange.market.summary(pair, now - 86_400_000, now)
    const last = lastPrice(exchange, state)
    const change = last - day.open
    const best = {
      symbol: pair.display,
      bid: price(bid?.price ?? 0n),
      bid_qty: volume(bid?.volume ?? 0n),
      ask: price(ask?.price ?? 0n),
      ask_qty: volume(ask?.volume ?? 0n)
    }
    const rest = {
      last: price(last),
      volume: volume(day.volume),
      vwap: price(day.vwap),
      low: price(day.low),
      high: price(day.high),
      change: price(change),
      change_pct: number(divide(change * 10_000n, day.open, "half"), 2),
      trades: day.count
    }
    return { key: JSON.stringify(trigger === "bbo" ? best : { ...best, ...rest }), row: { ...best, ...rest } }
  }
  let sent = read().key
  const message = (type: "snapshot" | "update", row: object) =>
    ({ channel: "ticker", type, data: [{ ...row, timestamp: isoMicros(exchange.now) }] }) as const
  return {
    acknowledged: { event_trigger: trigger, snapshot },
    snapshot: () => (snapshot ? message("snapshot", read().row) : undefined),
    updates: () => {
      const { key, row } = read()
      if (key === sent) return []
      sent = key
      return [message("update", row)]
    }
  }
}

export const depths = [10, 25, 100, 500, 1000] as const

/**
 * Makes the feed of a pair's book. An update holds the levels that have changed; volume 0 removes a level. Levels beyond
 * the depth are not removed: a client cuts its book to the depth after each update.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/book read 2026-11-29
 */
export const book = (exchange: Exchange, pair: Pair, count: number, snapshot: boolean): Feed => {
  const state = pairStateOf(exchange, pair)
  const side = (name: "ask" | "bid") => depth(exchange, state, name, count)
  const printed = (levels: ReadonlyArray<Level>): ReadonlyArray<PrintedLevel> =>
    levels.map(({ price, volume }) => ({
      price: format(price, pair.priceDecimals),
      quantity: format(volume, pair.lotDecimals)
    }))
  const rows = (levels: ReadonlyArray<Level>) =>
    printed(levels).map(({ price, quantity }) => ({ price: numberOf(price), qty: numberOf(quantity) }))
  let asks = side("ask")
  let bids = side("bid")
  const message = (type: "snapshot" | "update", changedBids: ReadonlyArray<Level>, changedAsks: ReadonlyArray<Level>) =>
    ({
      channel: "book",
      type,
      data: [
        {
          symbol: pair.display,
          bids: rows(changedBids),
          asks: rows(changedAsks),
          checksum: checksumOf({ asks: printed(asks), bids: printed(bids) }),
          timestamp: isoMicros(exchange.now)
        }
      ]
    }) as const
  return {
    acknowledged: { depth: count, snapshot },
    snapshot: () => (snapshot ? message("snapshot", bids, asks) : undefined),
    updates: () => {
      const before = { asks, bids }
      asks = side("ask")
      bids = side("bid")
      const changedAsks = changes("ask", before.asks, asks, count)
      const changedBids = changes("bid", before.bids, bids, count)
      return changedAsks.length + changedBids.length === 0 ? [] : [message("update", changedBids, changedAsks)]
    }
  }
}

/** Returns the levels that turn one side of the book into another, removed ones with volume 0. */
const changes = (
  side: "ask" | "bid",
  before: ReadonlyArray<Level>,
  after: ReadonlyArray<Level>,
  count: number
): ReadonlyArray<Level> => {
  const known = new Map(before.map(({ price, volume }) => [price, volume]))
  const changed = after.filter(({ price, volume }) => known.get(price) !== volume)
  const kept = new Set(after.map(({ price }) => price))
  const worst = after.at(-1)
  // A level behind the last one of a full book has only fallen out of its depth.
  const beyond = ({ price }: Level) =>
    worst !== undefined && after.length === count && (side === "bid" ? price < worst.price : price > worst.price)
  const removed = before.filter((level) => !kept.has(level.price) && !beyond(level))
  return [...removed.map((level) => ({ ...level, volume: 0n })), ...changed]
}

/**
 * Makes the feed of a pair's public trades. A snapshot holds the newest 50.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/trade read 2026-11-29
 */
export const trade = (exchange: Exchange, pair: Pair, snapshot: boolean): Feed => {
  const { market } = exchange
  const ours = pairStateOf(exchange, pair).trades
  const published = (after: number): ReadonlyArray<PublicTrade> =>
    market.trades(pair, { after, until: exchange.now, count: most })
  // Trades of the market and our own are followed apart, since one can appear with an earlier time than the other.
  let [after, place] = [market.last(pair, exchange.now)?.time ?? 0, ours.length]
  const own = (from: number) =>
    ours.slice(from).map((trade) => ({ ...trade, id: trade.number, market: trade.executedAs === "market" }))
  const rows = (trades: ReadonlyArray<PublicTrade>) =>
    trades
      .toSorted((one, other) => one.time - other.time || one.id - other.id)
      .map((trade) => ({
        symbol: pair.display,
        side: trade.side,
        price: number(trade.price, pair.priceDecimals),
        qty: number(trade.volume, pair.lotDecimals),
        ord_type: trade.market ? "market" : "limit",
        trade_id: trade.id,
        timestamp: isoMicros(trade.time)
      }))
  return {
    acknowledged: { snapshot },
    snapshot: () =>
      snapshot
        ? { channel: "trade", type: "snapshot", data: rows([...published(0), ...own(0)]).slice(-50) }
        : undefined,
    updates: () => {
      const news = [...published(after), ...own(place)]
      place = ours.length
      after = market.last(pair, exchange.now)?.time ?? after
      return news.length === 0 ? [] : [{ channel: "trade", type: "update", data: rows(news) }]
    }
  }
}

/** The most trades or candles of one message. */
const most = 720

export const intervals = [1, 5, 15, 30, 60, 240, 1440, 10080, 21600] as const

/**
 * Makes the feed of a pair's candles. A snapshot has as many as the OHLC endpoint.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/ohlc read 2026-11-29
 */
export const ohlc = (exchange: Exchange, pair: Pair, interval: number, snapshot: boolean): Feed => {
  const read = (count: number) => exchange.market.candles(pair, interval, exchange.now, Math.min(most, count))
  const row = (candle: Candle) => {
    const price = (value: bigint) => number(value, pair.priceDecimals)
    return {
      symbol: pair.display,
      open: price(candle.open),
      high: price(candle.high),
      low: price(candle.low),
      close: price(candle.close),
      trades: candle.count,
      volume: number(candle.volume, pair.lotDecimals),
      vwap: price(candle.vwap),
      interval_begin: isoNanos(candle.time * 1000),
      interval,
      timestamp: isoMicros((candle.time + interval * 60) * 1000)
    }
  }
  const key = (candle: Candle) => `${candle.time} ${candle.volume} ${candle.close}`
  let last = read(1).at(-1)
  const message = (type: "snapshot" | "update", candles: ReadonlyArray<Candle>) =>
    ({ channel: "ohlc", type, timestamp: isoNanos(exchange.now), data: candles.map(row) }) as const
  return {
    acknowledged: { interval, snapshot },
    snapshot: () => (snapshot ? message("snapshot", read(most)) : undefined),
    updates: () => {
      const passed = last === undefined ? 0 : Math.floor((exchange.now / 1000 - last.time) / (interval * 60))
      const before = last
      const news = read(passed + 1).filter(
        (candle) => before === undefined || (candle.time >= before.time && key(candle) !== key(before))
      )
      last = news.at(-1) ?? last
      return news.length === 0 ? [] : [message("update", news)]
    }
  }
}

/**
 * Makes the feed of assets and pairs. An update holds the pairs whose status has changed.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/instrument read 2026-11-29
 */
export const instrument = (exchange: Exchange, snapshot: boolean): Feed => {
  const listed = () => [...exchange.catalogue.pairs.values()].filter(({ base }) => base.class === "currency")
  const statusOf = (pair: Pair) => pairStateOf(exchange, pair).status
  const row = (pair: Pair) => ({
    symbol: pair.display,
    base: pair.base.display,
    quote: pair.quote.display,
    status: statusOf(pair),
    qty_precision: pair.lotDecimals,
    qty_increment: number(1n, pair.lotDecimals),
    price_precision: pair.priceDecimals,
    cost_precision: pair.costDecimals,
    marginable: pair.leverage.length > 0,
    has_index: exchange.market.index(pair, exchange.now) !== undefined,
    cost_min: numberOf(pair.text.costmin),
    ...(pair.positionLimits !== undefined && {
      position_limit_long: pair.positionLimits[0],
      position_limit_short: pair.positionLimits[1]
    }),
    tick_size: numberOf(pair.text.tick),
    price_increment: numberOf(pair.text.tick),
    qty_min: numberOf(pair.text.ordermin)
  })
  const assets = () =>
    [...exchange.catalogue.assets.values()]
      .filter((asset) => asset.class === "currency")
      .map((asset) => ({
        id: asset.display,
        status: "enabled",
        precision: asset.decimals,
        precision_display: asset.displayDecimals,
        borrowable: asset.marginRate !== undefined,
        ...(asset.collateral !== undefined && { collateral_value: asset.collateral }),
        ...(asset.marginRate !== undefined && { margin_rate: numberOf(asset.marginRate) })
      }))
  const sent = new Map(listed().map((pair) => [pair.id, statusOf(pair)]))
  return {
    acknowledged: { snapshot },
    snapshot: () =>
      snapshot
        ? { channel: "instrument", type: "snapshot", data: { assets: assets(), pairs: listed().map(row) } }
        : undefined,
    updates: () => {
      const changed = listed().filter((pair) => sent.get(pair.id) !== statusOf(pair))
      for (const pair of changed) sent.set(pair.id, statusOf(pair))
      return changed.length === 0
        ? []
        : [{ channel: "instrument", type: "update", data: { assets: [], pairs: changed.map(row) } }]
    }
  }
}

const isoNanos = (millis: number): string => isoMicros(millis).replace("Z", "000Z")
