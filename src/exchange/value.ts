import { assetOf } from "./assets.ts"
import { divide, pow10, rescale } from "./fixed.ts"
import { pairs } from "./pairs.ts"
import type { Exchange } from "./state.ts"

/** What one unit of an asset is worth in US dollars at the market's last price, in units of 10^-10. */
export const dollars = (x: Exchange, asset: string): bigint => {
  const { id } = assetOf(asset)
  if (id === "ZUSD") return pow10(10)
  const direct = pairs.find((pair) => pair.base.id === id && pair.quote.id === "ZUSD")
  if (direct !== undefined) return rescale(x.market.last(direct, x.now).price, direct.priceDecimals, 10, "floor")
  const sold = pairs.find((pair) => pair.base.id === id)
  if (sold !== undefined) {
    const price = rescale(x.market.last(sold, x.now).price, sold.priceDecimals, 10, "floor")
    return divide(price * dollars(x, sold.quote.id), pow10(10), "floor")
  }
  // A currency only quoted, such as the euro: by way of Bitcoin.
  const quoted = pairs.find((pair) => pair.base.id === "XXBT" && pair.quote.id === id)
  if (quoted === undefined) return 0n
  const price = rescale(x.market.last(quoted, x.now).price, quoted.priceDecimals, 10, "floor")
  return divide(dollars(x, "XXBT") * pow10(10), price, "floor")
}

/** An amount of one asset in units of another. */
export const convert = (x: Exchange, amount: bigint, from: string, to: string): bigint => {
  const [source, target] = [assetOf(from), assetOf(to)]
  if (source.id === target.id) return amount
  const price = dollars(x, target.id)
  if (price === 0n) return 0n
  return divide(amount * dollars(x, source.id) * pow10(target.decimals), price * pow10(source.decimals), "floor")
}
