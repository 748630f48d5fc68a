import { dropAfter, dropBefore } from "../../doubles/fake/Faults.ts"
import { allocations, strategy_id } from "../answers.ts"
import type { Scenarios } from "../transcript.ts"
import type { FakeKraken } from "../../doubles/FakeKraken.ts"
import { all, answered, faults, lost, refused, withdrawal, withdrawn } from "./given.ts"

const asset = "BTC"
const out = { asset, key: "btc-wallet-1", amount: "0.5" }
const earn = { strategy_id, amount: "1" }
const between = { asset, amount: "0.1", from_account: "ABCD 1234 EFGH 5678", to_account: "IJKL 0987 MNOP 6543" }
const wallets = { asset, from_wallet: "Spot Wallet", to_wallet: "Futures Wallet", amount: "0.1" }
const user = { username: "desk2", email: "desk2@example.com" }
const fresh = { asset, method: "Bitcoin", new: true }

/** Sets the allocation before an operation, and the one after it. */
const moves = (endpoint: string, before: string, after: string) => (fake: FakeKraken) => {
  const done = () => fake.seen.some((seen) => seen.endpoint === endpoint)
  fake.answer("private/Earn/Allocations", () => allocations(done() ? after : before))
}

/** Scenarios of the tools for funding, Earn and subaccounts. */
export const funds: Readonly<Record<string, Scenarios>> = {
  get_deposit_methods: { "it answers": { args: { asset: "btc" } } },
  get_deposit_addresses: {
    "those that there are": { args: { asset, method: "Bitcoin" } },
    "a new one": { args: fresh },
    "a new one where nothing is written": { args: fresh, settings: { readOnly: true } },
    "Kraken refuses": {
      args: fresh,
      given: refused("private/DepositAddresses", "EFunding:Too many addresses")
    },
    "the answer is lost": { args: fresh, given: lost("private/DepositAddresses") }
  },
  get_deposit_status: { "it answers": { args: { asset, start: "2025-10-01", limit: 1 } } },
  get_withdrawal_methods: { "it answers": { args: { asset, network: "Bitcoin" } } },
  get_withdrawal_addresses: { "it answers": { args: { asset, verified: "true" } } },
  get_withdrawal_info: { "it answers": { args: out } },
  withdraw: {
    "it is accepted": { args: out },
    "with the address and the fee that it must have": {
      args: { ...out, address: "bc1qexampleexampleexample", max_fee: "0.001" }
    },
    "the same was sent just now": {
      args: out,
      given: (fake) => {
        fake.answer("private/WithdrawStatus", ({ now }: { readonly now: number }) => [
          { refid: "FTEARLIER", asset: "XXBT", amount: "0.5", time: Math.floor(now / 1000) - 60, key: "btc-wallet-1" }
        ])
      }
    },
    "the same, and it is meant": { args: { ...out, repeat: true }, given: withdrawal },
    "arguments that are none": { args: { ...out, amount: "-1" } },
    "Kraken refuses": { args: { ...out, key: "unknown" } },
    "the answer is lost: it is found": { args: out, given: lost("private/Withdraw") },
    "the request is lost": { args: out, given: faults("private/Withdraw", dropBefore) }
  },
  get_withdrawal_status: { "it answers": { args: { asset, limit: 1 }, given: withdrawal } },
  cancel_withdrawal: {
    "it is cancelled": { args: { asset, refid: withdrawn }, given: withdrawal },
    "Kraken refuses": { args: { asset, refid: "FTUNKNOWN" } },
    "the answer is lost": {
      args: { asset, refid: withdrawn },
      given: all(withdrawal, lost("private/WithdrawCancel"))
    }
  },
  wallet_transfer: {
    "it is done": { args: wallets },
    "Kraken refuses": { args: wallets, given: refused("private/WalletTransfer", "EFunding:Insufficient funds") },
    "the answer is lost": { args: wallets, given: lost("private/WalletTransfer") }
  },
  list_earn_strategies: { "it answers": { args: { asset: "sol", lock_type: "bonded,flex", limit: 1 } } },
  list_earn_allocations: { "it answers": { args: { converted_asset: "USD" } } },
  allocate_earn: {
    "it is begun": { args: earn },
    "Kraken refuses": { args: earn, given: refused("private/Earn/Allocate", "EEarnings:Below min:(1 SOL)") },
    "the answer is lost: it is found": {
      args: earn,
      given: all(moves("private/Earn/Allocate", "40.1", "41.1"), faults("private/Earn/Allocate", dropAfter))
    },
    "the request is lost": { args: earn, given: faults("private/Earn/Allocate", dropBefore) }
  },
  deallocate_earn: {
    "it is begun": { args: earn },
    "Kraken refuses": {
      args: earn,
      given: refused(
        "private/Earn/Deallocate",
        "EEarnings:Insufficient funds:Insufficient funds to complete the (de)allocation request"
      )
    },
    "the answer is lost: it is found": {
      args: earn,
      given: all(moves("private/Earn/Deallocate", "40.1", "39.1"), faults("private/Earn/Deallocate", dropAfter))
    },
    "the request is lost": { args: earn, given: faults("private/Earn/Deallocate", dropBefore) }
  },
  get_earn_allocation_status: { "it answers": { args: { strategy_id } } },
  get_earn_deallocation_status: {
    "it answers": { args: { strategy_id }, given: answered("private/Earn/DeallocateStatus", { pending: true }) }
  },
  create_subaccount: {
    "it is made": { args: user },
    "Kraken refuses": { args: user, given: refused("private/CreateSubaccount", "EGeneral:Permission denied") },
    "the answer is lost": { args: user, given: lost("private/CreateSubaccount") }
  },
  account_transfer: {
    "it is done": { args: between },
    "arguments that are none": { args: { ...between, to_account: between.from_account } },
    "Kraken refuses": { args: between, given: refused("private/AccountTransfer", "EFunding:Insufficient funds") },
    "the answer is lost": { args: between, given: lost("private/AccountTransfer") }
  },
  get_websockets_token: {
    "it is made": {},
    "Kraken refuses": { given: refused("private/GetWebSocketsToken", "EGeneral:Permission denied") },
    "the answer is lost": { given: lost("private/GetWebSocketsToken") }
  }
}
