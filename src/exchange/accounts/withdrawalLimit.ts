import { max, min, pow10 } from "../base/fixed.ts"
import type { Method } from "./funding.ts"
import { available } from "./ledger.ts"
import type { Account } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"
import { convert, dollars } from "./value.ts"

/** Daily withdrawal limit of an account, in units of 10^-4 dollars. */
export const dailyLimit = 10_000_000n * pow10(4)

const day = 86_400_000

/** Returns the value withdrawn in the last 24 hours, at the prices of that time, without what was credited back. */
export const usedToday = (exchange: Exchange, { withdrawals }: Account): bigint => {
  let sum = 0n
  for (let i = withdrawals.length - 1; i >= 0; i--) {
    const { returned, time, worth } = withdrawals[i]!
    if (time <= exchange.now - day) break
    if (returned === undefined) sum += worth
  }
  return sum
}

/**
 * Returns an amount's value in units of 10^-4 dollars. Zero if no price is known, so the amount counts towards no
 * limit.
 */
export const worthOf = (exchange: Exchange, asset: string, amount: bigint): bigint =>
  convert(exchange, amount, asset, "ZUSD")

/** Returns the largest amount, after the fee, that can be withdrawn now. */
export const largestWithdrawal = (exchange: Exchange, account: Account, { asset, fee }: Method): bigint => {
  const free = available(account, asset.id)
  const left = dailyLimit - usedToday(exchange, account)
  const most = dollars(exchange, asset) === 0n ? free : min(free, convert(exchange, left, "ZUSD", asset.id))
  return max(0n, most - fee)
}
