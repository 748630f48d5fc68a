import type { Asset } from "../catalogue/assets.ts"
import { type Method, methodsOf } from "../accounts/funding.ts"
import { assetClassed, classNamed, type Params, required, units } from "./params.ts"
import { Refusal } from "../base/refusal.ts"
import type { Exchange } from "../state/state.ts"

export const unknownAsset = "EFunding:Unknown asset"

/** Returns the filter of assets that a list is limited to: one asset class, or one asset if it is named. */
export const assetFilter = (exchange: Exchange, params: Params): ((asset: Asset) => boolean) => {
  const wanted = classNamed(params, "aclass")
  const named = params["asset"] === undefined ? undefined : assetClassed(exchange, params, "aclass", unknownAsset)
  return (asset) => (named === undefined ? asset.class === wanted : asset.id === named.id)
}

/** Reads the amount to transfer. Kraken's error for an invalid amount differs from that for a missing one. */
export const transferAmount = (params: Params, asset: Asset): bigint => {
  const sum = units(required(params, "amount"), asset)
  if (sum === undefined || sum <= 0n) throw new Refusal("EFunding:Invalid amount")
  return sum
}

export const fundingMethods = (exchange: Exchange, asset: Asset): ReadonlyArray<Method> => {
  const found = methodsOf(exchange, asset)
  if (found.length === 0) throw new Refusal("EFunding:No funding method")
  return found
}
