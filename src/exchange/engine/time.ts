import { firstInLine } from "./book.ts"
import { finishEarn } from "../accounts/earn.ts"
import { credit } from "../accounts/funding.ts"
import { finish } from "./lifecycle.ts"
import type { Interest } from "../state/Market.ts"
import { sweep } from "./matching.ts"
import { isTrading } from "./mode.ts"
import { type Exchange, type Timer, venueOf, type Venue } from "../state/state.ts"
import { payReward } from "../accounts/rewards.ts"
import { settle, start } from "./submit.ts"

/**
 * Processes everything up to a moment, in order of time: prices at which orders wait, and timers. Two short steps lead
 * to the same state as one long step. Time never runs backwards.
 */
export const advance = (exchange: Exchange, to: number): void => {
  while (exchange.now < to) {
    const due = exchange.timers.firstKey()
    const until = due === undefined || due > to ? to : Math.max(due, exchange.now)
    const touched = touchedFirst(exchange, until)
    if (touched !== undefined) {
      exchange.now = touched.time
      for (const venue of touched.venues) {
        sweep(exchange, venue)
        settle(exchange, venue)
      }
    } else {
      exchange.now = until
      if (due !== undefined && due <= until) fireDue(exchange, due)
    }
  }
  // Timers can be due at the moment at which they are set.
  for (let due = exchange.timers.firstKey(); due !== undefined && due <= exchange.now; due = exchange.timers.firstKey())
    fireDue(exchange, due)
}

/** Finds the next moment at which the market reaches a price that an order waits for, and the pairs concerned. */
const touchedFirst = (exchange: Exchange, until: number) => {
  let time = until
  let venues: Array<Venue> = []
  for (const venue of exchange.venues.values()) {
    if (exchange.market.tick(venue.pair, exchange.now) === exchange.market.tick(venue.pair, until)) continue
    if (!isTrading(exchange, venue)) continue
    const interest = interestOf(venue)
    const touch = interest && exchange.market.nextTouch(venue.pair, exchange.now, time, interest)
    if (touch === undefined) continue
    if (touch < time) venues = []
    time = touch
    venues.push(venue)
  }
  return venues.length === 0 ? undefined : { time, venues }
}

/** Returns the prices that a pair's orders wait for; undefined if there are none. */
export const interestOf = (venue: Venue): Interest | undefined => {
  const interest: Interest = {}
  const bid = firstInLine(venue, "buy")?.limit
  const ask = firstInLine(venue, "sell")?.limit
  if (bid !== undefined) interest.askAtMost = bid
  if (ask !== undefined) interest.bidAtLeast = ask
  for (const by of ["last", "index"] as const) {
    const up = venue.stops[by].up.firstKey()
    const down = venue.stops[by].down.firstKey()
    if (up !== undefined) atLeast(interest, by, up)
    if (down !== undefined) atMost(interest, by, -down)
  }
  // A trailing stop waits for its trigger, and for any price that moves it.
  for (const { pair, peak, side, trigger, triggerBy } of venue.trailing.values()) {
    atLeast(interest, triggerBy, side === "sell" ? peak! + pair.tick : trigger!)
    atMost(interest, triggerBy, side === "sell" ? trigger! : peak! - pair.tick)
  }
  return Object.keys(interest).length === 0 ? undefined : interest
}

const atLeast = (interest: Interest, by: "last" | "index", price: bigint) => {
  const known = interest[`${by}AtLeast`]
  if (known === undefined || price < known) interest[`${by}AtLeast`] = price
}

const atMost = (interest: Interest, by: "last" | "index", price: bigint) => {
  const known = interest[`${by}AtMost`]
  if (known === undefined || price > known) interest[`${by}AtMost`] = price
}

const fireDue = (exchange: Exchange, time: number): void => {
  const timers = exchange.timers.get(time) ?? []
  exchange.timers.delete(time)
  for (const timer of timers) fire(exchange, timer)
}

const fire = (exchange: Exchange, timer: Timer): void => {
  switch (timer.kind) {
    case "start":
    case "expire": {
      const order = exchange.orders.get(timer.txid)!
      const venue = venueOf(exchange, order.pair)
      if (timer.kind === "start" && order.status === "pending" && isTrading(exchange, venue)) start(exchange, order)
      if (timer.kind === "expire" && (order.status === "open" || order.status === "pending")) {
        finish(exchange, order, "expired", "Order expired")
      }
      return settle(exchange, venue)
    }
    case "cancel-all": {
      const account = exchange.accounts.get(timer.account)!
      if (account.cancelAllAt?.sequence !== timer.sequence) return
      account.cancelAllAt = undefined
      for (const order of account.open.values()) finish(exchange, order, "canceled", "Cancel all orders after timeout")
      return
    }
    case "deposit":
      return credit(exchange, exchange.accounts.get(timer.account)!, timer.refid)
    case "earn":
      return finishEarn(exchange, exchange.accounts.get(timer.account)!, timer)
    case "reward":
      return payReward(exchange, exchange.accounts.get(timer.account)!, timer.strategy)
  }
}
