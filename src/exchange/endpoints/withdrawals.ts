import type { Asset } from "../catalogue/assets.ts"
import type { Endpoint } from "../wire/call.ts"
import { assetOf } from "../catalogue/catalogue.ts"
import { type Method, methods } from "../accounts/funding.ts"
import { assetFilter, fundingMethods, transferAmount, unknownAsset } from "../wire/fundingParams.ts"
import { fundingId, uuidOf } from "../base/ids.ts"
import { add, available, fromOutside, post } from "../accounts/ledger.ts"
import { assetClassed, assetNamed, flag, type Params, required, text, units } from "../wire/params.ts"
import { invalid, Refusal } from "../base/refusal.ts"
import { amountText } from "../wire/show.ts"
import type { Account, WithdrawalAddress } from "../state/account.ts"
import { type Exchange, nextNumber } from "../state/state.ts"
import { cancellable, returnWithdrawal } from "../accounts/transfers.ts"
import { dailyLimit, largestWithdrawal, usedToday, worthOf } from "../accounts/withdrawalLimit.ts"

export const WithdrawMethods: Endpoint = (exchange, { account, params }) => {
  const isAsked = assetFilter(exchange, params)
  const network = text(params, "network")
  const used = usedToday(exchange, account)
  const inDollars = (amount: bigint) => amountText(exchange, "ZUSD", amount)
  return methods
    .filter((each) => isAsked(each.asset) && (network === undefined || each.network === network))
    .map((each) => ({
      asset: each.asset.id,
      method: each.name,
      method_id: uuidOf(`method ${each.name}`),
      network: each.network,
      network_id: uuidOf(`network ${each.network}`),
      minimum: amountText(exchange, each.asset.id, each.minimumWithdrawal),
      fee: { aclass: each.asset.class, asset: each.asset.id, fee: amountText(exchange, each.asset.id, each.fee) },
      limits: [
        {
          description: "Daily",
          limit_type: "equiv_amount",
          limits: {
            "86400": {
              maximum: inDollars(dailyLimit),
              remaining: inDollars(dailyLimit - used),
              used: inDollars(used)
            }
          }
        }
      ]
    }))
}

export const WithdrawAddresses: Endpoint = (exchange, { account, params }) => {
  const isAsked = assetFilter(exchange, params)
  const verified = params["verified"] === undefined ? undefined : flag(params, "verified")
  const [method, key] = [text(params, "method"), text(params, "key")]
  return account.withdrawalAddresses
    .filter(
      (each) =>
        isAsked(assetOf(exchange.catalogue, each.asset)) &&
        (method === undefined || each.method === method) &&
        (key === undefined || each.key === key) &&
        (verified === undefined || each.verified === verified)
    )
    .map((each) => ({
      ...each,
      asset: assetOf(exchange.catalogue, each.asset).altname,
      network: methodNamed(each.method).network
    }))
}

export const WithdrawInfo: Endpoint = (exchange, { account, params }) => {
  const asset = assetNamed(exchange, required(params, "asset"), unknownAsset)
  const { method, sum } = readWithdrawal(exchange, account, params, asset)
  return {
    method: method.name,
    limit: amountText(exchange, asset.id, largestWithdrawal(exchange, account, method)),
    amount: amountText(exchange, asset.id, sum - method.fee),
    fee: amountText(exchange, asset.id, method.fee)
  }
}

export const Withdraw: Endpoint = (exchange, { account, params }) => {
  const asset = assetClassed(exchange, params, "aclass", unknownAsset)
  const { address, method, sum } = readWithdrawal(exchange, account, params, asset)
  const expected = text(params, "address")
  if (expected !== undefined && expected !== address.address) throw new Refusal("EFunding:Invalid withdrawal address")
  // Without a fee, a `max_fee` of 0 is valid.
  const most = text(params, "max_fee")
  const mostFee = most === undefined ? method.fee : units(most, asset)
  if (mostFee === undefined || mostFee < 0n) throw invalid("max_fee")
  if (mostFee < method.fee) throw new Refusal("EFunding:Max fee exceeded")
  if (sum - method.fee < method.minimumWithdrawal) throw new Refusal("EFunding:Invalid amount")
  const worth = worthOf(exchange, asset.id, sum)
  if (worth > dailyLimit - usedToday(exchange, account)) throw new Refusal("EFunding:Invalid amount")
  if (sum > available(account, asset.id)) throw new Refusal("EFunding:Insufficient funds")
  const refid = fundingId(exchange.settings.seed, nextNumber(exchange))
  account.withdrawals.push({
    refid,
    method: method.name,
    network: method.network,
    asset: asset.id,
    address: address.address,
    key: address.key,
    amount: sum - method.fee,
    fee: method.fee,
    worth,
    time: exchange.now,
    returned: undefined
  })
  post(exchange, account, { refid, type: "withdrawal", asset: asset.id, amount: method.fee - sum, fee: method.fee })
  fromOutside(exchange, asset.id, method.fee - sum)
  return { refid }
}

/** Cancels a withdrawal and returns true, or returns false if it has already been sent. */
export const WithdrawCancel: Endpoint = (exchange, { account, key, params }) => {
  const asset = assetNamed(exchange, required(params, "asset"), unknownAsset)
  const refid = required(params, "refid")
  // A transfer between own wallets is complete immediately. Any key may ask about it.
  if (account.transfersToFutures.includes(refid)) return false
  if (!key.permissions.includes("withdraw-funds")) throw new Refusal("EGeneral:Permission denied")
  const withdrawal = account.withdrawals.find((each) => each.refid === refid && each.asset === asset.id)
  if (withdrawal === undefined) throw new Refusal("EFunding:Unknown reference id")
  if (!cancellable(exchange, withdrawal)) return false
  returnWithdrawal(exchange, account, withdrawal, "canceled")
  return true
}

/** Transfers from the spot to the futures wallet. The opposite direction is a call of Kraken's Futures API. */
export const WalletTransfer: Endpoint = (exchange, { account, params }) => {
  const asset = assetNamed(exchange, required(params, "asset"), unknownAsset)
  if (required(params, "from") !== "Spot Wallet") throw invalid("from")
  if (required(params, "to") !== "Futures Wallet") throw invalid("to")
  const sum = transferAmount(params, asset)
  if (sum > available(account, asset.id)) throw new Refusal("EFunding:Insufficient funds")
  const refid = fundingId(exchange.settings.seed, nextNumber(exchange))
  post(exchange, account, { refid, type: "transfer", subtype: "spottofutures", asset: asset.id, amount: -sum })
  account.transfersToFutures.push(refid)
  add(account.futures, asset.id, sum)
  return { refid }
}

const methodNamed = (name: string): Method => methods.find((each) => each.name === name)!

const readWithdrawal = (exchange: Exchange, account: Account, params: Params, asset: Asset) => {
  fundingMethods(exchange, asset)
  const key = required(params, "key")
  const address: WithdrawalAddress | undefined = account.withdrawalAddresses.find(
    (each) => each.key === key && each.asset === asset.id && each.verified
  )
  if (address === undefined) throw new Refusal("EFunding:Unknown withdraw key")
  const sum = transferAmount(params, asset)
  const method = methodNamed(address.method)
  if (sum <= method.fee) throw new Refusal("EFunding:Invalid amount")
  return { address, method, sum }
}
