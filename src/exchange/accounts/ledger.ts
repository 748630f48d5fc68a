import { ledgerId } from "../base/ids.ts"
import type { Account, LedgerEntry } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"

/** Changes one balance and writes its ledger entry. The fee goes to the exchange; the caller books the other side. */
export const post = (
  exchange: Exchange,
  account: Account,
  entry: Pick<LedgerEntry, "refid" | "type" | "asset" | "amount"> & { readonly subtype?: string; readonly fee?: bigint }
): LedgerEntry => {
  const fee = entry.fee ?? 0n
  const balance = add(account.balances, entry.asset, entry.amount - fee)
  if (fee !== 0n) add(exchange.fees, entry.asset, fee)
  const posted = {
    id: ledgerId(exchange.settings.seed, nextNumber(exchange)),
    refid: entry.refid,
    time: exchange.now,
    type: entry.type,
    subtype: entry.subtype ?? "",
    asset: entry.asset,
    amount: entry.amount,
    fee,
    balance
  }
  account.ledger.push(posted)
  return posted
}

/** Books an amount that enters the exchange from outside, or leaves it if the amount is negative. */
export const fromOutside = (exchange: Exchange, asset: string, amount: bigint): void => {
  add(exchange.outside, asset, -amount)
}

export const add = (amounts: Map<string, bigint>, asset: string, amount: bigint): bigint => {
  const sum = (amounts.get(asset) ?? 0n) + amount
  amounts.set(asset, sum)
  return sum
}

/** Returns the spendable balance: the balance minus the holds of open orders. */
export const available = (account: Account, asset: string): bigint =>
  (account.balances.get(asset) ?? 0n) - (account.holds.get(asset) ?? 0n)
