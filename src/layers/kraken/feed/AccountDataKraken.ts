import { Duration, Effect, Layer, Option, PubSub, Queue, Stream } from "effect"
import { isRecord } from "effect/Predicate"
import { makeObservedOrders, type ObservedOrder } from "../../../domain/live/observedOrders.ts"
import { makeOrderLedger } from "../../../domain/live/orderLedger.ts"
import { makeSequences } from "../../../domain/live/sequences.ts"
import { applyToBalances, totalsOf, type WalletBalances } from "../../../domain/live/walletBalances.ts"
import type { Balances, OpenOrder, OpenOrders, OrderEvent } from "../../../domain/live/values.ts"
import { AccountData } from "../../../services/AccountData.ts"
import { clocks } from "../../../services/Clocks.ts"
import { earliestNow, KrakenClient, type ReadError } from "../../../services/KrakenClient.ts"
import { Names } from "../../../services/Names.ts"
import { Principal } from "../../../services/Principal.ts"
import { Secrets } from "../../../services/Secrets.ts"
import { operator } from "../../access/principals.ts"
import { makeAccountReads } from "./accountReads.ts"
import { makeConnection } from "./connection.ts"
import { makeFeed } from "./feed.ts"
import { FeedDown } from "./feedSocket.ts"
import { type Kind, makeLiveValues, mapLive } from "./liveValues.ts"
import { nothingObserved } from "./nothingObserved.ts"

/** The pause between two comparisons with REST, which cost 3 points of the rate budget each. */
const compareEvery = { live: "60 seconds", rest: "15 seconds" } as const

/** The pause between two requests by REST for orders or balances while nothing is live. */
const restEvery = "5 seconds"

/** The pauses of an account that is polled. */
interface Pauses {
  /** Between two requests for orders or balances. */
  readonly reads: Duration.DurationInput
  /** Between two requests for orders and fills. */
  readonly events: Duration.DurationInput
  /** Requests cost nothing, since a simulation in this process answers them. */
  readonly isFree?: boolean
}

/** Events that wait for one reader at most. Its stream ends when there are more, rather than leave one out. */
const mostWaiting = 10_000

/** Checks that Kraken refused a token for the key: it is not known any more, or may not use the WebSocket. */
const refusesKey = (error: ReadError): boolean =>
  error._tag === "KrakenPermissionError" ||
  error._tag === "KrakenCredentialsMissing" ||
  (error._tag === "KrakenAuthError" && error.reason !== "nonce")
/** Orders that wait for one reader of observed orders at most. */
const mostObserved = 1000

/** The time for which a write keeps the feed connected, in milliseconds. */
const keptForWrites = Duration.toMillis("10 minutes")

const byId = (orders: ReadonlyArray<OpenOrder>): OpenOrders => new Map(orders.map((order) => [order.id, order]))

/** Account data by REST alone: of Kraken, or of the simulated account of the principal. */
export const AccountDataRest = (pauses: Pauses = { reads: restEvery, events: compareEvery.rest }) =>
  Layer.effect(
    AccountData,
    Effect.gen(function* () {
      const kraken = yield* KrakenClient
      const { isFree = false } = pauses
      const reads = makeAccountReads(kraken, yield* Names, { isFeed: isFree })
      const polling = { every: pauses.reads, isFree }
      return AccountData.of({
        orders: makeFeed<OpenOrders>(undefined, { read: Effect.map(reads.orders, byId), ...polling }),
        balances: makeFeed<Balances>(undefined, { read: reads.balances, ...polling }),
        wallets: Effect.succeedNone,
        observed: nothingObserved,
        state: Effect.succeed("off" as const),
        events: Stream.unwrap(
          Effect.gen(function* () {
            const now = earliestNow(kraken)
            let since = yield* now
            const ledger = makeOrderLedger(since)
            const compare = Effect.gen(function* () {
              const at = yield* now
              const events = yield* reads.compare(ledger, since)
              since = at
              return events
            })
            // What is there at the beginning is no event.
            yield* compare
            return Stream.flattenIterables(
              Stream.repeatEffect(
                compare.pipe(
                  Effect.catchTags({
                    KrakenRateLimitError: () => Effect.succeed([]),
                    KrakenUnavailable: () => Effect.succeed([])
                  }),
                  Effect.delay(pauses.events)
                )
              )
            )
          })
        )
      })
    })
  )

/**
 * Account data of Kraken's authenticated WebSocket at `url`, of the account of the API key. After a message was missed
 * and after each connection, the orders and fills are compared with REST; also once a minute, since nothing tells that the
 * last message was lost.
 */
export const AccountDataWebSocket = (url: string) =>
  Layer.scoped(
    AccountData,
    Effect.gen(function* () {
      const kraken = yield* KrakenClient
      const secrets = yield* Secrets
      const reads = makeAccountReads(kraken, yield* Names)
      const account = operator("live")
      /** The readers of events, each with the earliest time at which it can have begun, in Unix milliseconds. */
      const readers = new Map<Queue.Queue<OrderEvent>, number>()
      const compareNow = yield* Queue.sliding<void>(1)
      const now = earliestNow(kraken)
      const began = yield* now
      const ledger = makeOrderLedger(began)
      /** True once the ledger holds the orders that were open when the first reader began. They are no news. */
      let isCaughtUp = false
      /** The time up to which REST's fills are known. */
      let since = began
      let isInOrder = false
      const observed = makeObservedOrders()
      const observing = yield* PubSub.dropping<ObservedOrder>(mostObserved)
      const sequences = makeSequences()
      let forget = (): void => undefined

      /** Tells the readers. `isWhole`: the ledger now holds all open orders. */
      const tell = (events: ReadonlyArray<OrderEvent>, isWhole: boolean): void => {
        const told = isCaughtUp || !isWhole ? events : events.filter(({ _tag }) => _tag === "Filled")
        isCaughtUp ||= isWhole
        for (const [reader, from] of readers) {
          for (const event of told) {
            if (event._tag === "Filled" && event.fill.time < from) continue
            if (reader.unsafeOffer(event)) continue
            readers.delete(reader)
            break
          }
        }
      }

      const connection = yield* makeConnection({
        name: "Kraken's account data",
        kind: "private",
        url,
        token: kraken.read("private/GetWebSocketsToken", {}).pipe(
          Effect.provideService(Principal, account),
          Effect.mapError((error) => new FeedDown({ reason: `no token: ${error._tag}`, isRefused: refusesKey(error) })),
          Effect.flatMap((answer) => {
            const token = isRecord(answer) ? answer["token"] : undefined
            if (typeof token !== "string") return new FeedDown({ reason: "an answer without a token" })
            return Effect.as(secrets.add(token), token)
          })
        ),
        keysOf: (channel) => channel,
        onDown: () => {
          isInOrder = false
          if (readers.size === 0) isCaughtUp = false
          ledger.reconnect()
          sequences.reconnect()
          forget()
        }
      })
      const live = yield* makeLiveValues(connection)
      forget = live.forget

      const executions: Kind<OpenOrders> = {
        key: "executions",
        params: { channel: "executions", snap_orders: true, snap_trades: true, order_status: true },
        apply: (_, { isSnapshot, rows, sequence }) => {
          for (const row of rows) {
            const order = observed.apply(isSnapshot, row)
            if (order !== undefined) observing.unsafeOffer(order)
          }
          const { events, inOrder } = ledger.apply(isSnapshot, rows, sequences.own("executions", isSnapshot, sequence))
          if ((isSnapshot && isCaughtUp) || !inOrder) Queue.unsafeOffer(compareNow, undefined)
          tell(events, isSnapshot)
          if (isSnapshot) isInOrder = true
          if (!inOrder) {
            isInOrder = false
            return "broken"
          }
          return isInOrder ? ledger.orders() : undefined
        }
      }
      const balances: Kind<WalletBalances & { readonly totals: Balances }> = {
        key: "balances",
        params: { channel: "balances", snapshot: true },
        apply: (before, { isSnapshot, rows, sequence }) => {
          const after = applyToBalances(before, isSnapshot, rows, sequences.own("balances", isSnapshot, sequence))
          if (after === before) return before
          return typeof after === "object" ? { ...after, totals: totalsOf(after) } : after
        }
      }
      const liveOrders = live.of(executions)
      const liveBalances = live.of(balances)

      /** Compares with REST at once when asked, and from time to time while somebody reads the events. */
      const compareLoop = Effect.gen(function* () {
        const pause = isInOrder ? compareEvery.live : compareEvery.rest
        yield* Effect.timeoutOption(Queue.take(compareNow), pause)
        if (readers.size === 0) return
        const at = yield* now
        const events = yield* reads.compare(ledger, isCaughtUp ? since : at).pipe(
          Effect.provideService(Principal, account),
          Effect.tapError(({ message }) => Effect.logDebug(`Orders and fills can't be compared with REST: ${message}`)),
          Effect.option
        )
        if (Option.isNone(events)) return
        since = at
        tell(events.value, true)
        // The live orders were wrong, though no message was missing. Until the next snapshot they are not shown.
        if (events.value.length > 0 && isInOrder) {
          isInOrder = false
          live.restart(executions.key, yield* clocks)
        }
      })
      yield* Effect.forkScoped(Effect.forever(compareLoop))

      return AccountData.of({
        orders: makeFeed(liveOrders, { read: Effect.map(reads.orders, byId), every: restEvery }),
        balances: makeFeed(
          mapLive(liveBalances, ({ totals }) => totals),
          { read: reads.balances, every: restEvery }
        ),
        wallets: mapLive(liveBalances, ({ assets }) => assets).look,
        observed: {
          keep: liveOrders.keep(keptForWrites),
          find: (is) => Effect.sync(() => observed.find(is)),
          subscribe: PubSub.subscribe(observing)
        },
        state: connection.state,
        events: Stream.unwrapScoped(
          Effect.gen(function* () {
            const queue = yield* Effect.acquireRelease(Queue.dropping<OrderEvent>(mostWaiting), (made) => {
              readers.delete(made)
              return Queue.shutdown(made)
            })
            readers.set(queue, yield* now)
            yield* liveOrders.follow(() => undefined)
            const isEnded = Effect.sync(() => !readers.has(queue) && queue.unsafeSize().pipe(Option.contains(0)))
            return Stream.repeatEffectOption(
              Effect.flatMap(isEnded, (ended) => (ended ? Effect.fail(Option.none()) : Queue.take(queue)))
            )
          })
        )
      })
    })
  )
