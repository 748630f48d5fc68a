import { commonAssets } from "../../domain/assets/commonAssets.ts"
import type { Asset } from "./assets.ts"
import { type Catalogue, makeCatalogue } from "./catalogue.ts"
import { defaultFees } from "./fees.ts"
import { fixed } from "../base/fixed.ts"
import type { Pair } from "./pairs.ts"

const pair = (
  id: string,
  altname: string,
  display: string,
  [baseId, quoteId]: readonly [string, string],
  [costDecimals, priceDecimals, lotDecimals]: readonly [number, number, number],
  [ordermin, costmin, tick]: readonly [string, string, string],
  maxLeverage: number,
  positionLimits?: readonly [number, number],
  status: Pair["status"] = "online"
): Pair => {
  const [base, quote] = [baseId, quoteId].map((asset) => commonAssets.find(({ id }) => id === asset)!) as [Asset, Asset]
  return {
    id,
    altname,
    display,
    wsname: `${base.altname}/${quote.altname}`,
    base,
    quote,
    costDecimals,
    priceDecimals,
    lotDecimals,
    tick: fixed(tick, priceDecimals),
    ordermin: fixed(ordermin, lotDecimals),
    costmin: fixed(costmin, quote.decimals),
    leverage: Array.from({ length: Math.max(0, maxLeverage - 1) }, (_, i) => i + 2),
    ...(positionLimits === undefined ? {} : { positionLimits }),
    status,
    fees: defaultFees,
    text: { ordermin, costmin, tick }
  }
}

const pairs = (): ReadonlyArray<Pair> => [
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

/**
 * Makes the catalogue that every exchange starts with: pairs of each kind, with real rules. Each exchange has its own
 * copy, since catalogues change.
 */
export const makeBuiltIn = (): Catalogue => makeCatalogue(commonAssets, pairs())

/** A shared copy for lookups. Its assets are those of every exchange. */
export const builtIn: Catalogue = makeBuiltIn()
