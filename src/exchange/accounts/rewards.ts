import { fundingId } from "../base/ids.ts"
import { fromOutside, post } from "./ledger.ts"
import { type Account, type Allocation, at, type Exchange, next } from "../state/state.ts"
import { allocationOf, earning, strategies, type Strategy } from "./strategies.ts"

/** Rewards are paid for weeks of the calendar: those that end on Thursdays at midnight, as weeks of Unix time do. */
export const week = 604_800_000

const year = 365n * 86_400_000n

export const periodOf = (now: number): number => Math.floor(now / week) * week

/** Change what earns. What has earned until now is counted, and rewards come as long as something does. */
export const allocate = (x: Exchange, account: Account, strategy: Strategy, amount: bigint): void => {
  const allocation = allocationOf(account, strategy)
  allocation.weight = weightAt(allocation, x.now)
  allocation.counted = x.now
  allocation.allocated += amount
  if (allocation.payout === undefined) schedule(x, account, strategy, allocation)
}

/** A period is over: what it has earned is allocated too, and earns from now on. */
export const payReward = (x: Exchange, account: Account, strategyId: string): void => {
  const strategy = strategies.find(({ id }) => id === strategyId)!
  const allocation = allocationOf(account, strategy)
  const amount = rewardAt(strategy, allocation, x.now)
  Object.assign(allocation, { weight: 0n, counted: x.now, payout: undefined })
  if (amount > 0n) {
    const asset = earning(strategy.asset)
    post(x, account, { refid: fundingId(x.settings.seed, next(x)), type: "staking", asset, amount })
    fromOutside(x, asset, amount)
    allocation.allocated += amount
    allocation.rewarded += amount
  }
  if (allocation.allocated > 0n) schedule(x, account, strategy, allocation)
}

/** What will have been earned of the period by a moment in it, if nothing changes until then. */
export const rewardAt = ({ yearly }: Strategy, allocation: Allocation, moment: number): bigint =>
  (weightAt(allocation, moment) * yearly) / (1_000_000n * year)

const weightAt = ({ allocated, counted, weight }: Allocation, moment: number): bigint =>
  weight + allocated * BigInt(moment - counted)

const schedule = (x: Exchange, account: Account, strategy: Strategy, allocation: Allocation) => {
  const payout = periodOf(x.now) + week
  allocation.payout = payout
  at(x, payout, { kind: "reward", account: account.id, strategy: strategy.id })
}
