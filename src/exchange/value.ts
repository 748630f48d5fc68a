import { assetOf, assets } from "./assets.ts"
import { divide, pow10, rescale } from "./fixed.ts"
import { type Pair, pairs } from "./pairs.ts"
import type { Exchange } from "./state.ts"

/**
 * What one unit of an asset is worth in US dollars at the market's last price, in units of 10^-10; nothing where no
 * price is known.
 */
export const dollars = (x: Exchange, asset: string): bigint =>
  wayToDollars(asset).reduce((worth, { inverse, pair }) => {
    const last = x.market.last(pair, x.now)?.price ?? 0n
    if (last === 0n) return 0n
    const price = rescale(last, pair.priceDecimals, 10, "floor")
    return inverse ? divide(worth * pow10(10), price, "floor") : divide(worth * price, pow10(10), "floor")
  }, pow10(10))

/** An amount of one asset in units of another. */
export const convert = (x: Exchange, amount: bigint, from: string, to: string): bigint => {
  const [source, target] = [assetOf(from), assetOf(to)]
  if (source.id === target.id) return amount
  const price = dollars(x, target.id)
  if (price === 0n) return 0n
  return divide(amount * dollars(x, source.id) * pow10(target.decimals), price * pow10(source.decimals), "floor")
}

type Way = ReadonlyArray<{ readonly pair: Pair; readonly inverse: boolean }>

/** The pairs whose prices lead from a dollar to what an asset is worth. */
export const wayToDollars = (asset: string): Way => ways.get(assetOf(asset).id)!

const find = (id: string): Way => {
  if (id === "ZUSD") return []
  const sold =
    pairs.find(({ base, quote }) => base.id === id && quote.id === "ZUSD") ?? pairs.find(({ base }) => base.id === id)
  if (sold !== undefined) return [...find(sold.quote.id), { pair: sold, inverse: false }]
  // A currency only quoted, such as the euro: by way of Bitcoin.
  const quoted = pairs.find(({ base, quote }) => base.id === "XXBT" && quote.id === id)!
  return [...find("XXBT"), { pair: quoted, inverse: true }]
}

const ways = new Map(assets.map(({ id }) => [id, find(id)]))
