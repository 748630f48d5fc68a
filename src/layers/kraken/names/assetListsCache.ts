import { Duration, Effect, Option } from "effect"
import type { Lists } from "../../../domain/assets/krakenLists.ts"
import { clocks } from "../../../services/Clocks.ts"
import type { PublicEndpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import type { CallOptions, ReadError } from "../../../services/KrakenClient.ts"
import { makeCachedValue } from "../../caching/cachedValue.ts"

/** The usual age of the lists at most, in milliseconds. */
export const fresh = Duration.toMillis("1 hour")

/** The age of the lists at most before a name counts as unknown, in milliseconds. */
export const recent = Duration.toMillis("1 minute")

/** The pause after a failure, in milliseconds. */
const pause = Duration.toMillis("30 seconds")

/** A client for Kraken's public data. `R` is the context of a call, such as its caller. */
export interface PublicReader<R> {
  readonly read: (
    endpoint: PublicEndpoint,
    params: Params,
    options?: CallOptions
  ) => Effect.Effect<unknown, ReadError, R>
}

export interface BothLists {
  readonly currency: Lists
  readonly tokenized_asset?: Lists
  /** Pairs of other venues than the international one. */
  readonly venuePairs?: unknown
}

/** The request for the pairs that customers in the USA trade on margin. Kraken leaves them out unless they are named. */
const otherVenues = { aclass_base: "currency", execution_venue: "bitnomial_exchange" }

/**
 * Makes a cache of Kraken's public lists of assets and pairs, decoded by `decode`, which gets the time of the request (Unix
 * ms). After a failure, the cache returns the lists that there are, however old. `withVenues` adds the pairs of other
 * venues.
 */
export const makeAssetListsCache = <A, R>(
  kraken: PublicReader<R>,
  decode: (lists: BothLists, at: number) => A,
  onFailure: (error: ReadError) => Effect.Effect<void>,
  { withVenues = false } = {}
) => {
  const read = (assets: object, pairs: object) =>
    Effect.all(
      { assets: kraken.read("public/Assets", { ...assets }), pairs: kraken.read("public/AssetPairs", { ...pairs }) },
      { concurrency: 2 }
    )

  const readBoth = Effect.fnUntraced(function* () {
    const { wall } = yield* clocks
    const currency = yield* read({}, {})
    // If the other lists can't be read, these are still of use.
    const [tokenized, venuePairs] = yield* Effect.all(
      [
        Effect.option(read({ aclass: "tokenized_asset" }, { aclass_base: "tokenized_asset" })),
        withVenues ? Effect.option(kraken.read("public/AssetPairs", otherVenues)) : Effect.succeedNone
      ],
      { concurrency: 2 }
    )
    return decode(
      {
        currency,
        ...(Option.isSome(tokenized) && { tokenized_asset: tokenized.value }),
        ...(Option.isSome(venuePairs) && { venuePairs: venuePairs.value })
      },
      wall
    )
  })

  return makeCachedValue({
    lookup: readBoth,
    pauseAfter: (error) => Effect.as(onFailure(error), pause),
    staleFor: Infinity
  })
}
