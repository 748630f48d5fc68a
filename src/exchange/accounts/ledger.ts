import { ledgerId } from "../base/ids.ts"
import { type Account, type Exchange, type LedgerEntry, next } from "../state/state.ts"

/** A change of one balance and its ledger entry; the fee goes to the venue. The other side is the caller's to book. */
export const post = (
  x: Exchange,
  account: Account,
  entry: Pick<LedgerEntry, "refid" | "type" | "asset" | "amount"> & { readonly subtype?: string; readonly fee?: bigint }
): LedgerEntry => {
  const fee = entry.fee ?? 0n
  const balance = add(account.balances, entry.asset, entry.amount - fee)
  if (fee !== 0n) add(x.fees, entry.asset, fee)
  const posted = {
    id: ledgerId(x.settings.seed, next(x)),
    refid: entry.refid,
    time: x.now,
    type: entry.type,
    subtype: entry.subtype ?? "",
    asset: entry.asset,
    amount: entry.amount,
    fee,
    balance
  }
  account.ledger.push(posted)
  account.ledgerById.set(posted.id, posted)
  return posted
}

/** An amount that comes from outside the venue, or goes there if negative. */
export const fromOutside = (x: Exchange, asset: string, amount: bigint): void => {
  add(x.outside, asset, -amount)
}

export const add = (amounts: Map<string, bigint>, asset: string, amount: bigint): bigint => {
  const sum = (amounts.get(asset) ?? 0n) + amount
  amounts.set(asset, sum)
  return sum
}

/** What can be spent: the balance without what open orders hold. */
export const available = (account: Account, asset: string): bigint =>
  (account.balances.get(asset) ?? 0n) - (account.holds.get(asset) ?? 0n)
