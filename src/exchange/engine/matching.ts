import { acceptable, firstInQueue, restingOrders, addToBook, removeFromBook } from "./book.ts"
import { min } from "../base/fixed.ts"
import { feeOn } from "../catalogue/fees.ts"
import { adjustHold, countVolume, rateOf } from "../accounts/holds.ts"
import { tradeId } from "../base/ids.ts"
import { fromOutside, post } from "../accounts/ledger.ts"
import { accountOf, endOrder } from "./lifecycle.ts"
import { type Offer, bestOffer, marketLevel, takeFromMarket } from "./liquidity.ts"
import type { PublicTrade } from "../state/market.ts"
import { isTrading } from "./mode.ts"
import { type Order, type Side, type Trade, left } from "../state/order.ts"
import { baseAmount, costOf, quoteAmount, volumeFor } from "../catalogue/pairs.ts"
import { type Exchange, type PairState, nextNumber } from "../state/state.ts"

/** Executes an order that is not in the book against the offers that it accepts, best first. */
export const takeOffers = (exchange: Exchange, state: PairState, order: Order): void => {
  // One fee rate applies to all fills of this call, even if they reach a cheaper tier.
  const rate = feeRate(exchange, order, false)
  while (order.status === "open") {
    const offer = bestOffer(exchange, state, order.side)
    if (offer === undefined || !acceptable(order.side, order.limit, offer.price)) return
    if (offer.maker?.account === order.account) {
      preventSelfTrade(exchange, order, offer.maker)
      continue
    }
    const volume = min(wanted(order, offer.price), offer.volume)
    if (volume === 0n) return
    trade(exchange, state, order, rate, offer, volume)
  }
}

/** Returns the volume that an order would still take at a price. With `viqc` it depends on the amount left to spend. */
export const wanted = (order: Order, price: bigint): bigint =>
  order.spend === undefined ? left(order) : volumeFor(order.pair, price, order.spend, order.notional)

/** Executes resting orders that the market's book now crosses, at their own prices, best first. */
export const fillCrossed = (exchange: Exchange, state: PairState): void => {
  if (!isTrading(exchange, state)) return
  for (const side of ["buy", "sell"] as const) {
    const against = side === "buy" ? "ask" : "bid"
    for (;;) {
      const order = firstInQueue(state, side)
      if (order === undefined) break
      const level = marketLevel(exchange, state, against)
      if (level === undefined || !acceptable(side, order.limit, level.price)) break
      const volume = min(order.visible, level.volume)
      takeFromMarket(exchange, state, against, volume)
      fillResting(exchange, state, order, volume)
    }
  }
}

/**
 * Fills resting orders whose prices a public trade has passed: the trade would have met them first, best price first,
 * for at most its volume. An order at exactly the trade's price is not filled, since others might have been ahead of
 * it.
 */
export const fillTradedThrough = (exchange: Exchange, state: PairState, { price, time, volume }: PublicTrade): void => {
  if (!isTrading(exchange, state)) return
  for (const side of ["buy", "sell"] as const) {
    let rest = volume
    while (rest > 0n) {
      const order = firstBeyond(state, side, price, time)
      if (order === undefined) break
      const part = min(order.visible, rest)
      fillResting(exchange, state, order, part)
      rest -= part
    }
  }
}

/** Returns the first order in the queue that was placed before the time and has a better price. */
const firstBeyond = (state: PairState, side: Side, price: bigint, time: number): Order | undefined => {
  for (const order of restingOrders(state, side)) {
    if (side === "buy" ? order.limit! <= price : order.limit! >= price) return undefined
    if (order.touched < time) return order
  }
  return undefined
}

/** Fills a resting order from the market at the order's price. */
const fillResting = (exchange: Exchange, state: PairState, order: Order, volume: bigint): void => {
  const rate = feeRate(exchange, order, true)
  fill(exchange, state, order, {
    price: order.limit!,
    volume,
    maker: true,
    number: nextTradeNumber(exchange),
    rate,
    withMarket: true
  })
}

const trade = (
  exchange: Exchange,
  state: PairState,
  taker: Order,
  rate: bigint,
  { price, maker }: Offer,
  volume: bigint
): void => {
  const number = nextTradeNumber(exchange)
  if (maker === undefined) takeFromMarket(exchange, state, taker.side === "buy" ? "ask" : "bid", volume)
  state.ownTrade = { price, tick: exchange.market.tick(state.pair, exchange.now) }
  const trade = fill(exchange, state, taker, {
    price,
    volume,
    maker: false,
    number,
    rate,
    withMarket: maker === undefined
  })
  if (maker !== undefined) {
    const rate = feeRate(exchange, maker, true)
    fill(exchange, state, maker, { price, volume, maker: true, number, rate, withMarket: false })
  }
  state.trades.push(trade)
}

interface Execution {
  readonly price: bigint
  readonly volume: bigint
  readonly maker: boolean
  readonly number: number
  readonly rate: bigint
  readonly withMarket: boolean
}

/** Returns the account's current fee rate, at most the rate with which the order's hold was computed. */
const feeRate = (exchange: Exchange, order: Order, maker: boolean): bigint =>
  min(order.rate, rateOf(exchange, accountOf(exchange, order), order.pair, maker))

/**
 * Books one side of a trade: balances, ledger, trade record and order. Printed amounts (cost and fee with the pair's
 * cost decimals) are rounded to the nearest; booked amounts (with the asset's own decimals) are rounded down on both
 * sides.
 */
const fill = (
  exchange: Exchange,
  state: PairState,
  order: Order,
  { maker, number, price, rate, volume, withMarket }: Execution
): Trade => {
  const { pair } = state
  const account = accountOf(exchange, order)
  const id = tradeId(exchange.settings.seed, nextNumber(exchange))
  const sign = order.side === "buy" ? 1n : -1n
  const base = baseAmount(pair, volume) * sign
  const paid = quoteAmount(pair, price, volume, "floor")
  const quote = -paid * sign
  const cost = costOf(pair, price, volume)
  const entry = { refid: id, type: "trade" } as const
  // A rebate is a negative fee; it is rounded towards zero, too.
  const towardsZero = rate < 0n ? "ceil" : "floor"
  const quoteEntry = post(exchange, account, {
    ...entry,
    asset: pair.quote.id,
    amount: quote,
    fee: order.feeInBase ? 0n : feeOn(paid, rate, towardsZero)
  })
  const baseEntry = post(exchange, account, {
    ...entry,
    asset: pair.base.id,
    amount: base,
    fee: order.feeInBase ? feeOn(base * sign, rate, towardsZero) : 0n
  })
  if (withMarket) {
    fromOutside(exchange, pair.base.id, base)
    fromOutside(exchange, pair.quote.id, quote)
  }
  const trade: Trade = {
    id,
    number,
    order: order.txid,
    account: account.id,
    pair,
    time: exchange.now,
    side: order.side,
    type: order.type,
    executedAs: order.limit === undefined ? "market" : "limit",
    price,
    volume,
    cost,
    fee: feeOn(cost, rate, "half"),
    maker,
    ledgers: [quoteEntry.id, baseEntry.id]
  }
  account.trades.push(trade)
  countVolume(exchange, account, pair.quote, paid)
  updateOrder(exchange, state, order, trade, paid)
  return trade
}

const updateOrder = (
  exchange: Exchange,
  state: PairState,
  order: Order,
  { cost, fee, id, maker, price, volume }: Trade,
  paid: bigint
) => {
  order.executed += volume
  order.notional += price * volume
  order.cost += cost
  order.fee += fee
  order.spent += paid
  order.trades.push(id)
  if (order.close !== undefined) exchange.fills.push({ order, price, volume })
  if (order.spend === undefined ? left(order) === 0n : wanted(order, price) === 0n)
    return endOrder(exchange, order, "closed")
  if (maker) {
    order.visible -= volume
    // The next visible part of an iceberg goes to the end of the queue.
    if (order.visible === 0n) {
      removeFromBook(state, order)
      addToBook(exchange, state, order)
    }
  }
  adjustHold(accountOf(exchange, order), order)
}

const preventSelfTrade = (exchange: Exchange, taker: Order, maker: Order): void => {
  const reason = "Self trade prevention"
  if (taker.selfTrade !== "cancel-newest") endOrder(exchange, maker, "canceled", reason)
  if (taker.selfTrade !== "cancel-oldest") endOrder(exchange, taker, "canceled", reason)
}

/** Returns the next public trade id, above those of the market. */
const nextTradeNumber = (exchange: Exchange): number => 4_000_000_000 + nextNumber(exchange)
