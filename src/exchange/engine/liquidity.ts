import type { Level, Taken } from "../state/market.ts"
import { acceptable, firstInQueue, restingOrders } from "./book.ts"
import { min } from "../base/fixed.ts"
import { type Order, type Side, left } from "../state/order.ts"
import { Refusal } from "../base/refusal.ts"
import type { Exchange, PairState } from "../state/state.ts"

/** The next volume that a taker can get: from a resting order, or from the market if `maker` is undefined. */
export interface Offer {
  readonly price: bigint
  readonly volume: bigint
  readonly maker: Order | undefined
}

/** Returns the best offer to a taker. At equal prices the market's volume comes first, since it was there before. */
export const bestOffer = (exchange: Exchange, state: PairState, taker: Side): Offer | undefined => {
  const level = marketLevel(exchange, state, taker === "buy" ? "ask" : "bid")
  const maker = firstInQueue(state, taker === "buy" ? "sell" : "buy")
  if (maker === undefined || (level !== undefined && acceptable(taker, maker.limit, level.price))) {
    return level && { price: level.price, volume: level.volume, maker: undefined }
  }
  return { price: maker.limit!, volume: maker.visible, maker }
}

/**
 * Iterates over all offers in the order in which a taker would get them, icebergs with their hidden volume. Takes
 * nothing.
 */
export function* offers(exchange: Exchange, state: PairState, taker: Side): IterableIterator<Offer> {
  const side = taker === "buy" ? "ask" : "bid"
  const taken = takenNow(exchange, state)[side]
  let place = taken.place
  const levelAt = () => {
    const level = exchange.market.level(state.pair, exchange.now, side, place)
    if (level === undefined || place !== taken.place) return level
    return { ...level, volume: level.volume - taken.volume }
  }
  let level = levelAt()
  for (const maker of restingOrders(state, taker === "buy" ? "sell" : "buy")) {
    while (level !== undefined && acceptable(taker, maker.limit, level.price)) {
      yield { price: level.price, volume: level.volume, maker: undefined }
      place++
      level = levelAt()
    }
    yield { price: maker.limit!, volume: left(maker), maker }
  }
  while (level !== undefined) {
    yield { price: level.price, volume: level.volume, maker: undefined }
    place++
    level = levelAt()
  }
}

/** Returns the market's best level minus the volume taken from it since its last tick. */
export const marketLevel = (exchange: Exchange, state: PairState, side: "bid" | "ask"): Level | undefined => {
  const taken = takenNow(exchange, state)[side]
  const level = exchange.market.level(state.pair, exchange.now, side, taken.place)
  if (level === undefined || taken.volume === 0n) return level
  return { ...level, volume: level.volume - taken.volume }
}

/** Takes volume from the market's best level, which must have that much. */
export const takeFromMarket = (exchange: Exchange, state: PairState, side: "bid" | "ask", volume: bigint): void => {
  const all = takenNow(exchange, state)
  const { place, volume: before } = all[side]
  const whole = before + volume >= exchange.market.level(state.pair, exchange.now, side, place)!.volume
  all[side] = whole ? { place: place + 1, volume: 0n } : { place, volume: before + volume }
}

/**
 * Returns the price of the last trade: our own if the market has not ticked since. Throws a Refusal if there is none,
 * so that only cancelling is possible.
 */
export const lastPrice = (exchange: Exchange, state: PairState): bigint => {
  const { ownTrade, pair } = state
  if (ownTrade !== undefined && ownTrade.tick === exchange.market.tick(pair, exchange.now)) return ownTrade.price
  const last = exchange.market.last(pair, exchange.now)
  if (last === undefined) throw new Refusal("EService:Market in cancel_only mode")
  return last.price
}

export const priceSignal = (exchange: Exchange, state: PairState, by: "last" | "index"): bigint =>
  (by === "index" ? exchange.market.index(state.pair, exchange.now) : undefined) ?? lastPrice(exchange, state)

/** Returns one side of the public book: the market's levels and resting orders, added up by price, best first. */
export const depth = (
  exchange: Exchange,
  state: PairState,
  side: "bid" | "ask",
  count: number
): ReadonlyArray<Level> => {
  const levels: Array<Level> = []
  for (const offer of offers(exchange, state, side === "ask" ? "buy" : "sell")) {
    const volume = offer.maker === undefined ? offer.volume : min(offer.volume, offer.maker.visible)
    const time = Math.floor((offer.maker?.touched ?? exchange.market.tick(state.pair, exchange.now)) / 1000)
    const top = levels.at(-1)
    if (top?.price === offer.price) levels[levels.length - 1] = { ...top, volume: top.volume + volume }
    else if (levels.length === count) break
    else levels.push({ price: offer.price, volume, time })
  }
  return levels
}

/** Resets the volume taken from the market's book, after the book was replaced. */
export const resetTaken = (exchange: Exchange, state: PairState): void => {
  Object.assign(state.taken, { tick: exchange.market.tick(state.pair, exchange.now), bid: none, ask: none })
}

const none: Taken = { place: 0, volume: 0n }

/** Returns the volume taken from the market's book since its last tick. */
export const takenNow = (exchange: Exchange, state: PairState): PairState["taken"] => {
  const tick = exchange.market.tick(state.pair, exchange.now)
  const { taken } = state
  if (taken.tick !== tick) Object.assign(taken, { tick, bid: none, ask: none })
  return taken
}
