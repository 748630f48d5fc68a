import type { Endpoint } from "./endpoints.ts"

/** What Kraken's documents say of its rate limits, in one place. The tier is that of the account's verification. */

export type Tier = "starter" | "intermediate" | "pro"

/** A counter that calls fill and time empties. Above `maximum`, Kraken refuses. */
export interface Limit {
  readonly maximum: number
  readonly decayPerSecond: number
}

/** The REST counter of an API key. */
export const restLimits: Readonly<Record<Tier, Limit>> = {
  starter: { maximum: 15, decayPerSecond: 0.33 },
  intermediate: { maximum: 20, decayPerSecond: 0.5 },
  pro: { maximum: 20, decayPerSecond: 1 }
}

/** The trading engine's counter of an account and pair. */
export const engineLimits: Readonly<Record<Tier, Limit>> = {
  starter: { maximum: 60, decayPerSecond: 1 },
  intermediate: { maximum: 125, decayPerSecond: 2.34 },
  pro: { maximum: 180, decayPerSecond: 3.75 }
}

/** Public calls, of an IP address. Kraken gives no numbers; about one a second is always fine. */
export const publicLimit: Limit = { maximum: 5, decayPerSecond: 1 }

/** What a private call adds to the REST counter. */
export const restCost = (endpoint: Endpoint): number => restCosts[endpoint] ?? 1

const restCosts: Readonly<Record<Endpoint, number>> = {
  "private/Ledgers": 2,
  "private/QueryLedgers": 2,
  "private/TradesHistory": 2,
  "private/QueryTrades": 2,
  // The trading engine counts these itself.
  "private/AddOrder": 0,
  "private/AddOrderBatch": 0,
  "private/AmendOrder": 0,
  "private/EditOrder": 0,
  "private/CancelOrder": 0,
  "private/CancelOrderBatch": 0,
  "private/CancelAll": 0,
  "private/CancelAllOrdersAfter": 0
}

/** Public calls that Kraken counts for each pair; the others share one counter. */
export const isCountedByPair = (endpoint: Endpoint): boolean =>
  endpoint === "public/Trades" || endpoint === "public/OHLC"

/** What a batch of orders adds to the engine's counter. */
export const addCost = (orders: number, inBatch: boolean): number => (inBatch ? orders / 2 : orders)

/** What changing an order adds, by its age since it was placed or last changed, in seconds. */
export const changeCost = (change: "amend" | "edit" | "cancel", age: number): number => {
  const { fixed, penalties } = changes[change]
  return fixed + (penalties.find(([under]) => age < under)?.[1] ?? 0)
}

/** Orders of this age and above, in seconds, are changed without a penalty. */
export const ofAge = 300

const changes = {
  amend: { fixed: 1, penalties: steps(3, 2, 1, 0, 0, 0) },
  edit: { fixed: 1, penalties: steps(6, 5, 4, 2, 1, 0) },
  cancel: { fixed: 0, penalties: steps(8, 6, 5, 4, 2, 1) }
}

function steps(...penalties: ReadonlyArray<number>): ReadonlyArray<readonly [underSeconds: number, penalty: number]> {
  return [5, 10, 15, 45, 90, ofAge].map((under, i) => [under, penalties[i] ?? 0])
}
