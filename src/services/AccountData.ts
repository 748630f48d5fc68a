import { Context, type Effect, type Option, type Stream } from "effect"
import type { Balances, OpenOrders, OrderEvent, Wallets } from "../domain/live/values.ts"
import type { ReadError } from "./KrakenClient.ts"
import type { Feed, Snapshot } from "./MarketData.ts"
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
  }
>() {}
