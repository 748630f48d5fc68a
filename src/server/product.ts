import { type Context, Effect, Layer } from "effect"
import { LedgerCacheMemory } from "../layers/caching/LedgerCacheMemory.ts"
import { AlertsSql } from "../layers/access/alerts/AlertsSql.ts"
import { AlertsWatching } from "../layers/kraken/alerts/AlertsWatching.ts"
import { LiveAnswersKraken } from "../layers/kraken/feed/LiveAnswersKraken.ts"
import { AbandonedWritesSettling } from "../layers/kraken/writes/AbandonedWritesSettling.ts"
import { ApprovalsExecuting } from "../layers/kraken/approvals/ApprovalsExecuting.ts"
import { ReadBackOnEvents } from "../layers/kraken/limits/ReadBackOnEvents.ts"
import { KrakenWriterSettling } from "../layers/kraken/writes/KrakenWriterSettling.ts"
import { PanicOnRequest } from "../layers/kraken/writes/panic/PanicOnRequest.ts"
import { ResourceWatchLive } from "../layers/mcp/handlers/ResourceWatchLive.ts"
import { McpServerSdk } from "../layers/mcp/handlers/McpServerSdk.ts"
import { NamesKraken } from "../layers/kraken/names/NamesKraken.ts"
import { ApprovalsSql } from "../layers/access/approvals/ApprovalsSql.ts"
import { CallBudgetSql } from "../layers/access/CallBudgetSql.ts"
import { PolicyIntersecting } from "../layers/access/PolicyIntersecting.ts"
import { RecordSql } from "../layers/access/record/RecordSql.ts"
import { PicturesResvg } from "../layers/pictures/PicturesResvg.ts"
import { PermissionCacheOfState } from "../layers/kraken/permissions/PermissionCacheOfState.ts"
import { RequestStateKeyOfState } from "../layers/mcp/multiRoundTrip/RequestStateKeySql.ts"
import { Config } from "../services/Config.ts"
import type { KrakenClient } from "../services/KrakenClient.ts"
import type { KrakenWriter } from "../services/KrakenWriter.ts"
import type { MarketData } from "../services/MarketData.ts"
import type { Names } from "../services/Names.ts"
import type { RateBudget } from "../services/RateBudget.ts"
import type { TradingMode } from "../services/TradingMode.ts"
import { AccountDataOfSettings, AccountDataOnce } from "./feeds.ts"
import { ConfigWithLimitNames } from "./limitNames.ts"
import { load } from "../layers/process/load.ts"

/** Kraken or its simulation. Only the one in use is loaded. */
const KrakenOrPaper = Layer.unwrapEffect(
  Effect.flatMap(Config, ({ mode }) =>
    mode === "paper"
      ? Effect.map(
          load(() => import("./krakenPaper.ts")),
          ({ KrakenPaper }) => KrakenPaper
        )
      : Effect.map(
          load(() => import("./krakenLive.ts")),
          ({ KrakenLive }) => KrakenLive
        )
  )
)

/** The same with the names of its assets and pairs. */
const KrakenWithNames = Layer.provideMerge(NamesKraken, KrakenOrPaper)

/** The receiver of notices, if the settings name one. */
const Notices = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { notify } = yield* Config
    if (notify === undefined) return Layer.empty
    const { noticesTo } = yield* load(() => import("./notices.ts"))
    return noticesTo(notify)
  })
)

/** The parts of the product that can be replaced. */
interface Parts<E, R> {
  /** Kraken, or its simulation. */
  readonly kraken: Layer.Layer<KrakenClient | MarketData | Names | RateBudget | TradingMode, E, R>
  /** A layer between the tools and the writer. */
  readonly writer: Layer.Layer<KrakenWriter, never, KrakenWriter>
  /**
   * False for a process that ends after a call: it takes no request of a panic, which it could not finish, watches no alerts
   * and takes no subscription.
   */
  readonly isServer: boolean
}

/** Makes the product: the services that the tools need, the settings with the names that Kraken displays, and the tools. */
export const makeProduct = <E, R>({ isServer, kraken, writer }: Parts<E, R>) => {
  const panics: typeof PanicOnRequest = isServer ? PanicOnRequest : Layer.empty
  const readBack: typeof ReadBackOnEvents = isServer ? ReadBackOnEvents : Layer.empty
  const watching: typeof AlertsWatching = isServer ? AlertsWatching : Layer.empty
  const account = isServer ? AccountDataOfSettings : AccountDataOnce
  const services = ApprovalsExecuting.pipe(
    Layer.provideMerge(Layer.mergeAll(KrakenWriterSettling, AbandonedWritesSettling, readBack, panics, watching)),
    Layer.provideMerge(LiveAnswersKraken),
    Layer.provideMerge(Layer.mergeAll(RecordSql, ApprovalsSql, AlertsSql, account)),
    Layer.provideMerge(ConfigWithLimitNames),
    Layer.provideMerge(Layer.merge(PermissionCacheOfState, LedgerCacheMemory)),
    Layer.provideMerge(kraken),
    Layer.provideMerge(Notices)
  )
  const updates: typeof ResourceWatchLive = isServer ? ResourceWatchLive : Layer.empty
  return Layer.merge(McpServerSdk, updates).pipe(
    Layer.provide(writer),
    Layer.provide([PolicyIntersecting, CallBudgetSql, PicturesResvg]),
    Layer.provideMerge(services),
    Layer.provide(RequestStateKeyOfState)
  )
}

/** Makes the product for a process that ends after a call, with a layer between its tools and the writer. */
export const productOnce = (writer: Layer.Layer<KrakenWriter, never, KrakenWriter>) =>
  makeProduct({ kraken: KrakenWithNames, writer, isServer: false })

/** Makes the product for a server: the tools, with the services that they need, served by the MCP server. */
const productServed = <E, R>(kraken: Parts<E, R>["kraken"]) =>
  makeProduct({ kraken, writer: Layer.context<KrakenWriter>(), isServer: true })

/** The product for all callers of a server. */
export const Product = productServed(KrakenWithNames)

/** Makes the product for the callers of one account at Kraken, on a market that accounts share. */
export const productOnSharedMarket = (market: Context.Context<KrakenClient | MarketData | Names>) =>
  productServed(
    Layer.unwrapEffect(
      Effect.map(
        load(() => import("./krakenLive.ts")),
        ({ krakenOnSharedMarket }) => krakenOnSharedMarket(market)
      )
    )
  )
