import { Effect, Layer } from "effect"
import type { Endpoint } from "../../domain/endpoints.ts"
import { builtIn } from "../../exchange/builtIn.ts"
import { recordedMarket } from "../../exchange/recorded/RecordedMarket.ts"
import { Config } from "../../services/Config.ts"
import { KrakenClient } from "../../services/KrakenClient.ts"
import { changedRules } from "./changedRules.ts"
import { makeLookout } from "./lookout.ts"
import { MarketFeed } from "./MarketFeed.ts"

/** What is the same for everybody is Kraken's to tell. Assets and pairs are those that paper orders know. */
const passedOn: ReadonlySet<Endpoint> = new Set<Endpoint>([
  "public/Time",
  "public/SystemStatus",
  "public/MaintenanceSchedule",
  "public/Ticker",
  "public/OHLC",
  "public/Depth",
  "public/Trades",
  "public/Spread",
  "public/GroupedBook",
  "public/PreTrade",
  "public/PostTrade"
])

/** Kraken's own books and trades, looked at when somebody has to know them, once for all who ask within a second. */
export const MarketFeedLive = Layer.scoped(
  MarketFeed,
  Effect.gen(function* () {
    const kraken = yield* KrakenClient
    const { baseUrl } = yield* Config
    const pairs = [...builtIn.pairs.values()]
    const name = `live market of ${new URL(baseUrl).host}, for ${pairs.length} pairs`
    const lookouts = new Map(pairs.map((pair) => [pair.id, makeLookout(kraken, pair)]))
    const tradable = pairs.map(({ display }) => display).join(", ")
    yield* Effect.logInfo(`Paper orders can be placed on ${tradable}; the other pairs of Kraken can be looked at.`)
    yield* Effect.forkScoped(sayChangedRules(kraken))
    return {
      kind: "live",
      name,
      open: () => recordedMarket(name),
      look: Effect.fn("MarketFeed.look")(function* (pairs) {
        const sights = yield* Effect.forEach(pairs, ({ id }) => lookouts.get(id)!, { concurrency: "unbounded" })
        return sights.map(({ observation }) => observation)
      }),
      read: (endpoint, params) =>
        passedOn.has(endpoint) ? Effect.asSome(kraken.read(endpoint, params)) : Effect.succeedNone
    }
  })
)

/** Orders are checked here by the rules of their pairs as they were when this version was made. */
const sayChangedRules = (kraken: typeof KrakenClient.Service) =>
  kraken
    .read("public/AssetPairs", {
      pair: [...builtIn.pairs.values()]
        .filter(({ base }) => base.class === "currency")
        .map(({ id }) => id)
        .join(",")
    })
    .pipe(
      Effect.map(changedRules),
      Effect.flatMap((changes) =>
        changes.length === 0
          ? Effect.void
          : Effect.logWarning(`Paper orders are checked by rules that Kraken has changed since: ${changes.join("; ")}`)
      ),
      Effect.catchAll((error) => Effect.logInfo(`Whether Kraken's rules have changed is unknown: ${error.message}`))
    )
