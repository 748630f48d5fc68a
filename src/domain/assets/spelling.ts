/** Normalizes a name for comparison: case and surrounding space are ignored. */
export const key = (spelling: string): string => spelling.trim().toUpperCase()

/**
 * Splits a pair at its separator: `BTC/USD`, `BTC-USD`, `BTC_USD`, `BTC:USD` and `BTC USD` give two names, `BTCUSD`
 * gives one.
 */
export const splitPair = (spelling: string): ReadonlyArray<string> => key(spelling).split(/\s*[/\-_:\s]\s*/)

/**
 * Lists the ways to read a name as an asset and a balance suffix: `DOT.S`, `DOT28.S` (28 days of lock-up). The first
 * reading keeps digits with the asset, since some assets end in digits, such as `ETH2.S`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-account-balance read 2026-08-17
 */
export const splitBalance = (spelling: string): ReadonlyArray<readonly [asset: string, suffix: string]> =>
  [/^(.+)(\.[A-Z]+)$/, /^(.*[^\d])(\d{1,3}\.[A-Z]+)$/].flatMap((form) => {
    const [, asset = "", suffix = ""] = form.exec(key(spelling)) ?? []
    return suffixes.has(suffix.replace(/^\d+/, "")) ? [[asset, suffix] as const] : []
  })

/**
 * Suffixes of staked, rewards, yield-bearing, auto-earn, tokenised, parachain and held balances.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-account-balance read 2026-08-17
 */
const suffixes = new Set([".S", ".M", ".B", ".F", ".T", ".P", ".HOLD"])

/** Display names of assets by the full names that people use. */
export const fullNames: ReadonlyMap<string, string> = new Map([
  ["BITCOIN", "BTC"],
  ["CARDANO", "ADA"],
  ["DOGECOIN", "DOGE"],
  ["ETHEREUM", "ETH"],
  ["LITECOIN", "LTC"],
  ["MONERO", "XMR"],
  ["POLKADOT", "DOT"],
  ["RIPPLE", "XRP"],
  ["SOLANA", "SOL"],
  ["TETHER", "USDT"]
])
