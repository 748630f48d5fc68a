import { Refusal } from "./Wire.ts"

/**
 * Columns: id, altname, display, base, quote, cost/pair/lot decimals, ordermin, costmin, tick size, leverages, status.
 */
const pairRows = [
  ["XXBTZUSD", "XBTUSD", "BTC/USD", "XXBT", "ZUSD", 5, 1, 8, "0.00005", "0.5", "0.1", 10, "online"],
  ["XETHZUSD", "ETHUSD", "ETH/USD", "XETH", "ZUSD", 5, 2, 8, "0.002", "0.5", "0.01", 10, "online"],
  ["SOLUSD", "SOLUSD", "SOL/USD", "SOL", "ZUSD", 5, 2, 8, "0.06", "0.5", "0.01", 10, "online"],
  ["XETHXXBT", "ETHXBT", "ETH/BTC", "XETH", "XXBT", 10, 6, 8, "0.001", "0.00002", "0.000001", 5, "online"],
  ["XDGUSD", "XDGUSD", "DOGE/USD", "XXDG", "ZUSD", 9, 7, 8, "50", "0.5", "0.0000001", 10, "online"],
  ["USDTZUSD", "USDTUSD", "USDT/USD", "USDT", "ZUSD", 8, 5, 8, "5", "0.5", "0.00001", 3, "online"],
  ["ADAUSD", "ADAUSD", "ADA/USD", "ADA", "ZUSD", 8, 6, 8, "6", "0.5", "0.000001", 3, "online"],
  ["ACAEUR", "ACAEUR", "ACA/EUR", "ACA", "ZEUR", 5, 4, 8, "12000", "0.45", "0.0001", 1, "cancel_only"]
] as const

/** Columns: id, altname, display, decimals, display decimals. */
const assetRows = [
  ["XXBT", "XBT", "BTC", 10, 5],
  ["XETH", "ETH", "ETH", 10, 5],
  ["ZUSD", "USD", "USD", 4, 2],
  ["ZEUR", "EUR", "EUR", 4, 2],
  ["SOL", "SOL", "SOL", 10, 5],
  ["XXDG", "XDG", "DOGE", 8, 2],
  ["USDT", "USDT", "USDT", 8, 4],
  ["ADA", "ADA", "ADA", 8, 6],
  ["ACA", "ACA", "ACA", 10, 5]
] as const

const wsAliases: Record<string, string> = { BTC: "XBT", DOGE: "XDG" }

const wsname = (display: string) =>
  display
    .split("/")
    .map((part) => wsAliases[part] ?? part)
    .join("/")

const leverages = (maximum: number) => Array.from({ length: maximum - 1 }, (_, index) => index + 2)

/** The answer of `AssetPairs`. */
export const assetPairs = Object.fromEntries(
  pairRows.map(([id, alt, display, base, quote, cost, price, lot, ordermin, costmin, tick, leverage, status]) => [
    id,
    {
      altname: alt,
      wsname: wsname(display),
      aclass_base: "currency",
      base,
      aclass_quote: "currency",
      quote,
      lot: "unit",
      cost_decimals: cost,
      pair_decimals: price,
      lot_decimals: lot,
      lot_multiplier: 1,
      leverage_buy: leverages(leverage),
      leverage_sell: leverages(leverage),
      fees: [],
      fees_maker: [],
      fee_volume_currency: "ZUSD",
      margin_call: 80,
      margin_stop: 40,
      ordermin,
      costmin,
      tick_size: tick,
      status,
      execution_venue: "international"
    }
  ])
)

/** The answer of `Assets`. */
export const assets = Object.fromEntries(
  assetRows.map(([id, alt, , decimals, displayDecimals]) => [
    id,
    { aclass: "currency", altname: alt, decimals, display_decimals: displayDecimals, status: "enabled" }
  ])
)

/** Finds the altname of a pair by its id, altname or display name. Kraken does not accept the wsname. */
export const altname = (spelling: string | undefined): string => {
  const found = pairRows.find(([id, alt, display]) => [id, alt, display].some((name) => name === spelling))
  if (found === undefined) throw new Refusal("EQuery:Unknown asset pair")
  return found[1]
}

/** Finds the id of an asset by its id, altname or display name. */
export const assetId = (spelling: string | undefined): string => {
  const found = assetRows.find(([id, alt, display]) => [id, alt, display].some((name) => name === spelling))
  if (found === undefined) throw new Refusal("EQuery:Unknown asset")
  return found[0]
}
