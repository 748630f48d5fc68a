import type { Asset } from "../catalogue/assets.ts"
import { builtIn } from "../catalogue/builtIn.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { fixed } from "../base/fixed.ts"
import { fundingId, hash, hex } from "../base/ids.ts"
import { fromOutside, post } from "./ledger.ts"
import type { Account, Deposit, DepositAddress } from "../state/account.ts"
import { addTimer, type Exchange, nextNumber } from "../state/state.ts"

/** A method to deposit and withdraw one asset. Amounts are in the asset's units. */
export interface Method {
  readonly asset: Asset
  readonly name: string
  readonly network: string
  readonly minimumDeposit: bigint
  readonly minimumWithdrawal: bigint
  readonly fee: bigint
  readonly prefix: string
  readonly tagged: boolean
  /**
   * Largest amount of a Lightning invoice; undefined if addresses are not invoices. An invoice is valid for one hour.
   */
  readonly invoiceUpTo: bigint | undefined
  /** Revision of the rules since which commands know the method. */
  readonly since: number
}

const method = (
  id: string,
  name: string,
  network: string,
  [deposit, withdrawal, fee]: readonly [string, string, string],
  prefix: string,
  {
    invoiceUpTo,
    since = 1,
    tagged = false
  }: { readonly tagged?: boolean; readonly invoiceUpTo?: string; readonly since?: number } = {}
): Method => {
  const asset = assetOf(builtIn, id)
  const units = (text: string) => fixed(text, asset.decimals)
  const amounts = { minimumDeposit: units(deposit), minimumWithdrawal: units(withdrawal), fee: units(fee) }
  return {
    asset,
    name,
    network,
    ...amounts,
    prefix,
    tagged,
    invoiceUpTo: invoiceUpTo === undefined ? undefined : units(invoiceUpTo),
    since
  }
}

export const methods: ReadonlyArray<Method> = [
  method("XXBT", "Bitcoin", "Bitcoin", ["0.0001", "0.0004", "0.0001"], "bc1q"),
  method("XXBT", "Bitcoin Lightning", "Lightning", ["0.00000001", "0.00001", "0"], "lnbc", { invoiceUpTo: "0.1" }),
  method("XETH", "Ether (Hex)", "Ethereum", ["0.001", "0.005", "0.0008"], "0x"),
  method("SOL", "Solana", "Solana", ["0.01", "0.02", "0.01"], "So1"),
  method("XXDG", "Dogecoin", "Dogecoin", ["1", "12", "4"], "D"),
  method("USDT", "Tether USD (ERC20)", "Ethereum", ["1", "10", "2.5"], "0x"),
  method("ADA", "ADA", "Cardano", ["1", "5", "0.5"], "addr1"),
  method("XXRP", "Ripple XRP", "XRP Ledger", ["1", "2", "0.1"], "r", { tagged: true }),
  method("DOT", "Polkadot", "Polkadot", ["0.1", "1.1", "0.1"], "1"),
  method("ZUSD", "FedWire", "Fedwire", ["1", "10", "4"], "US"),
  method("ZEUR", "SEPA", "SEPA", ["1", "5", "0.9"], "EU"),
  method("AAPLx", "xStocks (Solana)", "Solana", ["0.001", "0.01", "0.002"], "So1", { since: 2 })
]

export const methodsOf = ({ settings }: Exchange, asset: Asset): ReadonlyArray<Method> =>
  methods.filter((method) => method.asset.id === asset.id && method.since <= settings.rules)

const hour = 3_600_000

/** Ends of a transfer's stages, in milliseconds since it began. */
const stages = { pending: 30_000, settled: 120_000, success: 180_000 }

export type Status = "Initial" | "Pending" | "Settled" | "Success" | "Failure"

export const statusAt = (time: number, now: number): Status => {
  const age = now - time
  if (age < stages.pending) return "Initial"
  if (age < stages.settled) return "Pending"
  return age < stages.success ? "Settled" : "Success"
}

/** Starts a deposit. The balance grows after three minutes, or immediately with `atOnce`. */
export const deposit = (
  exchange: Exchange,
  account: Account,
  method: Method,
  amount: bigint,
  atOnce: boolean
): Deposit => {
  const number = nextNumber(exchange)
  const [address = newAddress(exchange, account, method)] = addressesOf(exchange, account, method)
  const deposit: Deposit = {
    refid: fundingId(exchange.settings.seed, number),
    txid: hex(exchange.settings.seed, number, 64),
    method: method.name,
    asset: method.asset.id,
    address: address.address,
    amount,
    time: exchange.now,
    creditedAt: atOnce ? exchange.now : exchange.now + stages.success,
    failedAt: undefined
  }
  account.deposits.push(deposit)
  if (atOnce) creditDeposit(exchange, account, deposit.refid)
  else addTimer(exchange, deposit.creditedAt, { kind: "deposit", account: account.id, refid: deposit.refid })
  return deposit
}

export const creditDeposit = (exchange: Exchange, account: Account, refid: string): void => {
  const { amount, asset, failedAt } = account.deposits.find((deposit) => deposit.refid === refid)!
  if (failedAt !== undefined) return
  post(exchange, account, { refid, type: "deposit", asset, amount })
  fromOutside(exchange, asset, amount)
}

/** Returns a deposit's status. A credited deposit is a success, even if it was credited immediately. */
export const depositStatus = ({ creditedAt, failedAt, time }: Deposit, now: number): Status =>
  failedAt !== undefined ? "Failure" : now >= creditedAt ? "Success" : statusAt(time, now)

/** Lists the account's deposit addresses of a method that have not expired, oldest first. */
export const addressesOf = (exchange: Exchange, { depositAddresses }: Account, { asset, name }: Method) =>
  depositAddresses.filter(
    (each) => each.method === name && each.asset === asset.id && (each.expires === 0 || each.expires > exchange.now)
  )

export const newAddress = (exchange: Exchange, account: Account, method: Method): DepositAddress => {
  const number = nextNumber(exchange)
  const address: DepositAddress = {
    asset: method.asset.id,
    method: method.name,
    address: method.prefix + hex(exchange.settings.seed, number, 36),
    tag: method.tagged ? String(1_000_000_000 + (hash(exchange.settings.seed, number) % 1_000_000_000)) : undefined,
    created: exchange.now,
    expires: method.invoiceUpTo === undefined ? 0 : exchange.now + hour
  }
  account.depositAddresses.push(address)
  return address
}
