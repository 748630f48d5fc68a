import type { Directory } from "../assets/model.ts"
import * as D from "../numbers/decimal.ts"

/** A row of `BalanceEx`. */
export interface BalanceRow {
  readonly balance: string | number
  readonly credit?: string | number
  readonly credit_used?: string | number
  readonly hold_trade?: string | number
}

/**
 * Returns the amounts that Kraken lets new orders use, by display name. Balances with a suffix, such as `.S`, are left out.
 * Rows of one asset add up. Of several assets with one display name, only the one that this name finds has it: the others
 * are named by their ids.
 */
export const availableBalances = (
  rows: { readonly [id: string]: BalanceRow },
  { findAsset }: Pick<Directory, "findAsset">
): { readonly [asset: string]: string } => {
  const sums = new Map<string, D.Decimal>()
  for (const [row, balance] of Object.entries(rows)) {
    const found = findAsset(row)
    if (found === undefined || found.suffix !== "") continue
    const { display, id } = found.asset
    const name = findAsset(display)?.asset.id === id ? display : id
    sums.set(name, D.sum(sums.get(name) ?? D.zero, availableIn(balance)))
  }
  return Object.fromEntries([...sums].map(([name, amount]) => [name, D.format(amount)]))
}

/**
 * The amount that Kraken lets a new order use.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-extended-balance read 2026-08-17
 */
const availableIn = (row: BalanceRow): D.Decimal => {
  const amount = (value: string | number | undefined) => D.decimal(String(value ?? "0"))
  const credit = D.subtract(amount(row.credit), amount(row.credit_used))
  return D.subtract(D.sum(amount(row.balance), credit), amount(row.hold_trade))
}
