import * as fc from "fast-check"
import { strategies } from "../../src/exchange/accounts/strategies.ts"
import type { Account } from "../../src/exchange/state/account.ts"
import type { Exchange } from "../../src/exchange/state/state.ts"

/** A request that moves money without a trade. Choices are numbers, so that sequences shrink well. */
export interface FundingStep {
  readonly kind: (typeof kinds)[number]
  readonly asset: number
  readonly size: number
  readonly pick: number
  readonly flag: boolean
}

const kinds = [
  "call back",
  "deposit",
  "withdraw",
  "fail",
  "call back",
  "address",
  "to futures",
  "subaccount",
  "between accounts",
  "allocate",
  "deallocate",
  "report",
  "remove report"
] as const

export const fundingStep: fc.Arbitrary<FundingStep> = fc.record({
  kind: fc.constantFrom(...kinds),
  asset: fc.nat(4),
  size: fc.nat(4),
  pick: fc.nat(9),
  flag: fc.boolean()
})

/**
 * Assets that can be withdrawn, that can earn, or that are only traded. Sizes go from too small to more than the
 * balance.
 */
const assets = ["XBT", "USD", "DOT", "ETH", "XDG"]
const sizes: Record<string, ReadonlyArray<string>> = {
  XBT: ["0.0001", "0.0005", "0.30000001", "1.9", "5"],
  USD: ["4", "14.0001", "1000", "60000.1234", "12000000"],
  DOT: ["0.009", "7.5", "12.3456789012", "40", "99"],
  ETH: ["0.001", "0.75", "3.0000000001", "11", "40"],
  XDG: ["10", "16", "123456.78901234", "399999", "500000"]
}
const keys: Record<string, string> = { XBT: "btc-wallet-1", USD: "usd-bank-1" }

export const fundingRequest = (
  exchange: Exchange,
  account: Account,
  { asset: place, flag, pick, size, kind }: FundingStep
): { readonly endpoint: string; readonly params: Record<string, unknown> } => {
  const asset = assets[place]!
  const sum = { asset, amount: sizes[asset]![size]! }
  const one = <A>(all: ReadonlyArray<A>): A | undefined => all[pick % Math.max(1, all.length)]
  switch (kind) {
    case "deposit":
      return { endpoint: "control/Deposit", params: { ...sum, account: account.name, at_once: flag } }
    case "withdraw": {
      const known = keys[asset] === undefined && flag ? { asset: "XBT", amount: sizes["XBT"]![size]! } : sum
      return { endpoint: "private/Withdraw", params: { ...known, key: keys[known.asset] ?? "btc-wallet-1" } }
    }
    case "call back": {
      const { asset, refid } = (flag ? account.withdrawals.at(-1) : one(account.withdrawals)) ?? {
        asset: "XXBT",
        refid: "FT"
      }
      return { endpoint: "private/WithdrawCancel", params: { asset, refid } }
    }
    case "fail": {
      const { refid } = (flag ? account.withdrawals : account.deposits).at(-1) ?? { refid: "FT" }
      return { endpoint: "control/FailTransfers", params: { refid } }
    }
    case "address":
      return { endpoint: "private/DepositAddresses", params: { asset: "XBT", method: "Bitcoin", new: true } }
    case "to futures":
      return { endpoint: "private/WalletTransfer", params: { ...sum, from: "Spot Wallet", to: "Futures Wallet" } }
    case "subaccount": {
      const username = `${account.name}-${exchange.sequence}`
      return { endpoint: "private/CreateSubaccount", params: { username, email: `${username}@example.com` } }
    }
    case "between accounts": {
      const [first, ...others] = [...exchange.accounts.values()].filter(
        ({ id, master }) => id === account.id || master === account.id
      )
      const ids = [first!.id, one(others)?.id ?? first!.id]
      const [from, to] = flag ? ids : ids.toReversed()
      return { endpoint: "private/AccountTransfer", params: { ...sum, from, to } }
    }
    case "allocate":
    case "deallocate": {
      const strategy = strategies.find((each) => each.asset.altname === asset) ?? strategies[0]!
      const amount = sizes[strategy.asset.altname]![size]!
      const endpoint = kind === "allocate" ? "private/Earn/Allocate" : "private/Earn/Deallocate"
      return { endpoint, params: { strategy_id: strategy.id, amount } }
    }
    case "report":
      return { endpoint: "private/AddExport", params: { report: flag ? "trades" : "ledgers", description: "all" } }
    case "remove report": {
      const report = one(account.reports)
      return {
        endpoint: "private/RemoveExport",
        params: { id: report?.id ?? "AAAA", type: flag ? "delete" : "cancel" }
      }
    }
  }
}
