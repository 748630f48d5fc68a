import { Effect, Layer, Option, Stream } from "effect"
import { AccountDataRest, AccountDataWebSocket } from "../layers/kraken/feed/AccountDataKraken.ts"
import { nothingObserved } from "../layers/kraken/feed/nothingObserved.ts"
import { MarketDataRest, MarketDataWebSocket } from "../layers/kraken/feed/MarketDataKraken.ts"
import { AccountData } from "../services/AccountData.ts"
import { Config } from "../services/Config.ts"
import { Principal } from "../services/Principal.ts"
import { operator } from "../layers/access/principals.ts"

/** The pause between two requests to a simulation in this process, which cost nothing. */
const simulatedEvery = "500 millis"

/** Kraken's market data: by WebSocket, unless the settings turn it off. */
export const MarketDataOfKraken = Layer.unwrapEffect(
  Effect.map(Config, ({ feed, feedUrls }) => (feed === "off" ? MarketDataRest() : MarketDataWebSocket(feedUrls.market)))
)

/** Market data of a simulated market in this process. */
export const MarketDataSimulated = MarketDataRest(simulatedEvery, true)

/** Keeps the orders and balances of the account of the API key up to date from the start. */
const fromStart = Effect.gen(function* () {
  const { balances, events } = yield* AccountData
  const followed = [Stream.runDrain(events), Stream.runDrain(balances.changes)]
  yield* Effect.forEach(followed, (one) =>
    Effect.forkScoped(Effect.ignore(Effect.provideService(one, Principal, operator("live"))))
  )
})

/** The caller's account: that of the API key by WebSocket, unless the settings turn it off, or a simulated one. */
export const AccountDataOfSettings = Layer.unwrapEffect(
  Effect.map(Config, ({ credentials, feed, feedUrls, mode }) => {
    if (mode === "paper") return AccountDataRest({ reads: simulatedEvery, events: simulatedEvery, isFree: true })
    if (feed === "off" || Option.isNone(credentials)) return AccountDataRest()
    const live = AccountDataWebSocket(feedUrls.account)
    return feed === "on" ? Layer.provideMerge(Layer.scopedDiscard(fromStart), live) : live
  })
)

/** The account of a process that ends after a call. It does not wait for live events, and so keeps no feed connected. */
export const AccountDataOnce = Layer.provide(
  Layer.effect(
    AccountData,
    Effect.map(AccountData, (data) => ({ ...data, observed: nothingObserved }))
  ),
  AccountDataOfSettings
)
