/** One row of `AssetPairs`: what an order is checked against. Decimals are strings. */
export interface Pair {
  /** Kraken's id, e.g. `XXBTZUSD`. */
  readonly id: string
  /** e.g. `XBTUSD`; the spelling that requests use. */
  readonly altname: string
  /** e.g. `BTC/USD`; the spelling that answers show. */
  readonly display: string
  /** Asset ids, e.g. `XXBT` and `ZUSD`. */
  readonly base: string
  readonly quote: string
  readonly assetClass: "currency" | "tokenized_asset"
  /** `online`, `cancel_only`, `post_only`, `limit_only`, `reduce_only`, or what Kraken adds. */
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

/** One row of `Assets`. */
export interface Asset {
  /** Kraken's id, e.g. `XXBT`. */
  readonly id: string
  /** e.g. `XBT`. */
  readonly altname: string
  /** e.g. `BTC`. */
  readonly display: string
  readonly assetClass: "currency" | "tokenized_asset"
  readonly decimals: number
  readonly status: string
}

/** Everything Kraken has a name for, and every way to spell it. Pure: made from `Assets` and `AssetPairs`. */
export interface Directory {
  readonly pairs: ReadonlyArray<Pair>
  readonly assets: ReadonlyArray<Asset>
  /** Any spelling (id, altname, wsname, display name, `btc-usd`), any case. */
  readonly findPair: (spelling: string) => Pair | undefined
  /** Any spelling; a balance suffix such as `.S` is kept: `suffix` holds it. */
  readonly findAsset: (spelling: string) => { readonly asset: Asset; readonly suffix: string } | undefined
  /** The display names nearest to a spelling that was not found, best first. */
  readonly nearestPairs: (spelling: string, count: number) => ReadonlyArray<string>
  readonly nearestAssets: (spelling: string, count: number) => ReadonlyArray<string>
  /** `XXBTZUSD` → `BTC/USD`; what is not known stays as it is. */
  readonly pairDisplay: (spelling: string) => string
  /** `XXBT` → `BTC`, `DOT.S` → `DOT.S`; what is not known stays as it is. */
  readonly assetDisplay: (spelling: string) => string
}
