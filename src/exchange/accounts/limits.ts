import { endpoints, type PrivateEndpoint } from "../../domain/endpoints/endpoints.ts"
import {
  agePenalty,
  type Change,
  engineLimits,
  type Limit,
  openOrderLimits,
  restLimits
} from "../../domain/endpoints/rateCosts.ts"
import { Refusal } from "../base/Refusal.ts"
import type { Account, Counter, Exchange } from "../state/state.ts"
import type { Order } from "../state/order.ts"
import type { Pair } from "../catalogue/pairs.ts"

/**
 * Charges a private call to its key's REST counter. Throws a Refusal if the counter would exceed its limit.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08
 */
export const chargeRest = (x: Exchange, key: string, endpoint: PrivateEndpoint): void => {
  const cost = endpoints[endpoint].restCost
  if (!x.settings.rateLimits || cost === 0) return
  const limit = restLimits[x.settings.tier]
  const counter = decayed(x.restCounters, key, limit, x.now)
  counter.value += cost
  if (counter.value > limit.maximum) throw new Refusal("EAPI:Rate limit exceeded")
}

/**
 * Returns the extra cost of changing a young order.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08
 */
export const penalty = (x: Exchange, change: Change, order: Order): number =>
  agePenalty(change, (x.now - order.touched) / 1000)

/**
 * Charges the account's engine counter of a pair, and the counter that the account shares with its master and
 * subaccounts, whose limit is five times as high. With `always`, an action over the limit is let through and the next
 * one fails, as for cancels of many orders.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08
 */
export const chargeEngine = (x: Exchange, account: Account, pair: Pair, cost: number, always = false): void => {
  if (!x.settings.rateLimits || cost === 0) return
  const limit = engineLimits[x.settings.tier]
  const shared = { maximum: limit.maximum * 5, decayPerSecond: limit.decayPerSecond * 5 }
  const own = decayed(x.engineCounters, `${account.id}/${pair.id}`, limit, x.now)
  const domain = decayed(x.engineCounters, `${account.master ?? account.id}/domain/${pair.id}`, shared, x.now)
  if (!always && own.value + cost > limit.maximum) throw new Refusal("EOrder:Rate limit exceeded")
  if (!always && domain.value + cost > shared.maximum) throw new Refusal("EOrder:Domain rate limit exceeded")
  own.value += cost
  domain.value += cost
}

export const checkOpenOrders = (x: Exchange, account: Account, pair: Pair): void => {
  const most = openOrderLimits[x.settings.tier]
  if (!x.settings.rateLimits || account.open.size < most) return
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
