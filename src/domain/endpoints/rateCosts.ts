/** What Kraken's documents say of its rate limits, in one place. The tier is that of the account's verification. */

export const tiers = ["starter", "intermediate", "pro"] as const
export type Tier = (typeof tiers)[number]

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

/** Open orders of an account and pair. */
export const openOrderLimits: Readonly<Record<Tier, number>> = { starter: 60, intermediate: 80, pro: 225 }

/** Public calls, of an IP address. Kraken gives no numbers; about one a second is always fine. */
export const publicLimit: Limit = { maximum: 5, decayPerSecond: 1 }

/** What a batch of orders adds to the engine's counter. */
export const addCost = (orders: number, inBatch: boolean): number => (inBatch ? orders / 2 : orders)

export type Change = "amend" | "edit" | "cancel"

/** What changing an order adds, by its age since it was placed or last changed, in seconds. */
export const changeCost = (change: Change, age: number): number => changes[change].fixed + agePenalty(change, age)

/** The part of that which its age makes. */
export const agePenalty = (change: Change, age: number): number =>
  changes[change].penalties.find(([under]) => age < under)?.[1] ?? 0

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
