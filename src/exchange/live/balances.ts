import { isoMicros } from "../base/text.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import type { Account, LedgerEntry } from "../state/account.ts"
import type { Exchange } from "../state/state.ts"
import { number, type Feed } from "./message.ts"

/**
 * Makes the feed of an account's balances. The snapshot holds the balances with their wallets, an update the ledger
 * entries of one trade, deposit or other transaction. Sequence numbers rise by one from 1.
 *
 * @see https://docs.kraken.com/api/docs/websocket-v2/balances read 2026-11-29
 */
export const balances = (exchange: Exchange, account: Account, snapshot: boolean): Feed => {
  let place = account.ledger.length
  let sequence = 0
  const message = (type: "snapshot" | "update", data: ReadonlyArray<object>) =>
    ({ channel: "balances", type, data, sequence: ++sequence }) as const
  return {
    acknowledged: { snapshot },
    snapshot: () => (snapshot ? message("snapshot", held(exchange, account)) : undefined),
    updates: () => {
      const byTransaction = grouped(account.ledger.slice(place), ({ refid }) => refid)
      place = account.ledger.length
      return Array.from(byTransaction.values(), (entries) =>
        message(
          "update",
          entries.map((entry) => entryRow(exchange, entry))
        )
      )
    }
  }
}

const grouped = <A, K>(all: Iterable<A>, keyOf: (each: A) => K): ReadonlyMap<K, ReadonlyArray<A>> => {
  const groups = new Map<K, Array<A>>()
  for (const each of all) {
    const group = groups.get(keyOf(each))
    if (group === undefined) groups.set(keyOf(each), [each])
    else group.push(each)
  }
  return groups
}

const held = ({ catalogue }: Exchange, account: Account): ReadonlyArray<object> => {
  const byAsset = grouped(account.balances, ([name]) => assetOf(catalogue, name))
  return Array.from(byAsset, ([asset, amounts]) => ({
    asset: asset.display,
    asset_class: asset.class,
    balance: number(
      amounts.reduce((sum, [, amount]) => sum + amount, 0n),
      asset.decimals
    ),
    wallets: amounts.map(([name, amount]) => ({ ...walletOf(name), balance: number(amount, asset.decimals) }))
  }))
}

const entryRow = ({ catalogue }: Exchange, entry: LedgerEntry) => {
  const asset = assetOf(catalogue, entry.asset)
  const wallet = walletOf(entry.asset)
  return {
    ledger_id: entry.id,
    ref_id: entry.refid,
    timestamp: isoMicros(entry.time),
    type: entry.type,
    ...(entry.subtype !== "" && { subtype: entry.subtype }),
    asset: asset.display,
    asset_class: asset.class,
    category: entry.type,
    wallet_type: wallet.type,
    wallet_id: wallet.id,
    amount: number(entry.amount, asset.decimals),
    fee: number(entry.fee, asset.decimals),
    balance: number(entry.balance, asset.decimals)
  }
}

/** Returns the wallet of a balance's name, by its suffix. */
const walletOf = (name: string): { readonly type: string; readonly id: string } => {
  const suffix = /\.([A-Z])$/.exec(name)?.[1]
  return suffix === undefined ? { type: "spot", id: "main" } : { type: "earn", id: earnWallets[suffix] ?? "locked" }
}

/** Kraken names these wallets, but not which suffix belongs to which; this follows what the suffixes mean. */
const earnWallets: Readonly<Record<string, string>> = { B: "bonded", F: "flex", M: "flexible", S: "bonded" }
