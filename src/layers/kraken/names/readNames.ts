import { Effect } from "effect"
import { makeDirectory } from "../../../domain/assets/directory.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { fresh, makeAssetListsCache } from "./assetListsCache.ts"

/** Reads Kraken's public lists once. */
export const readNames = Effect.flatMap(KrakenClient, (kraken) =>
  makeAssetListsCache(kraken, makeDirectory, () => Effect.void, { withVenues: true }).get(fresh)
)
