import { DateTime, Effect, Either, Fiber, Layer, Option, TestClock } from "effect"
import type { Endpoint, Params, WriteEndpoint } from "../../src/domain/endpoints/endpoints.ts"
import { AbandonedWritesSettling } from "../../src/layers/kraken/writes/AbandonedWritesSettling.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { nothingObserved } from "../../src/layers/kraken/feed/nothingObserved.ts"
import type { Observed } from "../../src/services/AccountData.ts"
import { monotonic } from "../../src/services/Clocks.ts"
import { KrakenClient, type Priority } from "../../src/services/KrakenClient.ts"
import { KrakenOutcomeUnknown, type KrakenWriteError } from "../../src/services/KrakenErrors.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { Names } from "../../src/services/Names.ts"
import type { KeyInfo } from "../../src/domain/keys/keyInfo.ts"
import { classicPermissions } from "../../src/domain/keys/permissions.ts"
import { PermissionCache } from "../../src/services/PermissionCache.ts"
import type { Record } from "../../src/services/Record.ts"
import { TestConfig } from "./TestConfig.ts"
import { noNames } from "./TestKraken.ts"
import { Operated } from "./TestPrincipal.ts"
import { RecordInMemory } from "../../src/layers/access/record/RecordSql.ts"
import { FeedOf } from "./NoFeed.ts"
import { NoApprovals } from "./NoApprovals.ts"

/** A limit order. */
export const limit = { pair: "XBTUSD", type: "buy", ordertype: "limit", price: "100000", volume: "0.01" }

/** Makes the row of an order as Kraken lists it. */
export const listed = (params: Params, more: object = {}) => ({
  status: "open",
  opentm: 0.5,
  vol: params["volume"],
  userref: params["userref"],
  cl_ord_id: params["cl_ord_id"],
  descr: {
    pair: params["pair"],
    type: params["type"],
    ordertype: params["ordertype"],
    price: params["price"],
    order: "text"
  },
  ...more
})

/** The error of a write that timed out. */
export const noAnswer = (endpoint: string) =>
  new KrakenOutcomeUnknown({ endpoint, reason: "timed out after 10 s", check: "", safeToRepeat: false })

/** Makes a key with these permissions. */
export const keyOf = (permissions: ReadonlyArray<string>, nonceWindow = 0n): KeyInfo => ({
  name: "",
  permissions: new Set(permissions),
  nonce: 0n,
  nonceWindow,
  validUntil: 0,
  queryFrom: 0,
  queryTo: 0,
  ipAllowlist: []
})

/** A read that the writer made. */
export interface RecordedRead {
  readonly endpoint: Endpoint
  readonly params: Params
  readonly priority: Priority | undefined
  /** Monotonic milliseconds. */
  readonly at: number
}

/** Makes the writer on a Kraken whose account the test can change. `write` decides on each request that is sent. */
export const account = (options: {
  readonly write: (endpoint: string, params: Params) => Effect.Effect<unknown, KrakenWriteError>
  readonly read?: (endpoint: string, params: Params) => Effect.Effect<unknown, KrakenWriteError>
  readonly nonceWindow?: bigint
  /** Milliseconds by which Kraken's clock is ahead of ours. */
  readonly skew?: () => number
  /** The largest error of Kraken's clock, in milliseconds. */
  readonly within?: number
  readonly observed?: Observed
}) => {
  const open: { [txid: string]: unknown } = {}
  const closed: { [txid: string]: unknown } = {}
  const amends: Array<object> = []
  const sent: Array<Params> = []
  const reads: Array<RecordedRead> = []
  const priorities: Array<Priority | undefined> = []
  const answers = (endpoint: Endpoint, params: Params): unknown => {
    if (endpoint === "private/OpenOrders") return { open }
    if (endpoint === "private/ClosedOrders") return { closed, count: 0 }
    if (endpoint === "private/QueryOrders") {
      const txid = String(params["txid"])
      const row = open[txid] ?? closed[txid]
      return row === undefined ? {} : { [txid]: row }
    }
    if (endpoint === "private/OrderAmends") return { amends, count: amends.length }
    return []
  }
  const services = Layer.mergeAll(
    Layer.mock(KrakenClient, {
      read: (endpoint, params, { priority } = {}) =>
        Effect.zipRight(
          Effect.map(monotonic, (at) => reads.push({ endpoint, params, priority, at })),
          (options.read?.(endpoint, params) as Effect.Effect<unknown>) ?? Effect.sync(() => answers(endpoint, params))
        ),
      write: (endpoint, params, { priority, stamped = Effect.succeed(params) } = {}) =>
        stamped.pipe(
          Effect.flatMap((now) => {
            sent.push(now)
            priorities.push(priority)
            return options.write(endpoint, now)
          })
        ),
      now: Effect.map(DateTime.now, (now) => DateTime.add(now, { millis: options.skew?.() ?? 0 })),
      clock: Effect.succeed({ epoch: 0, within: options.within ?? 0 })
    }),
    Layer.mock(Names, { directory: Effect.succeed(noNames) }),
    Layer.mock(PermissionCache, {
      known: Effect.succeedSome(keyOf(classicPermissions, options.nonceWindow))
    }),
    TestConfig()
  )
  /** A process on this account, with a record. */
  const on = <E>(record: Layer.Layer<Record, E>) =>
    Layer.fresh(Layer.merge(KrakenWriterSettling, AbandonedWritesSettling)).pipe(
      Layer.provideMerge(record),
      Layer.provide([NoApprovals, FeedOf(options.observed ?? nothingObserved)]),
      Layer.provide(services),
      Layer.merge(Operated)
    )
  return { open, closed, amends, sent, priorities, reads, on, layer: on(RecordInMemory) }
}

/** Sends a write and moves the clock on by two minutes, in which it settles. */
export const send = Effect.fnUntraced(function* (endpoint: WriteEndpoint, params: Params) {
  const writer = yield* KrakenWriter
  const fiber = yield* Effect.fork(Effect.either(writer.send(endpoint, params)))
  yield* TestClock.adjust("2 minutes")
  return yield* Fiber.join(fiber)
})

/** Gives the error of an answer. Throws if there is none. */
export const failure = <A, E>(answer: Either.Either<A, E>) => Option.getOrThrow(Either.getLeft(answer))
