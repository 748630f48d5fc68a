import * as D from "../numbers/decimal.ts"
import type { Row } from "./messages.ts"
import { readBalances } from "./readRows.ts"
import type { Balances } from "./values.ts"

/** Balances of each wallet of each asset, and the number of the last message. */
export interface WalletBalances {
  readonly assets: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly sequence: number | undefined
}

/**
 * Applies a message of the channel `balances`. A message that comes again is left out. `broken` if one before it is
 * missing, or a row is of an unknown form. An update before the snapshot is left out.
 *
 * The documentation calls the balance in an update "the total amount of this asset held in account" and names a wallet
 * beside it. Both readings agree only if the asset is in no other wallet. With another one, the update is `broken`, so
 * that a new snapshot tells.
 *
 * @see https://docs.kraken.com/exchange/api-reference/spot-websocket-v2/balances read 2026-11-29
 */
export const applyToBalances = (
  before: WalletBalances | undefined,
  isSnapshot: boolean,
  rows: ReadonlyArray<Row>,
  sequence: number | undefined
): WalletBalances | undefined | "broken" => {
  if (before === undefined && !isSnapshot) return undefined
  if (!isSnapshot && sequence !== undefined && before?.sequence !== undefined) {
    if (sequence <= before.sequence) return before
    if (sequence > before.sequence + 1) return "broken"
  }
  const assets = new Map(isSnapshot ? [] : before?.assets)
  for (const row of rows) {
    const read = readBalances(row)
    if (read === undefined) return "broken"
    const wallets = new Map(isSnapshot ? [] : assets.get(read.asset))
    for (const { balance, wallet } of read.wallets) {
      const isElsewhere = (at: string, amount: string) => at !== wallet && !D.isZero(D.parse(amount) ?? D.zero)
      if (!isSnapshot && Array.from(wallets).some(([at, amount]) => isElsewhere(at, amount))) return "broken"
      wallets.set(wallet, balance)
    }
    assets.set(read.asset, wallets)
  }
  return { assets, sequence: sequence ?? before?.sequence }
}

/** Adds up the wallets of each asset. */
export const totalsOf = ({ assets }: WalletBalances): Balances =>
  new Map(
    Array.from(assets, ([asset, wallets]) => [
      asset,
      D.format(D.total(Array.from(wallets.values(), (balance) => D.parse(balance) ?? D.zero)))
    ])
  )
