import { findPair } from "../../catalogue/catalogue.ts"
import { current, renew } from "../../engine/liquidity.ts"
import type { MarketSnapshot } from "../../state/Market.ts"
import { passThrough, sweep } from "../../engine/matching.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import { type Params, required } from "../../wire/params.ts"
import { Refusal } from "../../base/Refusal.ts"
import { type Exchange, venueOf } from "../../state/state.ts"
import { settle } from "../../engine/submit.ts"

/**
 * Replaces the book of a pair by a snapshot's. First, resting orders that the new book reaches are filled from it. Then
 * the trades since the last snapshot are replayed one by one: they fill orders at better prices and move the last
 * price, which triggers stops. A triggered stop trades with the new book, not with an older one. Returns false if the
 * snapshot is not newer than the last one.
 */
export const applySnapshot = (exchange: Exchange, snapshot: MarketSnapshot): boolean => {
  const { recorder } = exchange.market
  if (recorder === undefined) throw new Refusal("EGeneral:Unknown method")
  const { pair } = snapshot
  const known = recorder.known(pair)
  if (known !== undefined && snapshot.seen <= known.seen) return false
  // The first snapshot of a pair contributes only its newest trade, since older ones say nothing about the present.
  const trades = known === undefined ? snapshot.trades.slice(-1) : newTrades(snapshot, known.last)
  const venue = venueOf(exchange, pair)
  recorder.showBook(snapshot, exchange.now, current(exchange, venue))
  renew(exchange, venue)
  // Until a newer public trade is reported, our own trade remains the last one.
  const own = venue.ownTrade && { ...venue.ownTrade, tick: exchange.market.tick(pair, exchange.now) }
  venue.ownTrade = own
  sweep(exchange, venue)
  settle(exchange, venue)
  for (const trade of trades) {
    recorder.showTrade(pair, trade)
    if (venue.ownTrade === own) venue.ownTrade = undefined
    // Trade times come from another clock: no trade is later than the snapshot that contains it.
    const time = Math.min(trade.time, exchange.now)
    passThrough(exchange, venue, { ...trade, time })
    settle(exchange, venue, time)
  }
  settle(exchange, venue)
  return true
}

/** Finds the pair that params of `control/Observe` name. */
export const observedPair = ({ catalogue }: Exchange, params: Params): Pair => {
  const pair = findPair(catalogue, required(params, "pair"))
  if (pair === undefined) throw new Refusal("EQuery:Unknown asset pair")
  return pair
}

export const newTrades = ({ trades }: MarketSnapshot, last: { readonly id: number } | undefined) =>
  trades.filter(({ id }) => last === undefined || id > last.id)
