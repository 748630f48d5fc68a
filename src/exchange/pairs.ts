import { type Asset, assetOf } from "./assets.ts"
import { fixed, pow10, rescale } from "./fixed.ts"

/** A pair. Prices count units of 10^-priceDecimals of the quote asset, volumes of 10^-lotDecimals of the base asset. */
export interface Pair {
  readonly id: string
  readonly altname: string
  readonly wsname: string
  readonly display: string
  readonly base: Asset
  readonly quote: Asset
  readonly costDecimals: number
  readonly priceDecimals: number
  readonly lotDecimals: number
  readonly tick: bigint
  readonly ordermin: bigint
  /** In the quote asset's units. */
  readonly costmin: bigint
  readonly leverage: ReadonlyArray<number>
  readonly positionLimits?: readonly [long: number, short: number]
  readonly status: "online" | "cancel_only" | "post_only" | "limit_only" | "reduce_only"
  readonly text: { readonly ordermin: string; readonly costmin: string; readonly tick: string }
}

const pair = (
  id: string,
  altname: string,
  display: string,
  [base, quote]: readonly [string, string],
  [costDecimals, priceDecimals, lotDecimals]: readonly [number, number, number],
  [ordermin, costmin, tick]: readonly [string, string, string],
  maxLeverage: number,
  positionLimits?: readonly [number, number],
  status: Pair["status"] = "online"
): Pair => {
  const assets = { base: assetOf(base), quote: assetOf(quote) }
  return {
    id,
    altname,
    display,
    wsname: `${assets.base.altname}/${assets.quote.altname}`,
    ...assets,
    costDecimals,
    priceDecimals,
    lotDecimals,
    tick: fixed(tick, priceDecimals),
    ordermin: fixed(ordermin, lotDecimals),
    costmin: fixed(costmin, assets.quote.decimals),
    leverage: Array.from({ length: Math.max(0, maxLeverage - 1) }, (_, i) => i + 2),
    ...(positionLimits === undefined ? {} : { positionLimits }),
    status,
    text: { ordermin, costmin, tick }
  }
}

export const pairs: ReadonlyArray<Pair> = [
  pair("XXBTZUSD", "XBTUSD", "BTC/USD", ["XXBT", "ZUSD"], [5, 1, 8], ["0.00005", "0.5", "0.1"], 10, [350, 250]),
  pair("XETHZUSD", "ETHUSD", "ETH/USD", ["XETH", "ZUSD"], [5, 2, 8], ["0.002", "0.5", "0.01"], 10, [7000, 6000]),
  pair("SOLUSD", "SOLUSD", "SOL/USD", ["SOL", "ZUSD"], [5, 2, 8], ["0.06", "0.5", "0.01"], 10, [37000, 24000]),
  pair("XETHXXBT", "ETHXBT", "ETH/BTC", ["XETH", "XXBT"], [10, 6, 8], ["0.001", "0.00002", "0.000001"], 5, [1000, 800]),
  pair(
    "XDGUSD",
    "XDGUSD",
    "DOGE/USD",
    ["XXDG", "ZUSD"],
    [9, 7, 8],
    ["50", "0.5", "0.0000001"],
    10,
    [30000000, 30000000]
  ),
  pair("USDTZUSD", "USDTUSD", "USDT/USD", ["USDT", "ZUSD"], [8, 5, 8], ["5", "0.5", "0.00001"], 3, [1000000, 1000000]),
  pair("ADAUSD", "ADAUSD", "ADA/USD", ["ADA", "ZUSD"], [8, 6, 8], ["6", "0.5", "0.000001"], 3, [500000, 400000]),
  pair("XXRPZUSD", "XRPUSD", "XRP/USD", ["XXRP", "ZUSD"], [8, 5, 8], ["1.65", "0.5", "0.00001"], 10, [1000000, 800000]),
  pair("DOTUSD", "DOTUSD", "DOT/USD", ["DOT", "ZUSD"], [8, 4, 8], ["0.6", "0.5", "0.0001"], 5, [100000, 80000]),
  pair("XXBTZEUR", "XBTEUR", "BTC/EUR", ["XXBT", "ZEUR"], [5, 1, 8], ["0.00005", "0.45", "0.1"], 10, [350, 250]),
  pair(
    "ACAEUR",
    "ACAEUR",
    "ACA/EUR",
    ["ACA", "ZEUR"],
    [8, 5, 8],
    ["12000", "0.45", "0.00001"],
    0,
    undefined,
    "cancel_only"
  ),
  pair("AAPLxUSD", "AAPLxUSD", "AAPLx/USD", ["AAPLx", "ZUSD"], [5, 2, 8], ["0.002", "0.5", "0.01"], 0)
]

const names = new Map<string, Pair>()
for (const pair of pairs) {
  for (const name of [pair.id, pair.altname, pair.display]) names.set(name.toUpperCase(), pair)
}

/** By id, altname or display name. `XBT/USD`, the WebSocket name, is no REST name: Kraken refuses it too. */
export const findPair = (name: string): Pair | undefined => names.get(name.toUpperCase())

/** Answers name a pair in the style of the question: `BTC/USD` stays `BTC/USD`, anything else becomes the id. */
export const keyOf = (pair: Pair, asked: string): string => (asked.includes("/") ? pair.display : pair.id)

/** A volume in units of the base asset. */
export const baseAmount = (pair: Pair, volume: bigint, mode: "floor" | "ceil" = "floor"): bigint =>
  rescale(volume, pair.lotDecimals, pair.base.decimals, mode)

/** Price times volume in units of the quote asset. */
export const quoteAmount = (pair: Pair, price: bigint, volume: bigint, mode: "floor" | "ceil"): bigint =>
  rescale(price * volume, pair.priceDecimals + pair.lotDecimals, pair.quote.decimals, mode)

/** Price times volume with the pair's cost decimals, as orders and trades print it. */
export const costOf = (pair: Pair, price: bigint, volume: bigint): bigint =>
  rescale(price * volume, pair.priceDecimals + pair.lotDecimals, pair.costDecimals, "half")

/**
 * The volume that an amount of the quote asset still buys at a price after exact costs of `spent` (with priceDecimals
 * + lotDecimals): rounded costs would leave crumbs that buy something for nothing.
 */
export const volumeFor = (pair: Pair, price: bigint, amount: bigint, spent: bigint): bigint =>
  (amount * pow10(pair.priceDecimals + pair.lotDecimals - pair.quote.decimals) - spent) / price
