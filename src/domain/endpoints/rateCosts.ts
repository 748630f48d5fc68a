/**
 * Kraken's documented rate limits. The tier is that of the account's verification.
 *
 * Kraken does not enumerate the calls that cost 2; `restCost` of each endpoint holds the choice made here.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */

export const tiers = ["starter", "intermediate", "pro"] as const
export type Tier = (typeof tiers)[number]

/** A counter that each call increases and that decays with time. Kraken refuses calls above `maximum`. */
export interface Limit {
  readonly maximum: number
  readonly decayPerSecond: number
}

/**
 * Limits of the REST counter, one for each API key.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
 */
export const restLimits: Readonly<Record<Tier, Limit>> = {
  starter: { maximum: 15, decayPerSecond: 0.33 },
  intermediate: { maximum: 20, decayPerSecond: 0.5 },
  pro: { maximum: 20, decayPerSecond: 1 }
}

/**
 * Limits of the trading engine's counter, one for each account and pair.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export const engineLimits: Readonly<Record<Tier, Limit>> = {
  starter: { maximum: 60, decayPerSecond: 1 },
  intermediate: { maximum: 125, decayPerSecond: 2.34 },
  pro: { maximum: 180, decayPerSecond: 3.75 }
}

/**
 * The most open orders for each account and pair.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export const openOrderLimits: Readonly<Record<Tier, number>> = { starter: 60, intermediate: 80, pro: 225 }

/**
 * Assumed limit of public calls from one IP address, with which calls begin. Kraken publishes no number; about one call a
 * second is always accepted. Calls slow down when Kraken refuses one.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits read 2026-08-17
 */
export const publicLimit: Limit = { maximum: 15, decayPerSecond: 1 }

/**
 * Computes the amount that adding orders increases the engine's counter by: 1 for each order, half of that in a batch.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export const addCost = (orders: number, inBatch: boolean): number => (inBatch ? orders / 2 : orders)

export type Change = "amend" | "edit" | "cancel"

/**
 * Computes the amount that changing an order increases the engine's counter by. `age` is the number of seconds since
 * the order was placed or last changed.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
export const changeCost = (change: Change, age: number): number => changes[change].fixed + agePenalty(change, age)

/** Computes the part of `changeCost` that depends on the order's age. */
export const agePenalty = (change: Change, age: number): number =>
  changes[change].penalties.find(([under]) => age < under)?.[1] ?? 0

/** The age in seconds from which an order is changed without a penalty. */
export const ofAge = 300

/**
 * The fixed cost of each change, and its penalties by the order's age.
 *
 * @see https://docs.kraken.com/api/docs/guides/spot-ratelimits read 2026-08-17
 */
const changes = {
  amend: { fixed: 1, penalties: steps(3, 2, 1, 0, 0, 0) },
  edit: { fixed: 1, penalties: steps(6, 5, 4, 2, 1, 0) },
  cancel: { fixed: 0, penalties: steps(8, 6, 5, 4, 2, 1) }
}

function steps(...penalties: ReadonlyArray<number>): ReadonlyArray<readonly [underSeconds: number, penalty: number]> {
  return [5, 10, 15, 45, 90, ofAge].map((under, i) => [under, penalties[i] ?? 0])
}
