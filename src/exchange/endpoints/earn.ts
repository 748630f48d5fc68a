import type { Endpoint } from "../wire/call.ts"
import { beginOperation } from "../accounts/earn.ts"
import { amount, array, assetNamed, flag, integer, plain, required, text, type Params } from "../wire/params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { periodOf, rewardAt, week } from "../accounts/rewards.ts"
import { amountText } from "../wire/show.ts"
import type { Account } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"
import { allocationOf, strategies, type Strategy } from "../accounts/strategies.ts"
import { iso } from "../base/text.ts"
import { convert } from "../accounts/value.ts"

export const Strategies: Endpoint = (exchange, { params }) => {
  const name = text(params, "asset")
  const asset = name === undefined ? undefined : assetNamed(exchange, name)
  const locks = array(params, "lock_type")?.map((lock) => plain(lock, "lock_type"))
  if (locks?.some((lock) => !["flex", "bonded", "timed", "instant"].includes(lock)) === true) throw invalid("lock_type")
  const limit = integer(params, "limit", [1, 65_535]) ?? strategies.length
  const found = strategies.filter(
    (each) => (asset === undefined || each.asset.id === asset.id) && (locks === undefined || locks.includes(each.lock))
  )
  if (flag(params, "ascending")) found.reverse()
  return { next_cursor: null, items: found.slice(0, limit).map((strategy) => showStrategy(exchange, strategy)) }
}

export const Allocations: Endpoint = (exchange, { account, params }) => {
  const converted = assetNamed(exchange, text(params, "converted_asset") ?? "USD")
  const hideZero = flag(params, "hide_zero_allocations")
  const print = (strategy: Strategy, native: bigint) => ({
    native: amountText(exchange, strategy.asset.id, native),
    converted: amountText(exchange, converted.id, convert(exchange, native, strategy.asset.id, converted.id))
  })
  let total = 0n
  let rewarded = 0n
  const period = periodOf(exchange.now)
  const items = strategies.flatMap((strategy) => {
    const allocation = allocationOf(account, strategy)
    const unbonding = allocation.unbonding.reduce((sum, each) => sum + each.amount, 0n)
    const pending = allocation.pending?.amount ?? 0n
    const all = allocation.allocated + pending + unbonding
    if (hideZero && all === 0n) return []
    total += convert(exchange, all, strategy.asset.id, converted.id)
    rewarded += convert(exchange, allocation.rewarded, strategy.asset.id, converted.id)
    return {
      strategy_id: strategy.id,
      native_asset: strategy.asset.display,
      asset_class: strategy.asset.class,
      is_utilized: allocation.allocated > 0n,
      amount_allocated: {
        total: print(strategy, all),
        ...(pending > 0n && { pending: print(strategy, pending) }),
        ...(unbonding > 0n && {
          unbonding: {
            ...print(strategy, unbonding),
            allocation_count: allocation.unbonding.length,
            allocations: allocation.unbonding.map((each) => ({
              created_at: iso(each.created),
              expires: iso(each.expires),
              ...print(strategy, each.amount)
            }))
          }
        })
      },
      total_rewarded: print(strategy, allocation.rewarded),
      payout: {
        period_start: iso(period),
        period_end: iso(period + week),
        accumulated_reward: print(strategy, rewardAt(strategy, allocation, exchange.now)),
        estimated_reward: print(strategy, rewardAt(strategy, allocation, period + week))
      }
    }
  })
  if (flag(params, "ascending")) items.reverse()
  return {
    converted_asset: converted.display,
    converted_asset_class: converted.class,
    total_allocated: amountText(exchange, converted.id, total),
    total_rewarded: amountText(exchange, converted.id, rewarded),
    next_cursor: null,
    items
  }
}

export const Allocate: Endpoint = (exchange, { account, params }) => operate(exchange, account, params, "allocate")
export const Deallocate: Endpoint = (exchange, { account, params }) => operate(exchange, account, params, "deallocate")
export const AllocateStatus: Endpoint = (_, { account, params }) => status(account, params, "allocate")
export const DeallocateStatus: Endpoint = (_, { account, params }) => status(account, params, "deallocate")

const operate = (exchange: Exchange, account: Account, params: Params, kind: "allocate" | "deallocate"): true => {
  const strategy = named(params)
  const sum = amount(params, "amount", strategy.asset)
  if (sum === undefined) throw invalid("amount")
  beginOperation(exchange, account, strategy, kind, sum)
  return true
}

/** Reports if the last operation is still pending. If it failed, throws its error. */
const status = (account: Account, params: Params, kind: "allocate" | "deallocate") => {
  const allocation = allocationOf(account, named(params))
  const failed = allocation.failed[kind]
  if (failed !== undefined) throw new Refusal(failed)
  return { pending: allocation.pending?.kind === kind }
}

const named = (params: Params): Strategy => {
  const id = required(params, "strategy_id")
  const strategy = strategies.find((each) => each.id === id)
  if (strategy === undefined) throw invalid("Invalid strategy ID")
  return strategy
}

const showStrategy = (exchange: Exchange, strategy: Strategy) => ({
  id: strategy.id,
  asset: strategy.asset.display,
  asset_class: strategy.asset.class,
  lock_type: {
    type: strategy.lock,
    payout_frequency: week / 1000,
    ...((strategy.lock === "bonded" || strategy.lock === "timed") && {
      bonding_period: 0,
      bonding_period_variable: false,
      bonding_rewards: false,
      exit_queue_period: 0,
      unbonding_period: strategy.unbonding,
      unbonding_period_variable: false,
      unbonding_rewards: false
    })
  },
  apr_estimate: { low: strategy.apr[0], high: strategy.apr[1] },
  user_min_allocation: amountText(exchange, strategy.asset.id, strategy.minimum),
  allocation_fee: "0.0000",
  deallocation_fee: "0.0000",
  auto_compound: { type: "enabled" },
  yield_source: { type: strategy.lock === "flex" ? "off_chain" : "staking" },
  can_allocate: true,
  can_deallocate: true,
  allocation_restriction_info: []
})
