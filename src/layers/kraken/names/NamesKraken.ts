import { Effect, Layer } from "effect"
import { emptyDirectory, makeDirectory } from "../../../domain/assets/directory.ts"
import type { Directory } from "../../../domain/assets/model.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { Names, UnknownName } from "../../../services/Names.ts"
import type { Principal } from "../../../services/Principal.ts"
import { fresh, makeAssetListsCache, recent } from "./assetListsCache.ts"

/** Names from Kraken's public lists of assets and pairs, currencies and tokenised assets. */
export const NamesKraken = Layer.effect(
  Names,
  Effect.gen(function* () {
    const lists = makeAssetListsCache(yield* KrakenClient, makeDirectory, () =>
      Effect.logWarning("Kraken's lists of assets and pairs can't be had; names pass through as given")
    )

    /** The lists, not older than `age`, if Kraken gives them; else those that there are. */
    const atMost = (age: number): Effect.Effect<Directory | undefined, never, Principal> =>
      Effect.orElseSucceed(lists.atMost(age), () => undefined)

    /** Looks a name up, and once more in new lists before it is refused. */
    const look = <A>(
      kind: UnknownName["kind"],
      given: string,
      find: (directory: Directory) => A | undefined,
      nearest: (directory: Directory) => ReadonlyArray<string>
    ) =>
      Effect.gen(function* () {
        for (const age of [fresh, recent]) {
          const directory = yield* atMost(age)
          if (directory === undefined) return undefined
          const found = find(directory)
          if (found !== undefined) return found
          if (age === recent) return yield* new UnknownName({ kind, given, nearest: nearest(directory) })
        }
        return undefined
      })

    return Names.of({
      pair: Effect.fnUntraced(function* (given) {
        const pair = yield* look(
          "pair",
          given,
          (it) => it.findPair(given),
          (it) => it.nearestPairs(given, 3)
        )
        return pair?.altname ?? given
      }),
      asset: Effect.fnUntraced(function* (given) {
        const found = yield* look(
          "asset",
          given,
          (it) => it.findAsset(given),
          (it) => it.nearestAssets(given, 3)
        )
        return found === undefined ? given : found.asset.altname + found.suffix
      }),
      directory: Effect.map(atMost(fresh), (directory) => directory ?? emptyDirectory),
      stale: lists.stale
    })
  })
)
