import { rest } from "./book.ts"
import { closeSpec } from "../state/close.ts"
import { feeOn } from "../catalogue/fees.ts"
import { adjustHold, holdFor, rateOf } from "../accounts/holds.ts"
import { available } from "../accounts/ledger.ts"
import { accountOf, enlist, finish } from "./lifecycle.ts"
import { bestOffer, offers, signal } from "./liquidity.ts"
import { acceptable } from "./book.ts"
import { min } from "../base/fixed.ts"
import { isTrading } from "./mode.ts"
import { take, wanted } from "./matching.ts"
import { type Order, type OrderSpec, hasTrigger, isTrailing, left } from "../state/order.ts"
import { quoteAmount } from "../catalogue/pairs.ts"
import { type Account, type Exchange, type Venue, at, venueOf } from "../state/state.ts"
import { distanceAt, nextTriggered, park, trailingTrigger, waitsFor } from "./stops.ts"

/** Places an order and processes everything that follows from it. The caller has checked the order and its funds. */
export const submit = (x: Exchange, account: Account, spec: OrderSpec): Order => {
  const order = enlist(x, account, spec)
  if (order.expire > 0) at(x, order.expire, { kind: "expire", txid: order.txid })
  if (order.start > x.now) at(x, order.start, { kind: "start", txid: order.txid })
  else {
    activate(x, order)
    settle(x, venueOf(x, order.pair))
  }
  return order
}

/** Starts a scheduled order, or cancels it if its funds no longer suffice. */
export const start = (x: Exchange, order: Order): void => {
  if (!affordable(x, accountOf(x, order), order)) return finish(x, order, "canceled", "Insufficient funds")
  activate(x, order)
  settle(x, venueOf(x, order.pair))
}

/** Returns true if the account can pay for the order. The order's own hold counts as free. */
export const affordable = (x: Exchange, account: Account, spec: OrderSpec & Partial<Order>): boolean => {
  const { asset, amount } = needs(x, account, spec)
  const own = spec.hold?.asset === asset ? spec.hold.amount : 0n
  return available(account, asset) + own >= amount
}

/**
 * Triggers stops and places conditional closes that trades have caused, until there are no more. For a trade in the
 * past, only stops placed before it are triggered.
 */
export const settle = (x: Exchange, venue: Venue, before = Infinity): void => {
  if (!isTrading(x, venue)) return
  for (;;) {
    const fill = x.fills.shift()
    if (fill !== undefined) {
      const account = accountOf(x, fill.order)
      const order = enlist(x, account, closeSpec(fill.order, fill.price, fill.volume))
      if (order.volume === 0n || !affordable(x, account, order)) finish(x, order, "canceled", "Insufficient funds")
      else activate(x, order)
      continue
    }
    const stop = nextTriggered(x, venue, before)
    if (stop === undefined) return
    wake(x, venue, stop)
  }
}

/**
 * Executes an order against the book. The remaining volume then rests or ends, depending on its type and time in force.
 */
export const work = (x: Exchange, venue: Venue, order: Order): void => {
  if (order.postOnly && crosses(x, venue, order)) return finish(x, order, "canceled", "Post only order")
  if (order.timeInForce === "FOK" && !fillable(x, venue, order)) return finish(x, order, "canceled", "Fill or kill")
  take(x, venue, order)
  if (order.status !== "open") return
  if (order.limit === undefined) finish(x, order, "canceled", "Insufficient liquidity")
  else if (order.timeInForce === "IOC") finish(x, order, "canceled", "Immediate or cancel")
  else rest(x, venue, order)
}

export const crosses = (x: Exchange, venue: Venue, order: Pick<Order, "side" | "limit">): boolean => {
  const offer = bestOffer(x, venue, order.side)
  return offer !== undefined && acceptable(order.side, order.limit, offer.price)
}

const activate = (x: Exchange, order: Order): void => {
  const venue = venueOf(x, order.pair)
  order.status = "open"
  if (!hasTrigger(order.type)) {
    adjustHold(accountOf(x, order), order)
    return work(x, venue, order)
  }
  if (!isTrailing(order.type)) {
    const price = signal(x, venue, order.triggerBy)
    if (waitsFor(order) === "up" ? price >= order.trigger! : price <= order.trigger!) {
      return finish(x, order, "canceled", "Order would trigger immediately")
    }
  }
  park(x, venue, order)
  adjustHold(accountOf(x, order), order)
}

/** Turns a triggered stop into its market or limit order, or cancels it if its funds no longer suffice. */
const wake = (x: Exchange, venue: Venue, order: Order): void => {
  order.triggered = true
  order.touched = x.now
  const offset = order.trail?.limitOffset
  if (offset !== undefined) {
    const { distance, percent } = offset
    const away = distanceAt(
      { distance: distance < 0n ? -distance : distance, percent },
      order.trigger!,
      order.pair.tick
    )
    const limit = order.trigger! + (distance < 0n ? -away : away)
    order.limit = limit > order.pair.tick ? limit : order.pair.tick
  }
  const account = accountOf(x, order)
  if (!affordable(x, account, order)) return finish(x, order, "canceled", "Insufficient funds")
  adjustHold(account, order)
  work(x, venue, order)
}

/**
 * Returns the free funds that an order requires: its hold, or for a market buy the current price of its volume in the
 * book.
 */
const needs = (
  x: Exchange,
  account: Account,
  spec: OrderSpec & Partial<Order>
): { readonly asset: string; readonly amount: bigint } => {
  const { pair } = spec
  const { feeInBase, limit, side, spend, volume } = spec
  const rate = spec.rate ?? rateOf(x, account, pair, false)
  const triggered = spec.triggered ?? false
  const venue = venueOf(x, pair)
  const trigger =
    isTrailing(spec.type) && !triggered ? trailingTrigger(spec, signal(x, venue, spec.triggerBy)) : spec.trigger
  const order = { pair, side, limit, trigger, triggered, volume, executed: spec.executed ?? 0n, feeInBase, rate }
  const hold = holdFor(order)
  if (hold !== undefined) return hold
  const cost = spend ?? costNow(x, venue, order)
  return { asset: pair.quote.id, amount: cost + (feeInBase ? 0n : feeOn(cost, rate, "ceil")) }
}

const costNow = (x: Exchange, venue: Venue, order: Pick<Order, "pair" | "volume" | "executed">): bigint => {
  let rest = left(order)
  let cost = 0n
  for (const offer of offers(x, venue, "buy")) {
    if (rest === 0n) break
    const volume = min(rest, offer.volume)
    cost += quoteAmount(order.pair, offer.price, volume, "ceil")
    rest -= volume
  }
  return cost
}

/** Returns true if a fill-or-kill order would be filled completely without meeting an order of its own account. */
const fillable = (x: Exchange, venue: Venue, order: Order): boolean => {
  let rest = order.volume
  for (const offer of offers(x, venue, order.side)) {
    if (!acceptable(order.side, order.limit, offer.price)) return false
    if (offer.maker?.account === order.account) {
      if (order.selfTrade !== "cancel-oldest") return false
      continue
    }
    rest -= order.spend === undefined ? offer.volume : min(wanted(order, offer.price), offer.volume)
    if (rest <= 0n) return true
  }
  return false
}
