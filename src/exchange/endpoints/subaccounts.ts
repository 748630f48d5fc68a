import { openAccount } from "../accounts/accounts.ts"
import type { Endpoint } from "../wire/call.ts"
import { transferId } from "../base/ids.ts"
import { available, post } from "../accounts/ledger.ts"
import { amount, assetClassed, required } from "../wire/params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import type { Account } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"

export const CreateSubaccount: Endpoint = (exchange, { account, params }) => {
  if (account.master !== undefined) throw new Refusal("EGeneral:Permission denied")
  const name = required(params, "username")
  if (!/^[^@\s]+@[^@\s]+$/.test(required(params, "email"))) throw invalid("email")
  const taken = [...exchange.accounts.values()].some((each) => each.name === name)
  if (taken) throw invalid("username")
  openAccount(exchange, { name, master: account.id })
  return true
}

/** Transfers between the master account and its subaccounts. Only the master may do so. */
export const AccountTransfer: Endpoint = (exchange, { account, params }) => {
  if (account.master !== undefined) throw new Refusal("EGeneral:Permission denied")
  const asset = assetClassed(exchange, params, "asset_class")
  const from = family(exchange, account, params, "from")
  const to = family(exchange, account, params, "to")
  if (from === to) throw invalid("to")
  const sum = amount(params, "amount", asset)
  if (sum === undefined) throw invalid("amount")
  if (sum > available(from, asset.id)) throw new Refusal("EFunding:Insufficient funds")
  const refid = transferId(exchange.settings.seed, nextNumber(exchange))
  post(exchange, from, { refid, type: "transfer", asset: asset.id, amount: -sum })
  post(exchange, to, { refid, type: "transfer", asset: asset.id, amount: sum })
  return { transfer_id: refid, status: "complete" }
}

const family = (
  exchange: Exchange,
  master: Account,
  params: Readonly<Record<string, unknown>>,
  field: string
): Account => {
  const id = required(params, field).replaceAll("-", " ")
  const account = exchange.accounts.get(id)
  if (account !== master && account?.master !== master.id) throw invalid(field)
  return account
}
