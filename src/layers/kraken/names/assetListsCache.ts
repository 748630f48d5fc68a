import { Duration, Effect, Option } from "effect"
import type { Lists } from "../../../domain/assets/krakenLists.ts"
import { clocks } from "../../../services/Clocks.ts"
import type { PublicEndpoint, Params } from "../../../domain/endpoints/endpoints.ts"
import type { CallOptions, ReadError } from "../../../services/KrakenClient.ts"

/** How long the lists hold; for a name that is not in them, they may be `recent` at the most. In milliseconds. */
export const fresh = Duration.toMillis("1 hour")
export const recent = Duration.toMillis("1 minute")

/** Where Kraken gave no lists, it is left alone for this long. */
const pause = Duration.toMillis("30 seconds")

/** Asks Kraken for public data; `R` says for whom. */
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
}

/**
 * Kraken's public lists of assets and pairs, asked for once for all who wait, and read as `read` does. They are given
 * not older than `age` if Kraken gives them; else those that there are.
 */
export const makeAssetListsCache = <A, R>(
  kraken: PublicReader<R>,
  read: (lists: BothLists, at: number) => A,
  onFailure: (error: ReadError) => Effect.Effect<void>
) => {
  const oneAtATime = Effect.unsafeMakeSemaphore(1)
  let latest: { readonly lists: A; readonly at: number } | undefined
  let failed: { readonly error: ReadError; readonly at: number } | undefined
  let isStale = false

  const list = (assets: object, pairs: object) =>
    Effect.all(
      { assets: kraken.read("public/Assets", { ...assets }), pairs: kraken.read("public/AssetPairs", { ...pairs }) },
      { concurrency: 2 }
    )

  /** The tokenised lists may fail without spoiling the rest. */
  const ask = Effect.fnUntraced(function* (at: number) {
    const currency = yield* list({}, {})
    const tokenized = yield* Effect.option(list({ aclass: "tokenized_asset" }, { aclass_base: "tokenized_asset" }))
    return read({ currency, ...(Option.isSome(tokenized) && { tokenized_asset: tokenized.value }) }, at)
  })

  const old = (error: ReadError) => (latest === undefined ? Effect.fail(error) : Effect.succeed(latest.lists))

  return {
    atMost: (age: number): Effect.Effect<A, ReadError, R> =>
      Effect.gen(function* () {
        const { monotonic: now, wall } = yield* clocks
        if (latest !== undefined && !isStale && now - latest.at <= age) return latest.lists
        if (failed !== undefined && now - failed.at < pause) return yield* old(failed.error)
        const answer = yield* Effect.either(ask(wall))
        if (answer._tag === "Left") {
          failed = { error: answer.left, at: now }
          yield* onFailure(answer.left)
          return yield* old(answer.left)
        }
        isStale = false
        failed = undefined
        latest = { lists: answer.right, at: now }
        return answer.right
      }).pipe(oneAtATime.withPermits(1)),
    /** What is given from now on is newer than now. */
    stale: Effect.sync(() => {
      isStale = true
    })
  }
}
