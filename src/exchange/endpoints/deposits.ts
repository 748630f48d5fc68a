import type { Endpoint } from "../wire/call.ts"
import { addressesOf, newAddress } from "../accounts/funding.ts"
import { fundingMethods, transferAmount, unknownAsset } from "../wire/fundingParams.ts"
import { assetClassed, flag, required } from "../wire/params.ts"
import { Refusal } from "../base/refusal.ts"
import { amountText } from "../wire/show.ts"

const unusedAddresses = 5

export const DepositMethods: Endpoint = (exchange, { params }) => {
  const asset = assetClassed(exchange, params, "aclass", unknownAsset)
  return fundingMethods(exchange, asset).map((method) => ({
    method: method.name,
    limit: method.invoiceUpTo === undefined ? false : amountText(exchange, asset.id, method.invoiceUpTo),
    fee: amountText(exchange, asset.id, 0n),
    ...(method.invoiceUpTo === undefined && { "gen-address": true }),
    minimum: amountText(exchange, asset.id, method.minimumDeposit)
  }))
}

export const DepositAddresses: Endpoint = (exchange, { account, key, params }) => {
  const asset = assetClassed(exchange, params, "aclass", unknownAsset)
  const name = required(params, "method")
  const method = fundingMethods(exchange, asset).find((each) => each.name === name)
  if (method === undefined) throw new Refusal("EFunding:No funding method")
  const addresses = addressesOf(exchange, account, method)
  const unused = addresses.filter(({ address }) => !account.deposits.some((deposit) => deposit.address === address))
  if (flag(params, "new")) {
    if (!key.permissions.includes("add-funds")) throw new Refusal("EGeneral:Permission denied")
    if (method.invoiceUpTo !== undefined) {
      const sum = transferAmount(params, asset)
      if (sum < method.minimumDeposit || sum > method.invoiceUpTo) throw new Refusal("EFunding:Invalid amount")
    }
    if (unused.length >= unusedAddresses) throw new Refusal("EFunding:Too many addresses")
    const added = newAddress(exchange, account, method)
    addresses.push(added)
    unused.push(added)
  }
  return addresses.map((each) => ({
    address: each.address,
    expiretm: String(Math.floor(each.expires / 1000)),
    ...(unused.includes(each) && { new: true }),
    ...(each.tag !== undefined && { tag: each.tag })
  }))
}
