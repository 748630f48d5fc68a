import { statusAt } from "./funding.ts"
import { fromOutside, post } from "./ledger.ts"
import type { Account, Withdrawal } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"

/** Returns true while a withdrawal can still be cancelled. */
export const cancellable = (exchange: Exchange, { returned, time }: Withdrawal): boolean =>
  returned === undefined && statusAt(time, exchange.now) === "Initial"

/** Credits a cancelled or failed withdrawal back to the account, with its fee. */
export const returnWithdrawal = (
  exchange: Exchange,
  account: Account,
  withdrawal: Withdrawal,
  why: "canceled" | "failed"
): void => {
  withdrawal.returned = { at: exchange.now, why }
  const { amount, asset, fee, refid } = withdrawal
  post(exchange, account, { refid, type: "withdrawal", asset, amount, fee: -fee })
  fromOutside(exchange, asset, amount)
}

/** Fails the pending transfer with the given id, or all pending transfers. Returns the ids of those that failed. */
export const failTransfers = (exchange: Exchange, only: string | undefined): ReadonlyArray<string> => {
  const failed: Array<string> = []
  const concerns = ({ refid, time }: { readonly refid: string; readonly time: number }) =>
    (only === undefined || only === refid) && statusAt(time, exchange.now) !== "Success"
  for (const account of exchange.accounts.values()) {
    for (const deposit of account.deposits) {
      if (!concerns(deposit) || deposit.creditedAt <= exchange.now || deposit.failedAt !== undefined) continue
      deposit.failedAt = exchange.now
      failed.push(deposit.refid)
    }
    for (const withdrawal of account.withdrawals) {
      if (!concerns(withdrawal) || withdrawal.returned !== undefined) continue
      returnWithdrawal(exchange, account, withdrawal, "failed")
      failed.push(withdrawal.refid)
    }
  }
  return failed
}
