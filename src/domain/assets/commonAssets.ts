/** An asset as Kraken lists it. */
export interface ListedAsset {
  readonly id: string
  readonly altname: string
  readonly display: string
  readonly class: "currency" | "tokenized_asset"
  /** Decimals of a balance. */
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
): ListedAsset => ({
  id,
  altname,
  display,
  class: "currency",
  decimals,
  displayDecimals,
  ...(collateral === undefined ? {} : { collateral }),
  ...(marginRate === undefined ? {} : { marginRate })
})

/**
 * A dozen assets of each kind with Kraken's details, from which simulated accounts choose their initial assets.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-asset-info read 2026-08-17
 */
export const commonAssets: ReadonlyArray<ListedAsset> = [
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

const byName = new Map(
  commonAssets.flatMap((asset) => [asset.id, asset.altname, asset.display].map((name) => [name.toUpperCase(), asset]))
)

/** Finds a common asset by its id, altname or display name, in any case. */
export const findCommonAsset = (name: string): ListedAsset | undefined => byName.get(name.toUpperCase())
