import { Clock, Effect, Layer, Option } from "effect"
import { type Endpoint, isPrivate, type Params } from "../../domain/endpoints/endpoints.ts"
import { readLists } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { recordedMarket } from "../../exchange/markets/recorded/recordedMarket.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { MarketData } from "../../services/MarketData.ts"
import { Principal } from "../../services/Principal.ts"
import { operator } from "../access/principals.ts"
import { makeBoundedMap } from "../caching/boundedMap.ts"
import { type BothLists, makeAssetListsCache, type PublicReader, recent } from "../kraken/names/assetListsCache.ts"
import { type PairMarketData, makePairMarketData } from "./pairMarketData.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** The most pairs in memory. */
const capacity = 2000

/**
 * Kraken's own books and trades, got when a command or a question needs them, at most once a second for each pair: from
 * live data, or by REST while a pair has none.
 */
export const MarketFeedLive = Layer.effect(
  MarketFeed,
  Effect.gen(function* () {
    const client = yield* KrakenClient
    const market = yield* MarketData
    // Market data is the same for all callers.
    const kraken: PublicReader<never> = {
      read: (...call) => Effect.provideService(client.read(...call), Principal, operator("live"))
    }
    const { baseUrl } = yield* Config
    const name = `live market of ${new URL(baseUrl).host}`
    const lists = makeAssetListsCache(
      kraken,
      (answers, at) => ({ answers, listed: readLists({ ...answers }, at) }),
      ({ message }) =>
        Effect.logWarning(
          `Kraken's lists of assets and pairs are unavailable. Paper orders follow the lists that were read before: ${message}`
        )
    )

    const pairs = makeBoundedMap<string, PairMarketData>(capacity)
    // The key has the decimals, since accounts can know one pair with different decimals for a while.
    const dataOf = (pair: Pair): PairMarketData =>
      pairs.getOrMake([pair.id, pair.priceDecimals, pair.lotDecimals].join(" "), () =>
        makePairMarketData(kraken, market, pair)
      )

    return {
      kind: "live",
      name,
      open: () => recordedMarket(name),
      lists: (age) => Effect.map(lists.get(age), ({ listed }) => Option.some(listed)),
      observe: Effect.fn("MarketFeed.observe")(function* (pairs) {
        const snapshots = yield* Effect.forEach(pairs, dataOf, { concurrency: "unbounded" })
        return snapshots.map(({ observation }) => observation)
      }),
      read: (endpoint, params) => {
        if (isPrivate(endpoint)) return Effect.succeedNone
        const fromKraken = kraken.read(endpoint, params)
        const whole = wholeList(endpoint, params)
        if (whole === undefined) return Effect.asSome(fromKraken)
        const cached = Effect.zip(lists.get(recent), Clock.currentTimeMillis)
        // If Kraken does not answer, the cache returns old lists, which are not served as an answer of now.
        return Effect.asSome(
          Effect.flatMap(cached, ([{ answers, listed }, now]) =>
            now - listed.at <= recent ? (whole(answers) ?? fromKraken) : fromKraken
          )
        )
      }
    }
  })
)

/** Returns a function that picks the list which a request asks for as a whole. Lists are large, and cached here. */
const wholeList = (endpoint: Endpoint, params: Params) => {
  const [name, field] =
    endpoint === "public/Assets"
      ? (["assets", "aclass"] as const)
      : endpoint === "public/AssetPairs"
        ? (["pairs", "aclass_base"] as const)
        : []
  if (name === undefined) return undefined
  const { [field]: given = "currency", ...others } = params
  if (Object.values(others).some((value) => value !== undefined)) return undefined
  if (given !== "currency" && given !== "tokenized_asset") return undefined
  return (answers: BothLists) => {
    const list = answers[given]
    return list && Effect.succeed(list[name])
  }
}
