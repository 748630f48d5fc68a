import { Clock, Effect, Layer, Option } from "effect"
import { type Endpoint, isPrivate, type Params } from "../../domain/endpoints/endpoints.ts"
import { readLists } from "../../exchange/commands/catalogueImport/listedCatalogue.ts"
import type { Pair } from "../../exchange/catalogue/pairs.ts"
import { recordedMarket } from "../../exchange/markets/recorded/RecordedMarket.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { Principal } from "../../services/Principal.ts"
import { operator } from "../access/principals.ts"
import { type BothLists, makeAssetListsCache, type PublicReader, recent } from "../kraken/names/assetListsCache.ts"
import { type PairMarketData, makePairMarketData } from "./pairMarketData.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** Kraken's own books and trades, looked at when somebody has to know them, once for all who ask within a second. */
export const MarketFeedLive = Layer.effect(
  MarketFeed,
  Effect.gen(function* () {
    const client = yield* KrakenClient
    // What is seen here is seen for all callers.
    const kraken: PublicReader<never> = {
      read: (...call) => Effect.provideService(client.read(...call), Principal, operator("live"))
    }
    const { baseUrl } = yield* Config
    const name = `live market of ${new URL(baseUrl).host}`
    const lists = makeAssetListsCache(
      kraken,
      (answers, at) => ({ answers, listed: readLists({ ...answers }, at) }),
      ({ message }) =>
        Effect.logWarning(`Kraken's lists can't be had; paper orders keep to what is known of its pairs: ${message}`)
    )

    /** Accounts may know one pair in different decimals for a while. */
    const lookouts = new Map<string, PairMarketData>()
    const lookoutOf = (pair: Pair): PairMarketData => {
      const key = [pair.id, pair.priceDecimals, pair.lotDecimals].join(" ")
      const lookout = lookouts.get(key) ?? makePairMarketData(kraken, pair)
      lookouts.set(key, lookout)
      return lookout
    }

    return {
      kind: "live",
      name,
      open: () => recordedMarket(name),
      lists: (age) => Effect.map(lists.atMost(age), ({ listed }) => Option.some(listed)),
      look: Effect.fn("MarketFeed.look")(function* (pairs) {
        const sights = yield* Effect.forEach(pairs, lookoutOf, { concurrency: "unbounded" })
        return sights.map(({ observation }) => observation)
      }),
      read: (endpoint, params) => {
        // What is the same for everybody is Kraken's to tell.
        if (isPrivate(endpoint)) return Effect.succeedNone
        const asked = kraken.read(endpoint, params)
        const whole = wholeList(endpoint, params)
        if (whole === undefined) return Effect.asSome(asked)
        const here = Effect.zip(lists.atMost(recent), Clock.currentTimeMillis)
        // Where Kraken does not answer, lists of an hour ago are not what it says now.
        return Effect.asSome(
          Effect.flatMap(here, ([{ answers, listed }, now]) =>
            now - listed.at <= recent ? (whole(answers) ?? asked) : asked
          )
        )
      }
    }
  })
)

/** Which of the lists an endpoint is asked for, if for all of it: they are large, and here already. */
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
