import { Effect, Layer, PubSub, Stream } from "effect"
import type { Row } from "../../src/domain/live/messages.ts"
import { makeObservedOrders, type ObservedOrder } from "../../src/domain/live/observedOrders.ts"
import { nothingObserved } from "../../src/layers/kraken/feed/nothingObserved.ts"
import { AccountData, type Observed } from "../../src/services/AccountData.ts"
import type { Feed } from "../../src/services/MarketData.ts"

const unread: Feed<never> = {
  live: Effect.succeedNone,
  snapshot: Effect.dieMessage("nothing reads"),
  changes: Stream.die("nothing reads"),
  pushed: Stream.die("nothing reads"),
  isPrompt: Effect.succeed(false)
}

/** Account data of which only the observed orders are read, as writers do. */
export const FeedOf = (observed: Observed) =>
  Layer.succeed(AccountData, {
    orders: unread,
    balances: unread,
    wallets: Effect.succeedNone,
    events: Stream.die("nothing reads"),
    observed,
    state: Effect.succeed("off" as const)
  })

/** Account data without live events. */
export const NoFeed = FeedOf(nothingObserved)

/**
 * Makes live events that the test tells. `kept` counts how often the feed was asked to stay connected, and `found` the
 * looks that found an order.
 */
export const makeTestEvents = () => {
  const orders = makeObservedOrders()
  const changes = Effect.runSync(PubSub.unbounded<ObservedOrder>())
  const state = { kept: 0, found: 0 }
  const observed: Observed = {
    keep: Effect.sync(() => void state.kept++),
    find: (is) =>
      Effect.sync(() => {
        const found = orders.find(is)
        if (found.length > 0) state.found++
        return found
      }),
    subscribe: PubSub.subscribe(changes)
  }
  return {
    observed,
    state,
    /** Tells a row of the channel `executions`, whose numbers are text. */
    tell: (row: Row, isSnapshot = false) => {
      const order = orders.apply(isSnapshot, row)
      if (order !== undefined) changes.unsafeOffer(order)
    }
  }
}
