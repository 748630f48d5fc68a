import { Effect, Equal, Hash, Layer, PubSub, RcMap, Schedule, Stream } from "effect"
import type { Book, OpenOrder, OpenOrders } from "../../../domain/live/values.ts"
import { AccountData } from "../../../services/AccountData.ts"
import { Callers } from "../../../services/Callers.ts"
import type { ReadError } from "../../../services/KrakenClient.ts"
import { type Feed, MarketData } from "../../../services/MarketData.ts"
import type { Names } from "../../../services/Names.ts"
import type { PermissionCache } from "../../../services/PermissionCache.ts"
import { Policy } from "../../../services/Policy.ts"
import { Principal } from "../../../services/Principal.ts"
import { TradingMode } from "../../../services/TradingMode.ts"
import {
  balancesUri,
  bookLevels,
  findPair,
  liveTarget,
  type LiveTarget,
  openOrdersUri,
  ResourceNotFound,
  resources
} from "../../../tools/resources.ts"
import { type ToolError, tools } from "../../../tools/toolsets.ts"
import { invalidParamsCode, ProtocolError, refusedCode } from "../protocol/ProtocolError.ts"
import type { Watch, Watched } from "../protocol/serverDefinition.ts"
import { McpServer } from "../server/McpServer.ts"
import { isOfferedResource, resourceError } from "./resourcesAndPrompts.ts"

/** The pause between two looks at a value that changes all the time, for all who watch it. */
const lookEvery = "250 millis"

/** The pause after a value could not be read. */
const retryEvery = "60 seconds"

/**
 * The time that is added between two requests by REST, in seconds: for each value that is watched, and at least for one
 * of the account. So subscriptions leave most of the rate budget to calls.
 */
const restPause = { each: 2, account: 15 }

/** A value that is watched. All who watch it share one. */
class Shared implements Equal.Equal {
  readonly key: string
  /** Emits what is compared: equal texts are no change. */
  readonly values: Stream.Stream<string, ReadError>
  constructor(key: string, values: Stream.Stream<string, ReadError>) {
    this.key = key
    this.values = values
  }
  [Equal.symbol](that: Equal.Equal): boolean {
    return that instanceof Shared && that.key === this.key
  }
  [Hash.symbol](): number {
    return Hash.string(this.key)
  }
}

/** Tells subscribers of changes of the resources with live data. */
export const ResourceWatchLive = Layer.scopedDiscard(
  Effect.gen(function* () {
    const { serveWatch } = yield* McpServer
    const market = yield* MarketData
    const account = yield* AccountData
    const callers = yield* Callers
    const trading = yield* TradingMode
    const context = yield* Effect.context<Names | PermissionCache | Policy>()
    let watched = 0

    const shared = yield* RcMap.make({
      lookup: Effect.fnUntraced(function* ({ values }: Shared) {
        const changes = yield* PubSub.sliding<string>({ capacity: 1, replay: 1 })
        yield* Effect.acquireRelease(
          Effect.sync(() => watched++),
          () => Effect.sync(() => watched--)
        )
        yield* values.pipe(
          Stream.changes,
          Stream.runForEach((text) => Effect.zipRight(PubSub.publish(changes, text), Effect.sleep(lookEvery))),
          Effect.catchAll(({ message }) => Effect.logDebug(`A resource can't be watched: ${message}`)),
          Effect.repeat(Schedule.spaced(retryEvery)),
          Effect.forkScoped
        )
        return changes
      })
    })

    /**
     * Slows down requests by REST, which cost nothing on a simulated account or market. A value that becomes live ends the
     * pause, since its changes cost nothing.
     */
    const paced = <A>({ changes, pushed }: Feed<A>, isAccount: boolean) => {
      const isFree = trading.mode === "paper" && (isAccount || trading.market.kind === "synthetic")
      if (isFree) return changes
      const isLive = Effect.catchAll(Stream.runDrain(Stream.take(pushed, 1)), () => Effect.never)
      const pause = Effect.suspend(() =>
        Effect.sleep(`${Math.max(watched * restPause.each, isAccount ? restPause.account : 0)} seconds`)
      )
      return Stream.flatMap(changes, (snapshot) =>
        snapshot.source === "websocket"
          ? Stream.succeed(snapshot)
          : Stream.concat(Stream.succeed(snapshot), Stream.drain(Stream.fromEffect(Effect.raceFirst(pause, isLive))))
      )
    }

    /** Finds the value to watch for a resource. */
    const sharedOf = Effect.fnUntraced(function* (uri: string, target: LiveTarget) {
      const principal = yield* Principal
      /** Emits what is compared of a value. */
      const textsOf = <A>(feed: Feed<A>, shown: (value: A) => unknown, isAccount: boolean) =>
        paced(feed, isAccount).pipe(
          Stream.map(({ value }) => JSON.stringify(shown(value))),
          Stream.provideService(Principal, principal)
        )
      switch (target.kind) {
        case "ticker":
        case "book": {
          const pair = yield* findPair(uri, target.spelling)
          const texts =
            target.kind === "ticker"
              ? textsOf(market.ticker(pair), (ticker) => ticker, false)
              : textsOf(market.book(pair), shownOf, false)
          return new Shared(`${target.kind} ${pair.display}`, texts)
        }
        case "orders":
          return new Shared(`orders ${principal.account}`, textsOf(account.orders, ordersOf, true))
        case "balances": {
          const balances = textsOf(account.balances, (balances) => [...balances], true)
          // Held amounts follow the orders. A key that may not read them sees only changes of balances.
          const orders = textsOf(account.orders, heldOf, true)
          const held = Stream.catchAll(orders, () => Stream.concat(Stream.succeed(""), Stream.never))
          const both = Stream.zipLatestWith(balances, held, (a, b) => a + b)
          return new Shared(`balances ${principal.account}`, both)
        }
      }
    })

    /** Checks that a principal may read a resource, as the tool that answers the same checks it. */
    const authorize = (
      uri: string,
      target: LiveTarget
    ): Effect.Effect<void, ToolError | ResourceNotFound, Policy | PermissionCache | Principal> =>
      Effect.gen(function* () {
        const offer = "template" in target ? target.template : resources.find((resource) => resource.uri === uri)
        const tool = offer?.tool === undefined ? undefined : tools.get(offer.tool)
        if (offer === undefined || tool === undefined || !(yield* isOfferedResource(offer)))
          return yield* new ResourceNotFound({ uri })
        const policy = yield* Policy
        yield* policy.authorize({ ...tool, reads: true })
      })

    const watch: Watch = Effect.fnUntraced(function* (uri, { caller }) {
      const target = liveTarget(uri)
      if (target === undefined) return yield* hasNoChanges(uri) ? notWatched(uri) : unknown(uri)
      const found = yield* callers.find(caller.id)
      if (found._tag !== "Valid") return yield* notFound
      const { principal } = found
      const own = yield* Effect.zipRight(authorize(uri, target), sharedOf(uri, target)).pipe(
        Effect.mapError((error) => resourceError(uri, error)),
        Effect.provideService(Principal, principal),
        Effect.provide(context)
      )
      const check: Watched["check"] = Effect.flatMap(
        Effect.suspend(() => callers.find(caller.id)),
        (now) => {
          if (now._tag === "Unknown") return Effect.succeed("unknown")
          if (now._tag === "Invalid") return Effect.succeed("lost")
          // Another account than before would be that of somebody else.
          if (now.principal.account !== principal.account) return Effect.succeed("lost")
          return authorize(uri, target).pipe(
            Effect.provideService(Principal, now.principal),
            Effect.provide(context),
            Effect.match({ onFailure: () => "lost" as const, onSuccess: () => "allowed" as const })
          )
        }
      )
      const changes = Stream.unwrapScoped(
        Effect.map(RcMap.get(shared, own), (texts) => Stream.changes(Stream.fromPubSub(texts)))
      )
      return { check, forEachChange: (use) => Stream.runForEachWhile(changes, use) }
    })

    yield* serveWatch(watch)
  })
)

/** The levels of a book that its resource shows. */
const shownOf = ({ asks, bids }: Book) => [bids.slice(0, bookLevels), asks.slice(0, bookLevels)]

const ordersOf = (orders: OpenOrders): ReadonlyArray<OpenOrder> => [...orders.values()].toSorted(byId)

/** The parts of open orders on which held amounts depend. */
const heldOf = (orders: OpenOrders) =>
  ordersOf(orders).map(({ filled, id, limitPrice, pair, quantity, side }) => [
    id,
    pair,
    side,
    quantity,
    filled,
    limitPrice
  ])

const byId = (a: OpenOrder, b: OpenOrder): number => (a.id < b.id ? -1 : 1)

/** Checks that a URI is of a resource that can only be read. */
const hasNoChanges = (uri: string): boolean =>
  uri.startsWith("kraken://pairs/") || resources.some((resource) => resource.uri === uri)

const unknown = (uri: string) => {
  const shown = uri.slice(0, longestUri)
  return resourceError(shown, new ResourceNotFound({ uri: shown }))
}

/** The longest URI that is repeated, in characters. */
const longestUri = 200

const notWatched = (uri: string) =>
  new ProtocolError({
    code: invalidParamsCode,
    message: `No changes are told of ${uri.slice(0, longestUri)}. Subscribe to kraken://ticker/{pair}, kraken://book/{pair}, ${openOrdersUri} or ${balancesUri}.`,
    data: { uri: uri.slice(0, longestUri) }
  })

const notFound = new ProtocolError({
  code: refusedCode,
  message: "The token of this request is no longer valid, or cannot be checked now."
})
