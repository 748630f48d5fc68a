import { fundingId } from "../base/ids.ts"
import { fromOutside, post } from "./ledger.ts"
import type { Account, Allocation } from "../state/account.ts"
import { addTimer, type Exchange, nextNumber } from "../state/state.ts"
import { allocationOf, earnBalance, strategies, type Strategy } from "./strategies.ts"

/** Length of a reward period in milliseconds. Periods end on Thursdays at midnight UTC, like weeks of Unix time. */
export const week = 604_800_000

const year = 365n * 86_400_000n

export const periodOf = (now: number): number => Math.floor(now / week) * week

/** Changes the allocated amount. Counts what was earned so far, and schedules rewards while anything is allocated. */
export const allocate = (exchange: Exchange, account: Account, strategy: Strategy, amount: bigint): void => {
  const allocation = allocationOf(account, strategy)
  allocation.weight = weightAt(allocation, exchange.now)
  allocation.counted = exchange.now
  allocation.allocated += amount
  if (allocation.payout === undefined) schedule(exchange, account, strategy, allocation)
}

/** Pays the reward of a period that has ended, and allocates it. */
export const payReward = (exchange: Exchange, account: Account, strategyId: string): void => {
  const strategy = strategies.find(({ id }) => id === strategyId)!
  const allocation = allocationOf(account, strategy)
  const amount = rewardAt(strategy, allocation, exchange.now)
  Object.assign(allocation, { weight: 0n, counted: exchange.now, payout: undefined })
  if (amount > 0n) {
    const asset = earnBalance(strategy.asset)
    post(exchange, account, {
      refid: fundingId(exchange.settings.seed, nextNumber(exchange)),
      type: "staking",
      asset,
      amount
    })
    fromOutside(exchange, asset, amount)
    allocation.allocated += amount
    allocation.rewarded += amount
  }
  if (allocation.allocated > 0n) schedule(exchange, account, strategy, allocation)
}

/** Returns the reward of the period up to a moment in it, assuming that nothing changes before then. */
export const rewardAt = ({ yearly }: Strategy, allocation: Allocation, moment: number): bigint =>
  (weightAt(allocation, moment) * yearly) / (1_000_000n * year)

const weightAt = ({ allocated, counted, weight }: Allocation, moment: number): bigint =>
  weight + allocated * BigInt(moment - counted)

const schedule = (exchange: Exchange, account: Account, strategy: Strategy, allocation: Allocation) => {
  const payout = periodOf(exchange.now) + week
  allocation.payout = payout
  addTimer(exchange, payout, { kind: "reward", account: account.id, strategy: strategy.id })
}
