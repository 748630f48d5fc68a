import { divide } from "../base/fixed.ts"

/** A fee tier. Rates are in millionths: 0.40 % is 4000. Volumes are US dollars of the last 30 days. */
export interface Tier {
  readonly volume: number
  readonly taker: bigint
  readonly maker: bigint
}

/** Tiers by rising volume, the first from 0. */
export type Schedule = readonly [Tier, ...ReadonlyArray<Tier>]

/** Schedule of pairs that have none of their own. */
export const defaultFees: Schedule = [
  { volume: 0, taker: 4000n, maker: 2500n },
  { volume: 10_000, taker: 3500n, maker: 2000n },
  { volume: 50_000, taker: 2400n, maker: 1400n },
  { volume: 100_000, taker: 2200n, maker: 1200n },
  { volume: 250_000, taker: 2000n, maker: 1000n },
  { volume: 500_000, taker: 1800n, maker: 800n },
  { volume: 1_000_000, taker: 1600n, maker: 600n },
  { volume: 2_500_000, taker: 1400n, maker: 400n },
  { volume: 5_000_000, taker: 1200n, maker: 200n },
  { volume: 10_000_000, taker: 1000n, maker: 0n }
]

/** Returns the index of the tier of a 30-day volume in units of 10^-4 dollars. */
export const tierOf = (schedule: Schedule, volume: bigint): number => {
  let index = schedule.length - 1
  while (index > 0 && volume < BigInt(schedule[index]!.volume) * 10_000n) index--
  return index
}

/** Returns the fee on an amount, in the amount's own units. */
export const feeOn = (amount: bigint, rate: bigint, mode: "floor" | "ceil" | "half"): bigint =>
  divide(amount * rate, 1_000_000n, mode)
