/** An asset as Kraken lists it. Amounts inside the engine count units of 10^-decimals. */
export interface Asset {
  readonly id: string
  readonly altname: string
  readonly display: string
  readonly class: "currency" | "tokenized_asset"
  readonly decimals: number
  readonly displayDecimals: number
  readonly collateral?: number
  readonly marginRate?: string
}

const asset = (
  id: string,
  altname: string,
  display: string,
  decimals: number,
  displayDecimals: number,
  collateral?: number,
  marginRate?: string
): Asset => ({
  id,
  altname,
  display,
  class: "currency",
  decimals,
  displayDecimals,
  ...(collateral === undefined ? {} : { collateral }),
  ...(marginRate === undefined ? {} : { marginRate })
})

export const assets: ReadonlyArray<Asset> = [
  asset("XXBT", "XBT", "BTC", 10, 5, 0.99, "0.01"),
  asset("XETH", "ETH", "ETH", 10, 5, 0.99, "0.02"),
  asset("ZUSD", "USD", "USD", 4, 2, 1, "0.036"),
  asset("ZEUR", "EUR", "EUR", 4, 2, 1),
  asset("SOL", "SOL", "SOL", 10, 5, 0.925, "0.02"),
  asset("XXDG", "XDG", "DOGE", 8, 2, 0.925, "0.02"),
  asset("USDT", "USDT", "USDT", 8, 4, 0.99),
  asset("ADA", "ADA", "ADA", 8, 6, 0.9, "0.02"),
  asset("XXRP", "XRP", "XRP", 8, 5, 0.9, "0.02"),
  asset("DOT", "DOT", "DOT", 10, 5, 0.9, "0.02"),
  asset("ACA", "ACA", "ACA", 10, 5),
  { ...asset("AAPLx", "AAPLx", "AAPLx", 8, 5), class: "tokenized_asset" }
]

const names = new Map<string, Asset>()
for (const asset of assets) {
  for (const name of [asset.id, asset.altname, asset.display]) names.set(name.toUpperCase(), asset)
}

/** By id, altname or display name, in any case. */
export const findAsset = (name: string): Asset | undefined => names.get(name.toUpperCase())

/** The asset of a balance, which may carry a suffix such as `.S`. */
export const assetOf = (balance: string): Asset => {
  const asset = findAsset(balance.replace(/\.[A-Z]$/, ""))
  if (asset === undefined) throw new RangeError(`no asset ${balance}`)
  return asset
}
