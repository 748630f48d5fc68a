import { Clock, Duration, Effect, Layer, Option } from "effect"
import { emptyDirectory, makeDirectory } from "../domain/directory.ts"
import type { Directory } from "../domain/names.ts"
import { KrakenClient } from "../services/KrakenClient.ts"
import { Names, UnknownName } from "../services/Names.ts"

/** How long the lists hold; for a name that is not in them, they may be `recent` at the most. */
const fresh = Duration.toMillis("1 hour")
const recent = Duration.toMillis("1 minute")

/** Where Kraken gave no lists, it is left alone for this long. */
const pause = Duration.toMillis("30 seconds")

/** Names from Kraken's public lists of assets and pairs, currencies and tokenised assets. */
export const NamesKraken = Layer.effect(
  Names,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const oneAtATime = yield* Effect.makeSemaphore(1)
    let lists: { readonly directory: Directory; readonly at: number } | undefined
    let failedAt = -Infinity
    let isStale = false

    /** The tokenised lists may fail without spoiling the rest. */
    const ask = Effect.gen(function* () {
      const list = (assets: object, pairs: object) =>
        Effect.all(
          {
            assets: kraken.read("public/Assets", { ...assets }),
            pairs: kraken.read("public/AssetPairs", { ...pairs })
          },
          { concurrency: 2 }
        )
      const currency = yield* list({}, {})
      const tokenized = yield* Effect.option(list({ aclass: "tokenized_asset" }, { aclass_base: "tokenized_asset" }))
      return makeDirectory({ currency, ...(Option.isSome(tokenized) && { tokenized_asset: tokenized.value }) })
    })

    /** The lists, not older than `age`, if Kraken gives them; else those that there are. */
    const atMost = (age: number): Effect.Effect<Directory | undefined> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const young = lists !== undefined && !isStale && now - lists.at <= age
        if (young || now - failedAt < pause) return lists?.directory
        const answer = yield* Effect.option(ask)
        if (Option.isNone(answer)) {
          failedAt = now
          yield* Effect.logWarning("Kraken's lists of assets and pairs can't be had; names pass through as given")
          return lists?.directory
        }
        isStale = false
        lists = { directory: answer.value, at: now }
        return answer.value
      }).pipe(oneAtATime.withPermits(1))

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
      stale: Effect.sync(() => {
        isStale = true
      })
    })
  })
)
