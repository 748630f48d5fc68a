import type { Endpoint, PublicEndpoint } from "../wire/call.ts"
import { findPair } from "../catalogue/catalogue.ts"
import { divide, format } from "../base/fixed.ts"
import { hash, orderId, seedOf, tradeId } from "../base/ids.ts"
import { depth, offers } from "../engine/liquidity.ts"
import type { Pair } from "../catalogue/pairs.ts"
import { integer, oneOf, required, text, type Params } from "../wire/params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { printPrice } from "../wire/show.ts"
import { type Exchange, pairStateOf } from "../state/state.ts"
import { isoMicros, nanos } from "../base/text.ts"
import { named, publicTrades } from "./market.ts"

const groupings = [1, 5, 10, 25, 50, 100, 250, 500, 1000]

/**
 * Groups the book into wider price steps: bids are rounded down, asks up.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-grouped-order-book
 */
export const GroupedBook: PublicEndpoint = (exchange, params) => {
  const { pair } = named(exchange, params)
  const count = Number(oneOf(params, "depth", ["10", "25", "100", "250", "1000"]) ?? "10")
  const grouping = Number(oneOf(params, "grouping", groupings.map(String)) ?? "1")
  const step = pair.tick * BigInt(grouping)
  const side = (side: "bid" | "ask") => {
    const groups = new Map<bigint, bigint>()
    for (const { price, volume } of depth(exchange, pairStateOf(exchange, pair), side, 1000)) {
      const group = divide(price, step, side === "bid" ? "floor" : "ceil") * step
      if (groups.size === count && !groups.has(group)) break
      groups.set(group, (groups.get(group) ?? 0n) + volume)
    }
    return [...groups].map(([price, volume]) => ({
      price: printPrice({ pair, price }),
      qty: format(volume, pair.lotDecimals)
    }))
  }
  return { pair: pair.display, grouping, bids: side("bid"), asks: side("ask") }
}

/**
 * Lists the book order by order. Each level of the market counts as one order.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-level-3-order-book
 */
export const Level3: Endpoint = (exchange, { params }) => {
  const { pair } = named(exchange, params)
  const asked = Number(oneOf(params, "depth", ["0", "10", "25", "100", "250", "1000"]) ?? "100")
  const most = asked === 0 ? Infinity : asked
  const side = (side: "bid" | "ask") => {
    const orders = []
    for (const { maker, price, volume } of offers(
      exchange,
      pairStateOf(exchange, pair),
      side === "ask" ? "buy" : "sell"
    )) {
      if (orders.length >= most) break
      const seed = seedOf(`${pair.id}${side}`)
      orders.push({
        price: printPrice({ pair, price }),
        qty: format(maker?.visible ?? volume, pair.lotDecimals),
        order_id: maker?.txid ?? orderId(seed, hash(Number(price % 2n ** 32n))),
        timestamp: nanos(maker?.touched ?? exchange.market.tick(pair, exchange.now))
      })
    }
    return orders
  }
  return { pair: pair.display, bids: side("bid"), asks: side("ask") }
}

export const PreTrade: PublicEndpoint = (exchange, params) => {
  const pair = symbol(exchange, required(params, "symbol"))
  const side = (side: "bid" | "ask") =>
    depth(exchange, pairStateOf(exchange, pair), side, 10).map(({ price, time, volume }) => ({
      side: side === "bid" ? "BUY" : "SELL",
      price: format(price, pair.priceDecimals),
      qty: format(volume, pair.lotDecimals),
      count: 1,
      publication_ts: isoMicros(exchange.now),
      submission_ts: isoMicros(time * 1000)
    }))
  return { ...instrument(pair), venue: "PGSL", system: "CLOB", bids: side("bid"), asks: side("ask") }
}

export const PostTrade: PublicEndpoint = (exchange, params) => {
  const name = text(params, "symbol")
  const count = integer(params, "count", [1, 1000]) ?? 1000
  const after = moment(params, "from_ts")
  const until = Math.min(moment(params, "to_ts") ?? exchange.now, exchange.now)
  const range = { after: after ?? 0, until, count, oldest: after !== undefined }
  const found = (name === undefined ? [...exchange.catalogue.pairs.values()] : [symbol(exchange, name)])
    .flatMap((pair) => publicTrades(exchange, pair, range).map((trade) => ({ ...trade, pair })))
    .toSorted((one, other) => one.time - other.time)
  const trades = range.oldest ? found.slice(0, count) : found.slice(-count)
  return {
    last_ts: isoMicros(trades.at(-1)?.time ?? until),
    count: trades.length,
    trades: trades.map((trade) => ({
      trade_id: tradeId(seedOf(trade.pair.id), trade.id % 2 ** 32),
      price: format(trade.price, trade.pair.priceDecimals),
      quantity: format(trade.volume, trade.pair.lotDecimals),
      ...instrument(trade.pair),
      trade_venue: "PGSL",
      trade_ts: isoMicros(trade.time),
      publication_venue: "PGSL",
      publication_ts: isoMicros(trade.time + 100)
    }))
  }
}

const symbol = ({ catalogue }: Exchange, name: string): Pair => {
  const pair = name.includes("/") ? findPair(catalogue, name) : undefined
  if (pair === undefined) throw new Refusal("EQuery:Unknown asset pair")
  return pair
}

const instrument = (pair: Pair) => ({
  symbol: pair.display,
  description: pair.display,
  base_asset: pair.base.display,
  base_notation: "UNIT",
  quote_asset: pair.quote.display,
  quote_notation: "MONE"
})

const moment = (params: Params, field: string): number | undefined => {
  const value = text(params, field)
  if (value === undefined) return undefined
  const time = Date.parse(value)
  if (Number.isNaN(time)) throw invalid(field)
  return time
}
