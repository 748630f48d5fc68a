import type { Asset } from "./assets.ts"
import { builtIn } from "./builtIn.ts"
import { assetOf } from "./catalogue.ts"
import { fixed } from "./fixed.ts"
import { fundingId } from "./ids.ts"
import { available, post } from "./ledger.ts"
import { Refusal } from "./Refusal.ts"
import { type Account, type Allocation, at, type Exchange, next, type Timer } from "./state.ts"

const day = 86_400

export interface Strategy {
  readonly id: string
  readonly asset: Asset
  readonly lock: "flex" | "instant" | "bonded" | "timed"
  /** Seconds between taking money out and having it. */
  readonly unbonding: number
  readonly minimum: bigint
  readonly apr: readonly [low: string, high: string]
}

/** One of each kind of lock. */
export const strategies: ReadonlyArray<Strategy> = [
  strategy("ESRFUO3-Q62XD-WIOIL7", "DOT", "bonded", 28 * day, "0.01", ["8.0000", "12.0000"]),
  strategy("ESDQCOL-WTZEU-NU55QF", "XETH", "instant", 0, "0.001", ["2.0000", "3.5000"]),
  strategy("ESMWVX6-JAPVY-23L3CV", "USDT", "flex", 0, "1", ["1.5000", "1.5000"]),
  strategy("ESNLD3T-RZNE7-ZWPRUU", "ADA", "timed", 7 * day, "5", ["2.0000", "4.0000"])
]

/** How long an operation is pending, in milliseconds. */
const pendingFor = 10_000

/** Where an asset is while it earns: a balance of its own, which can be seen and not spent. */
export const earning = (asset: Asset): string => `${asset.id}.B`

export const allocationOf = (account: Account, strategy: Strategy): Allocation =>
  account.earn.get(strategy.id) ?? { allocated: 0n, pending: undefined, unbonding: [], failed: {} }

/** Begin an operation; the money leaves its balance at once, and arrives when the operation is done. */
export const begin = (
  x: Exchange,
  account: Account,
  strategy: Strategy,
  kind: "allocate" | "deallocate",
  amount: bigint
): void => {
  const allocation = allocationOf(account, strategy)
  account.earn.set(strategy.id, allocation)
  if (allocation.pending !== undefined) {
    throw new Refusal("EEarnings:Busy:Another (de)allocation for the same strategy is in progress")
  }
  const free = kind === "allocate" ? available(account, strategy.asset.id) : allocation.allocated
  const error =
    amount < strategy.minimum
      ? "EEarnings:Below min:(De)allocation operation amount less than minimum"
      : amount > free
        ? "EEarnings:Insufficient funds:Insufficient funds to complete the (de)allocation request"
        : undefined
  if (error !== undefined) {
    allocation.failed[kind] = error
    throw new Refusal(error)
  }
  delete allocation.failed[kind]
  const sequence = next(x)
  allocation.pending = { kind, amount, until: x.now + pendingFor, sequence }
  if (kind === "allocate")
    move(x, account, strategy.asset.id, earning(strategy.asset), amount, ["spottostaking", "stakingfromspot"])
  else allocation.allocated -= amount
  at(x, x.now + pendingFor, { kind: "earn", account: account.id, strategy: strategy.id, sequence })
}

/** An operation is done, or an unbonding period is over. */
export const finishEarn = (x: Exchange, account: Account, timer: Extract<Timer, { kind: "earn" }>): void => {
  const strategy = strategies.find(({ id }) => id === timer.strategy)!
  const allocation = allocationOf(account, strategy)
  const { pending } = allocation
  if (pending?.sequence === timer.sequence) {
    allocation.pending = undefined
    if (pending.kind === "allocate") allocation.allocated += pending.amount
    else if (strategy.unbonding === 0) release(x, account, strategy, pending.amount)
    else {
      const expires = x.now + strategy.unbonding * 1000
      allocation.unbonding.push({ amount: pending.amount, created: x.now, expires })
      at(x, expires, { ...timer, sequence: next(x) })
    }
    return
  }
  while (allocation.unbonding[0] !== undefined && allocation.unbonding[0].expires <= x.now) {
    release(x, account, strategy, allocation.unbonding.shift()!.amount)
  }
}

function strategy(
  id: string,
  asset: string,
  lock: Strategy["lock"],
  unbonding: number,
  minimum: string,
  apr: Strategy["apr"]
): Strategy {
  const known = assetOf(builtIn, asset)
  return { id, asset: known, lock, unbonding, minimum: fixed(minimum, known.decimals), apr }
}

const release = (x: Exchange, account: Account, { asset }: Strategy, amount: bigint) =>
  move(x, account, earning(asset), asset.id, amount, ["stakingtospot", "spotfromstaking"])

const move = (
  x: Exchange,
  account: Account,
  from: string,
  to: string,
  amount: bigint,
  [out, into]: readonly [string, string]
) => {
  const refid = fundingId(x.settings.seed, next(x))
  post(x, account, { refid, type: "transfer", subtype: out, asset: from, amount: -amount })
  post(x, account, { refid, type: "transfer", subtype: into, asset: to, amount })
}
