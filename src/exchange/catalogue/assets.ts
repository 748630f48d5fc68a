import type { ListedAsset } from "../../domain/assets/commonAssets.ts"

/** An asset as Kraken lists it. Amounts inside the engine are in units of 10^-decimals. */
export type Asset = ListedAsset
