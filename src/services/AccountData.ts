import { Context, type Effect, type Option, type Queue, type Scope, type Stream } from "effect"
import type { ObservedOrder } from "../domain/live/observedOrders.ts"
import type { Balances, OpenOrders, OrderEvent, Wallets } from "../domain/live/values.ts"
import type { ReadError } from "./KrakenClient.ts"
import type { Feed, FeedState, Snapshot } from "./MarketData.ts"
import type { Principal } from "./Principal.ts"

/** Orders, fills and balances of the Kraken account of the principal. */
export class AccountData extends Context.Tag("mcp-kraken/services/AccountData")<
  AccountData,
  {
    readonly orders: Feed<OpenOrders>
    readonly balances: Feed<Balances>
    /** Returns the balances by wallet if they are live, as `Feed.live` does. REST does not name wallets. */
    readonly wallets: Effect.Effect<Option.Option<Snapshot<Wallets>>>
    /**
     * Emits what happens to orders from now on. Each fill is emitted once: what was missed while the feed was not
     * connected is found by REST and emitted then. It does not end by itself.
     */
    readonly events: Stream.Stream<OrderEvent, ReadError, Principal>
    readonly observed: Observed
    readonly state: Effect.Effect<FeedState>
  }
>() {}

/**
 * Orders of the account of the API key as live events showed them. REST is never asked, so that nothing here costs rate
 * budget. An order that is missing was not seen, which does not prove that it does not exist.
 */
export interface Observed {
  /** Keeps the feed connected for ten minutes from now. Returns at once. */
  readonly keep: Effect.Effect<void>
  readonly find: (is: (order: ObservedOrder) => boolean) => Effect.Effect<ReadonlyArray<ObservedOrder>>
  /** Receives each order that an event is about from now on. A slow reader misses some. */
  readonly subscribe: Effect.Effect<Queue.Dequeue<ObservedOrder>, never, Scope.Scope>
}
