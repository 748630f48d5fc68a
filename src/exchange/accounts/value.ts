import type { Asset } from "../catalogue/assets.ts"
import { assetOf, type Catalogue, marketOf, type ConversionPath } from "../catalogue/catalogue.ts"
import { divide, pow10, rescale } from "../base/fixed.ts"
import type { Exchange } from "../state/state.ts"

/**
 * Returns the value of one unit of an asset in US dollars at the market's last price, in units of 10^-10. Zero if no
 * price is known.
 */
export const dollars = (exchange: Exchange, asset: Asset): bigint =>
  pathToDollars(exchange.catalogue, asset)?.reduce((worth, { inverse, pair }) => {
    const last = exchange.market.last(pair, exchange.now)?.price ?? 0n
    if (last === 0n) return 0n
    const price = rescale(last, pair.priceDecimals, 10, "floor")
    if (price === 0n) return 0n
    return inverse ? divide(worth * pow10(10), price, "floor") : divide(worth * price, pow10(10), "floor")
  }, pow10(10)) ?? 0n

/** Converts an amount of a balance to units of another asset. Zero if no price is known. */
export const convert = (exchange: Exchange, amount: bigint, from: string, to: string): bigint => {
  const [source, target] = [assetOf(exchange.catalogue, from), assetOf(exchange.catalogue, to)]
  if (source === target) return amount
  const price = dollars(exchange, target)
  if (price === 0n) return 0n
  return divide(amount * dollars(exchange, source) * pow10(target.decimals), price * pow10(source.decimals), "floor")
}

/** Returns the chain of pairs that prices an asset in US dollars; undefined if there is none. */
export const pathToDollars = (catalogue: Catalogue, asset: Asset): ConversionPath | undefined => {
  const known = catalogue.conversionPaths.get(asset)
  if (known !== undefined || catalogue.conversionPaths.has(asset)) return known
  const path = find(catalogue, asset, [])
  catalogue.conversionPaths.set(asset, path)
  return path
}

/** Common quote assets, closest to the dollar first. */
const commonQuotes = ["ZUSD", "USDT", "USDC", "ZEUR", "XXBT", "XETH"]

/**
 * Finds the chain of pairs to the dollar: directly if a dollar pair exists, otherwise through a common quote asset.
 * `from` holds the assets already on the chain, which are never used twice.
 */
const find = (catalogue: Catalogue, asset: Asset, from: ReadonlyArray<Asset>): ConversionPath | undefined => {
  if (asset.id === "ZUSD") return []
  for (const id of commonQuotes) {
    const quote = catalogue.assets.get(id)
    if (quote === undefined || quote === asset || from.includes(quote)) continue
    const sold = catalogue.markets.get(marketOf(asset, quote))
    const pair = sold ?? catalogue.markets.get(marketOf(quote, asset))
    const path = pair && find(catalogue, quote, [...from, asset])
    if (path !== undefined && pair !== undefined) return [...path, { pair, inverse: sold === undefined }]
  }
  return undefined
}
