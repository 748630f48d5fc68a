import { endpoints, type PrivateEndpoint } from "../../domain/endpoints/endpoints.ts"
import {
  agePenalty,
  type Change,
  engineLimits,
  type Limit,
  openOrderLimits,
  restLimits
} from "../../domain/endpoints/rateCosts.ts"
import { Refusal } from "../base/refusal.ts"
import type { Account } from "../state/account.ts"
import type { Counter, Exchange } from "../state/state.ts"
import type { Order } from "../state/order.ts"
import type { Pair } from "../catalogue/pairs.ts"

/**
 * Charges a private call to its key's REST counter. Throws a Refusal if the counter would exceed its limit.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08
 */
export const chargeRest = (exchange: Exchange, key: string, endpoint: PrivateEndpoint): void => {
  const cost = endpoints[endpoint].restCost
  if (!exchange.settings.rateLimits || cost === 0) return
  const limit = restLimits[exchange.settings.tier]
  const counter = decayed(exchange.restCounters, key, limit, exchange.now)
  counter.value += cost
  if (counter.value > limit.maximum) throw new Refusal("EAPI:Rate limit exceeded")
}

/**
 * Returns the extra cost of changing a young order.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08
 */
export const penalty = (exchange: Exchange, change: Change, order: Order): number =>
  agePenalty(change, (exchange.now - order.touched) / 1000)

/**
 * Charges the account's engine counter of a pair, and the counter that the account shares with its master and
 * subaccounts, whose limit is five times as high. With `always`, an action over the limit is let through and the next
 * one fails, as for cancels of many orders.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08
 */
export const chargeEngine = (exchange: Exchange, account: Account, pair: Pair, cost: number, always = false): void => {
  if (!exchange.settings.rateLimits || cost === 0) return
  const limit = engineLimits[exchange.settings.tier]
  const shared = { maximum: limit.maximum * 5, decayPerSecond: limit.decayPerSecond * 5 }
  const own = decayed(exchange.engineCounters, `${account.id}/${pair.id}`, limit, exchange.now)
  const domain = decayed(
    exchange.engineCounters,
    `${account.master ?? account.id}/domain/${pair.id}`,
    shared,
    exchange.now
  )
  if (!always && own.value + cost > limit.maximum) throw new Refusal("EOrder:Rate limit exceeded")
  if (!always && domain.value + cost > shared.maximum) throw new Refusal("EOrder:Domain rate limit exceeded")
  own.value += cost
  domain.value += cost
}

export const checkOpenOrders = (exchange: Exchange, account: Account, pair: Pair): void => {
  const most = openOrderLimits[exchange.settings.tier]
  if (!exchange.settings.rateLimits || account.open.size < most) return
  let open = 0
  for (const order of account.open.values()) if (order.pair === pair) open++
  if (open >= most) throw new Refusal("EOrder:Orders limit exceeded")
}

const decayed = (counters: Map<string, Counter>, key: string, { decayPerSecond }: Limit, now: number): Counter => {
  const counter = counters.get(key) ?? { value: 0, at: now }
  counter.value = Math.max(0, counter.value - (decayPerSecond * Math.max(0, now - counter.at)) / 1000)
  counter.at = now
  counters.set(key, counter)
  return counter
}
