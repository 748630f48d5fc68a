import { max, min, pow10 } from "../base/fixed.ts"
import type { Method } from "./funding.ts"
import { available } from "./ledger.ts"
import type { Account, Exchange } from "../state/state.ts"
import { convert, dollars } from "./value.ts"

/** What an account may withdraw in a day, in units of 10^-4 dollars. */
export const dailyLimit = 10_000_000n * pow10(4)

const day = 86_400_000

/** What has been withdrawn in the last 24 hours, at the prices of then, and not come back. */
export const usedToday = (x: Exchange, { withdrawals }: Account): bigint => {
  let sum = 0n
  for (let i = withdrawals.length - 1; i >= 0; i--) {
    const { returned, time, worth } = withdrawals[i]!
    if (time <= x.now - day) break
    if (returned === undefined) sum += worth
  }
  return sum
}

/** Nothing where no price is known: what can't be valued counts towards no limit. */
export const worthOf = (x: Exchange, asset: string, amount: bigint): bigint => convert(x, amount, asset, "ZUSD")

/** The most that would arrive if all that may leave now were withdrawn. */
export const mostNow = (x: Exchange, account: Account, { asset, fee }: Method): bigint => {
  const free = available(account, asset.id)
  const left = dailyLimit - usedToday(x, account)
  const most = dollars(x, asset) === 0n ? free : min(free, convert(x, left, "ZUSD", asset.id))
  return max(0n, most - fee)
}
