import { fundingId } from "../base/ids.ts"
import { available, post } from "./ledger.ts"
import { Refusal } from "../base/refusal.ts"
import { allocate } from "./rewards.ts"
import type { Account } from "../state/account.ts"
import { addTimer, type Exchange, nextNumber, type Timer } from "../state/state.ts"
import { allocationOf, earnBalance, strategies, type Strategy } from "./strategies.ts"

/** Time for which an operation is pending, in milliseconds. */
const pendingFor = 10_000

/**
 * Begins an operation. The amount leaves its source balance immediately and reaches its target when the operation is
 * done.
 */
export const beginOperation = (
  exchange: Exchange,
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
  const sequence = nextNumber(exchange)
  allocation.pending = { kind, amount, until: exchange.now + pendingFor, sequence }
  if (kind === "allocate")
    move(exchange, account, strategy.asset.id, earnBalance(strategy.asset), amount, [
      "spottostaking",
      "stakingfromspot"
    ])
  else allocate(exchange, account, strategy, -amount)
  addTimer(exchange, exchange.now + pendingFor, { kind: "earn", account: account.id, strategy: strategy.id, sequence })
}

/** Completes a pending operation, or pays out an amount whose unbonding period is over. */
export const finishEarn = (exchange: Exchange, account: Account, timer: Extract<Timer, { kind: "earn" }>): void => {
  const strategy = strategies.find(({ id }) => id === timer.strategy)!
  const allocation = allocationOf(account, strategy)
  const { pending } = allocation
  if (pending?.sequence === timer.sequence) {
    allocation.pending = undefined
    if (pending.kind === "allocate") allocate(exchange, account, strategy, pending.amount)
    else if (strategy.unbonding === 0) release(exchange, account, strategy, pending.amount)
    else {
      const expires = exchange.now + strategy.unbonding * 1000
      allocation.unbonding.push({ amount: pending.amount, created: exchange.now, expires })
      addTimer(exchange, expires, { ...timer, sequence: nextNumber(exchange) })
    }
    return
  }
  while (allocation.unbonding[0] !== undefined && allocation.unbonding[0].expires <= exchange.now) {
    release(exchange, account, strategy, allocation.unbonding.shift()!.amount)
  }
}

const release = (exchange: Exchange, account: Account, { asset }: Strategy, amount: bigint) =>
  move(exchange, account, earnBalance(asset), asset.id, amount, ["stakingtospot", "spotfromstaking"])

const move = (
  exchange: Exchange,
  account: Account,
  from: string,
  to: string,
  amount: bigint,
  [out, into]: readonly [string, string]
) => {
  const refid = fundingId(exchange.settings.seed, nextNumber(exchange))
  post(exchange, account, { refid, type: "transfer", subtype: out, asset: from, amount: -amount })
  post(exchange, account, { refid, type: "transfer", subtype: into, asset: to, amount })
}
