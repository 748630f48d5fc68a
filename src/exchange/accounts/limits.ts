import { Refusal } from "../base/Refusal.ts"
import type { Account, Counter, Exchange, Settings } from "../state/state.ts"
import type { Order } from "../state/order.ts"
import type { Pair } from "../catalogue/pairs.ts"

interface Limits {
  readonly rest: { readonly most: number; readonly decay: number }
  readonly engine: { readonly most: number; readonly decay: number }
  readonly openOrders: number
}

const tiers: Record<Settings["tier"], Limits> = {
  starter: { rest: { most: 15, decay: 0.33 }, engine: { most: 60, decay: 1 }, openOrders: 60 },
  intermediate: { rest: { most: 20, decay: 0.5 }, engine: { most: 125, decay: 2.34 }, openOrders: 80 },
  pro: { rest: { most: 20, decay: 1 }, engine: { most: 180, decay: 3.75 }, openOrders: 225 }
}

const heavy = new Set(["Ledgers", "QueryLedgers", "TradesHistory", "QueryTrades"])
const engine = new Set([
  "AddOrder",
  "AddOrderBatch",
  "AmendOrder",
  "EditOrder",
  "CancelOrder",
  "CancelAll",
  "CancelAllOrdersAfter",
  "CancelOrderBatch"
])

/** Charge a private call to its key's REST counter. */
export const chargeRest = (x: Exchange, key: string, name: string): void => {
  if (!x.settings.rateLimits || engine.has(name)) return
  const { decay, most } = tiers[x.settings.tier].rest
  const counter = decayed(x.restCounters, key, decay, x.now)
  counter.value += heavy.has(name) ? 2 : 1
  if (counter.value > most) throw new Refusal("EAPI:Rate limit exceeded")
}

/** What changing a young order costs on top, by its age in seconds. */
const ages = [5, 10, 15, 45, 90, 300]
const penalties = { amend: [3, 2, 1, 0, 0, 0], edit: [6, 5, 4, 2, 1, 0], cancel: [8, 6, 5, 4, 2, 1] }

export const penalty = (x: Exchange, kind: keyof typeof penalties, order: Order): number => {
  const age = (x.now - order.touched) / 1000
  const step = ages.findIndex((limit) => age < limit)
  return step === -1 ? 0 : penalties[kind][step]!
}

/**
 * Charge the account's engine counter of a pair, and the one it shares with its master and subaccounts, which takes
 * five times as much. Cancels of many orders are let through (`always`): the next action then fails.
 */
export const chargeEngine = (x: Exchange, account: Account, pair: Pair, cost: number, always = false): void => {
  if (!x.settings.rateLimits || cost === 0) return
  const { decay, most } = tiers[x.settings.tier].engine
  const own = decayed(x.engineCounters, `${account.id}/${pair.id}`, decay, x.now)
  const domain = decayed(x.engineCounters, `${account.master ?? account.id}/domain/${pair.id}`, decay * 5, x.now)
  if (!always && own.value + cost > most) throw new Refusal("EOrder:Rate limit exceeded")
  if (!always && domain.value + cost > most * 5) throw new Refusal("EOrder:Domain rate limit exceeded")
  own.value += cost
  domain.value += cost
}

export const checkOpenOrders = (x: Exchange, account: Account, pair: Pair): void => {
  if (!x.settings.rateLimits || account.open.size < tiers[x.settings.tier].openOrders) return
  let open = 0
  for (const order of account.open.values()) if (order.pair === pair) open++
  if (open >= tiers[x.settings.tier].openOrders) throw new Refusal("EOrder:Orders limit exceeded")
}

const decayed = (counters: Map<string, Counter>, key: string, decay: number, now: number): Counter => {
  const counter = counters.get(key) ?? { value: 0, at: now }
  counter.value = Math.max(0, counter.value - (decay * Math.max(0, now - counter.at)) / 1000)
  counter.at = now
  counters.set(key, counter)
  return counter
}
