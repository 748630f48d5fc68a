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
 * The market has been looked at: from now on its book is the one that was seen. Resting orders that the book reaches are
 * filled from it. Then the trades that led there are gone through one by one: they fill what waited at better prices,
 * and move the last price that stops listen to; a stop that one of them wakes trades with the book of now, not with one
 * that is gone. False if nothing of it was new.
 */
export const applySnapshot = (x: Exchange, snapshot: MarketSnapshot): boolean => {
  const { recorder } = x.market
  if (recorder === undefined) throw new Refusal("EGeneral:Unknown method")
  const { pair } = snapshot
  const known = recorder.known(pair)
  if (known !== undefined && snapshot.seen <= known.seen) return false
  // Of a pair that nobody has looked at before, only the newest trade says something about now.
  const trades = known === undefined ? snapshot.trades.slice(-1) : newTrades(snapshot, known.last)
  const venue = venueOf(x, pair)
  recorder.showBook(snapshot, x.now, current(x, venue))
  renew(x, venue)
  // Whatever the book is now: as long as no newer trade is told, ours is the last one.
  const own = venue.ownTrade && { ...venue.ownTrade, tick: x.market.tick(pair, x.now) }
  venue.ownTrade = own
  sweep(x, venue)
  settle(x, venue)
  for (const trade of trades) {
    recorder.showTrade(pair, trade)
    if (venue.ownTrade === own) venue.ownTrade = undefined
    // Another clock than ours told the time: no trade is later than the look that saw it.
    const time = Math.min(trade.time, x.now)
    passThrough(x, venue, { ...trade, time })
    settle(x, venue, time)
  }
  settle(x, venue)
  return true
}

/** The pair that params of `control/Observe` are about. */
export const observedPair = ({ catalogue }: Exchange, params: Params): Pair => {
  const pair = findPair(catalogue, required(params, "pair"))
  if (pair === undefined) throw new Refusal("EQuery:Unknown asset pair")
  return pair
}

export const newTrades = ({ trades }: MarketSnapshot, last: { readonly id: number } | undefined) =>
  trades.filter(({ id }) => last === undefined || id > last.id)
