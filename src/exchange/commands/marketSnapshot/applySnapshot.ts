import { findPair } from "../../catalogue/catalogue.ts"
import { takenNow, resetTaken } from "../../engine/liquidity.ts"
import type { MarketSnapshot } from "../../state/market.ts"
import { fillTradedThrough, fillCrossed } from "../../engine/matching.ts"
import type { Pair } from "../../catalogue/pairs.ts"
import { type Params, required } from "../../wire/params.ts"
import { Refusal } from "../../base/refusal.ts"
import { type Exchange, pairStateOf } from "../../state/state.ts"
import { processTriggered } from "../../engine/submit.ts"

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
  const known = recorder.latest(pair)
  if (known !== undefined && snapshot.seen <= known.seen) return false
  // The first snapshot of a pair contributes only its newest trade, since older ones say nothing about the present.
  const trades = known === undefined ? snapshot.trades.slice(-1) : newTrades(snapshot, known.last)
  const state = pairStateOf(exchange, pair)
  recorder.setBook(snapshot, exchange.now, takenNow(exchange, state))
  resetTaken(exchange, state)
  // Until a newer public trade is reported, our own trade remains the last one.
  const own = state.ownTrade && { ...state.ownTrade, tick: exchange.market.tick(pair, exchange.now) }
  state.ownTrade = own
  fillCrossed(exchange, state)
  processTriggered(exchange, state)
  for (const trade of trades) {
    recorder.addTrade(pair, trade)
    if (state.ownTrade === own) state.ownTrade = undefined
    // Trade times come from another clock: no trade is later than the snapshot that contains it.
    const time = Math.min(trade.time, exchange.now)
    fillTradedThrough(exchange, state, { ...trade, time })
    processTriggered(exchange, state, time)
  }
  processTriggered(exchange, state)
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
