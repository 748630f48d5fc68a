import { Effect, Layer } from "effect"
import { emptyDirectory, makeDirectory } from "../../../domain/assets/directory.ts"
import type { Directory } from "../../../domain/assets/model.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { Names, UnknownName } from "../../../services/Names.ts"
import type { Principal } from "../../../services/Principal.ts"
import { fresh, makeAssetListsCache, recent } from "./assetListsCache.ts"

/** Names from Kraken's public lists of assets and pairs: currencies, tokenized assets, and pairs of other venues. */
export const NamesKraken = Layer.effect(
  Names,
  Effect.gen(function* () {
    const lists = makeAssetListsCache(
      yield* KrakenClient,
      makeDirectory,
      () => Effect.logWarning("Kraken's lists of assets and pairs are unavailable. Names are sent as given"),
      { withVenues: true }
    )

    /** Returns the lists, undefined if there are none. They are younger than `age` unless Kraken does not answer. */
    const directoryOf = (age: number): Effect.Effect<Directory | undefined, never, Principal> =>
      Effect.orElseSucceed(lists.get(age), () => undefined)

    /** Finds a name. Looks in new lists before it refuses a name; passes any name if there are no lists. */
    const resolve = Effect.fnUntraced(function* <A>(
      kind: UnknownName["kind"],
      given: string,
      find: (directory: Directory) => A | undefined,
      nearest: (directory: Directory) => ReadonlyArray<string>
    ) {
      for (const age of [fresh, recent]) {
        const directory = yield* directoryOf(age)
        if (directory === undefined) return undefined
        const found = find(directory)
        if (found !== undefined) return found
        if (age === recent) return yield* new UnknownName({ kind, given, nearest: nearest(directory) })
      }
      return undefined
    })

    return Names.of({
      pair: Effect.fnUntraced(function* (given) {
        const pair = yield* resolve(
          "pair",
          given,
          (directory) => directory.findPair(given),
          (directory) => directory.nearestPairs(given, 3)
        )
        return pair?.altname ?? given
      }),
      asset: Effect.fnUntraced(function* (given) {
        const found = yield* resolve(
          "asset",
          given,
          (directory) => directory.findAsset(given),
          (directory) => directory.nearestAssets(given, 3)
        )
        return found === undefined ? given : found.asset.altname + found.suffix
      }),
      directory: Effect.map(directoryOf(fresh), (directory) => directory ?? emptyDirectory),
      stale: lists.invalidate
    })
  })
)
