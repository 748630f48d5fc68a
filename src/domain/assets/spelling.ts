/** How a name is compared: without regard to case or surrounding space. */
export const key = (spelling: string): string => spelling.trim().toUpperCase()

/** `BTC/USD`, `BTC-USD`, `BTC_USD`, `BTC:USD` and `BTC USD` are two names; `BTCUSD` is one. */
export const splitPair = (spelling: string): ReadonlyArray<string> => key(spelling).split(/\s*[/\-_:\s]\s*/)

/**
 * The ways to read a name as an asset and the suffix of a balance: `DOT.S`, `DOT28.S` (28 days of lock-up). The first
 * reading keeps digits with the asset, for those that end in digits themselves, such as `ETH2.S`.
 */
export const splitBalance = (spelling: string): ReadonlyArray<readonly [asset: string, suffix: string]> =>
  [/^(.+)(\.[A-Z]+)$/, /^(.*[^\d])(\d{1,3}\.[A-Z]+)$/].flatMap((form) => {
    const [, asset = "", suffix = ""] = form.exec(key(spelling)) ?? []
    return suffixes.has(suffix.replace(/^\d+/, "")) ? [[asset, suffix] as const] : []
  })

/** Staked, rewards, yield-bearing, auto-earn, tokenised, parachain and held balances. */
const suffixes = new Set([".S", ".M", ".B", ".F", ".T", ".P", ".HOLD"])

/** Display names of assets that people call by their full names. */
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
