import { firstInQueue } from "./book.ts"
import { finishEarn } from "../accounts/earn.ts"
import { creditDeposit } from "../accounts/funding.ts"
import { endOrder } from "./lifecycle.ts"
import type { AwaitedPrices } from "../state/market.ts"
import { fillCrossed } from "./matching.ts"
import { isTrading } from "./mode.ts"
import { type Exchange, findOrder, type Timer, pairStateOf, type PairState } from "../state/state.ts"
import { payReward } from "../accounts/rewards.ts"
import { processTriggered, startScheduled } from "./submit.ts"

/**
 * Processes everything up to a moment, in order of time: prices at which orders wait, and timers. Two short steps lead
 * to the same state as one long step. Time never runs backwards.
 */
export const advance = (exchange: Exchange, to: number): void => {
  while (exchange.now < to) {
    const due = exchange.timers.firstKey()
    const until = due === undefined || due > to ? to : Math.max(due, exchange.now)
    const touched = nextTouched(exchange, until)
    if (touched !== undefined) {
      exchange.now = touched.time
      for (const state of touched.states) {
        fillCrossed(exchange, state)
        processTriggered(exchange, state)
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
const nextTouched = (exchange: Exchange, until: number) => {
  let time = until
  let states: Array<PairState> = []
  for (const state of exchange.pairStates.values()) {
    if (exchange.market.tick(state.pair, exchange.now) === exchange.market.tick(state.pair, until)) continue
    if (!isTrading(exchange, state)) continue
    const awaited = awaitedPricesOf(state)
    const touch = awaited && exchange.market.nextTouch(state.pair, exchange.now, time, awaited)
    if (touch === undefined) continue
    if (touch < time) states = []
    time = touch
    states.push(state)
  }
  return states.length === 0 ? undefined : { time, states }
}

/** Returns the prices that a pair's orders wait for; undefined if there are none. */
export const awaitedPricesOf = (state: PairState): AwaitedPrices | undefined => {
  const awaited: AwaitedPrices = {}
  const bid = firstInQueue(state, "buy")?.limit
  const ask = firstInQueue(state, "sell")?.limit
  if (bid !== undefined) awaited.askAtMost = bid
  if (ask !== undefined) awaited.bidAtLeast = ask
  for (const by of ["last", "index"] as const) {
    const up = state.stops[by].up.firstKey()
    const down = state.stops[by].down.firstKey()
    if (up !== undefined) atLeast(awaited, by, up)
    if (down !== undefined) atMost(awaited, by, -down)
  }
  // A trailing stop waits for its trigger, and for any price that moves it.
  for (const { pair, peak, side, trigger, triggerBy } of state.trailing.values()) {
    atLeast(awaited, triggerBy, side === "sell" ? peak! + pair.tick : trigger!)
    atMost(awaited, triggerBy, side === "sell" ? trigger! : peak! - pair.tick)
  }
  return Object.keys(awaited).length === 0 ? undefined : awaited
}

const atLeast = (awaited: AwaitedPrices, by: "last" | "index", price: bigint) => {
  const known = awaited[`${by}AtLeast`]
  if (known === undefined || price < known) awaited[`${by}AtLeast`] = price
}

const atMost = (awaited: AwaitedPrices, by: "last" | "index", price: bigint) => {
  const known = awaited[`${by}AtMost`]
  if (known === undefined || price > known) awaited[`${by}AtMost`] = price
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
      const order = findOrder(exchange, timer.txid)!
      const state = pairStateOf(exchange, order.pair)
      if (timer.kind === "start" && order.status === "pending" && isTrading(exchange, state))
        startScheduled(exchange, order)
      if (timer.kind === "expire" && (order.status === "open" || order.status === "pending")) {
        endOrder(exchange, order, "expired", "Order expired")
      }
      return processTriggered(exchange, state)
    }
    case "cancel-all": {
      const account = exchange.accounts.get(timer.account)!
      if (account.cancelAllAt?.sequence !== timer.sequence) return
      account.cancelAllAt = undefined
      for (const order of account.open.values())
        endOrder(exchange, order, "canceled", "Cancel all orders after timeout")
      return
    }
    case "deposit":
      return creditDeposit(exchange, exchange.accounts.get(timer.account)!, timer.refid)
    case "earn":
      return finishEarn(exchange, exchange.accounts.get(timer.account)!, timer)
    case "reward":
      return payReward(exchange, exchange.accounts.get(timer.account)!, timer.strategy)
  }
}
