/**
 * A row of `AssetPairs`, against which an order is checked. Decimals are strings.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs read 2026-08-17
 */
export interface Pair {
  /** Kraken's id, e.g. `XXBTZUSD`. */
  readonly id: string
  /** The spelling that requests use, e.g. `XBTUSD`. */
  readonly altname: string
  /** The spelling that answers show, e.g. `BTC/USD`. */
  readonly display: string
  /** Asset ids, e.g. `XXBT` and `ZUSD`. */
  readonly base: string
  readonly quote: string
  readonly assetClass: "currency" | "tokenized_asset"
  /** `online`, `cancel_only`, `post_only`, `limit_only`, `reduce_only`, or a status that Kraken adds later. */
  readonly status: string
  readonly pairDecimals: number
  readonly lotDecimals: number
  readonly costDecimals: number
  readonly ordermin: string | undefined
  readonly costmin: string | undefined
  readonly tickSize: string | undefined
  readonly leverageBuy: ReadonlyArray<number>
  readonly leverageSell: ReadonlyArray<number>
}

/**
 * A row of `Assets`.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-asset-info read 2026-08-17
 */
export interface Asset {
  /** Kraken's id, e.g. `XXBT`. */
  readonly id: string
  /** The altname, e.g. `XBT`. */
  readonly altname: string
  /** The display name, e.g. `BTC`. */
  readonly display: string
  readonly assetClass: "currency" | "tokenized_asset"
  readonly decimals: number
  readonly status: string
}

/** A lookup of all assets and pairs by any of their spellings, made from `Assets` and `AssetPairs`. */
export interface Directory {
  readonly pairs: ReadonlyArray<Pair>
  readonly assets: ReadonlyArray<Asset>
  /** Finds a pair by any spelling (id, altname, wsname, display name, `btc-usd`) in any case. */
  readonly findPair: (spelling: string) => Pair | undefined
  /** Finds an asset by any spelling in any case. `suffix` is that of a balance, such as `.S`, or empty. */
  readonly findAsset: (spelling: string) => { readonly asset: Asset; readonly suffix: string } | undefined
  /** Lists the display names nearest to a spelling that was not found, best first. */
  readonly nearestPairs: (spelling: string, count: number) => ReadonlyArray<string>
  readonly nearestAssets: (spelling: string, count: number) => ReadonlyArray<string>
  /** Returns a pair's display name: `XXBTZUSD` → `BTC/USD`. An unknown name is returned unchanged. */
  readonly pairDisplay: (spelling: string) => string
  /** Returns an asset's display name: `XXBT` → `BTC`, `DOT.S` → `DOT.S`. An unknown name is returned unchanged. */
  readonly assetDisplay: (spelling: string) => string
  /** Returns the display name of the asset that a balance is of: `DOT.S` → `DOT`. An unknown name is returned unchanged. */
  readonly assetOfBalance: (spelling: string) => string
}
