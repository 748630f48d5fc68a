import { DateTime, Effect, Layer, Ref } from "effect"
import { AccountData } from "../../../services/AccountData.ts"
import { Alerts } from "../../../services/Alerts.ts"
import { Callers } from "../../../services/Callers.ts"
import { Config } from "../../../services/Config.ts"
import { KrakenClient } from "../../../services/KrakenClient.ts"
import { MarketData } from "../../../services/MarketData.ts"
import { Names } from "../../../services/Names.ts"
import { Notifier } from "../../../services/Notifier.ts"
import { Principal } from "../../../services/Principal.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import { makeAccountReads } from "../feed/accountReads.ts"
import { makeAskPrices } from "./askPrices.ts"
import { makeBoundComparison } from "./boundComparison.ts"
import { makeFollowers } from "./followers.ts"
import { makeIsDue } from "./isDue.ts"
import { makeWaitingAlerts } from "./waitingAlerts.ts"
import { makeWatchBalances } from "./watchBalances.ts"
import { makeWatchedCallers } from "./watchedCallers.ts"
import { makeWatchFills } from "./watchFills.ts"
import { makeWatchPrices } from "./watchPrices.ts"

/** The pause between two looks at the alerts. It costs no request to Kraken. */
const lookEvery = "1 second"

/** The pauses between two requests by REST while nothing is live, in milliseconds. A simulation costs nothing. */
const restEvery = { kraken: { prices: 10_000, account: 30_000 }, simulated: { prices: 500, account: 500 } } as const

/** The pause between two entries in the record of what was watched, in milliseconds. */
const noteEvery = 10_000

/**
 * Watches the prices, fills and balances of alerts, and tells of those that happened. Without an alert it asks Kraken
 * nothing. With a WebSocket it reads live data; without, it asks for the prices of all pairs in one request each ten
 * seconds, and for fills and balances each thirty.
 *
 * An event that might have happened while nobody watched, such as one that is found when the server starts, fires with the
 * time since when nobody did.
 */
export const AlertsWatching = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { feed, mode } = yield* Config
    const trading = yield* TradingMode
    const alerts = yield* Alerts
    const market = yield* MarketData
    const account = yield* AccountData
    const kraken = yield* KrakenClient
    const names = yield* Names
    const { notify } = yield* Notifier
    const callers = makeWatchedCallers(yield* Callers)
    const { fills: readFills } = makeAccountReads(kraken, names, { isFeed: true })
    const { endRound, follow } = yield* makeFollowers

    const hasEvents = mode === "paper" || feed !== "off"
    const pauses = {
      prices:
        restEvery[trading.mode === "paper" && trading.market.kind === "synthetic" ? "simulated" : "kraken"].prices,
      account: restEvery[mode === "paper" ? "simulated" : "kraken"].account
    }

    const krakenTime = Effect.map(kraken.now, DateTime.toEpochMillis)
    const isDue = makeIsDue()
    const waiting = makeWaitingAlerts({ alerts, callers, notify })
    const bounds = makeBoundComparison(waiting, krakenTime)
    const common = { waiting, follow, isDue, krakenTime }
    const askPrices = makeAskPrices(kraken, names)
    const watchPrices = makeWatchPrices({ ...common, market, names, askPrices, bounds, pause: pauses.prices })
    const watchBalances = makeWatchBalances({ ...common, account, bounds, pause: pauses.account })
    const fills = makeWatchFills({ ...common, account, readFills, hasEvents, pause: pauses.account })

    const look = Effect.gen(function* () {
      yield* waiting.fireUnrecorded
      const ids = yield* waiting.read
      bounds.keep(ids)
      fills.keep(ids)
      for (const [name, principal] of waiting.accounts())
        yield* Effect.provideService(
          Effect.all([watchPrices(name), watchBalances(name), fills.watch(name)], { concurrency: 3, discard: true }),
          Principal,
          principal
        )
      yield* endRound
      if (!waiting.isEmpty() && (yield* isDue("note", noteEvery))) yield* waiting.storeSeen
    })

    /** The last warning. An unusable record is logged once, not at every look. */
    const warned = yield* Ref.make("")
    const warn = (message: string) =>
      Effect.flatMap(Ref.getAndSet(warned, message), (before) =>
        before === message ? Effect.void : Effect.logWarning("Alerts are not watched now", { reason: message })
      )
    yield* look.pipe(
      Effect.catchAll(({ message }) => warn(message)),
      Effect.catchAllDefect((defect) => Effect.logError("A look at the alerts died", defect)),
      Effect.zipRight(Effect.sleep(lookEvery)),
      Effect.forever,
      Effect.forkScoped
    )
  })
)
