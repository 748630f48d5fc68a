import { deposit, methodsOf } from "./funding.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { History } from "../base/history.ts"
import { accountId, hex } from "../base/ids.ts"
import { fromOutside, post } from "./ledger.ts"
import { type Account, kinds, type WithdrawalAddress } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"

/** Opens an account with saved withdrawal addresses, one of them not yet verified, and no balances. */
export const openAccount = (exchange: Exchange, of: { readonly name: string; readonly master?: string }): Account => {
  const number = nextNumber(exchange)
  const account: Account = {
    id: accountId(exchange.settings.seed, number),
    name: of.name,
    master: of.master,
    created: exchange.now,
    balances: new Map(),
    futures: new Map(),
    holds: new Map(),
    open: new Map(),
    clientIds: new Map(),
    closed: new History(kinds.closed),
    trades: new History(kinds.trades),
    ledger: new History(kinds.ledger),
    volume: { entries: new History(kinds.volume), from: 0, sum: 0n },
    cancelAllAt: undefined,
    deposits: [],
    withdrawals: [],
    transfersToFutures: [],
    depositAddresses: [],
    withdrawalAddresses: savedAddresses(exchange.settings.seed, number),
    earn: new Map(),
    reports: []
  }
  exchange.accounts.set(account.id, account)
  return account
}

/** Finds an account by its id or by the name it was opened with. */
export const findAccount = (exchange: Exchange, name: string): Account | undefined => {
  const account = exchange.accounts.get(name)
  if (account !== undefined) return account
  for (const each of exchange.accounts.values()) if (each.name === name) return each
  return undefined
}

/** Credits an amount immediately: as a deposit if the asset has a funding method, otherwise as an adjustment. */
export const creditImmediately = (exchange: Exchange, account: Account, balance: string, amount: bigint): void => {
  const [method] = methodsOf(exchange, assetOf(exchange.catalogue, balance))
  if (method !== undefined && balance === method.asset.id) {
    deposit(exchange, account, method, amount, true)
    return
  }
  post(exchange, account, { refid: account.id, type: "adjustment", asset: balance, amount })
  fromOutside(exchange, balance, amount)
}

const savedAddresses = (seed: number, number: number): Array<WithdrawalAddress> => [
  { asset: "XXBT", method: "Bitcoin", key: "btc-wallet-1", address: `bc1q${hex(seed, number, 38)}`, verified: true },
  { asset: "XETH", method: "Ether (Hex)", key: "eth-wallet-1", address: `0x${hex(seed, number, 40)}`, verified: false },
  { asset: "ZUSD", method: "FedWire", key: "usd-bank-1", address: `US${hex(seed, number, 16)}`, verified: true },
  {
    asset: "AAPLx",
    method: "xStocks (Solana)",
    key: "xstocks-wallet-1",
    address: `So1${hex(seed, number, 40)}`,
    verified: true
  }
]
