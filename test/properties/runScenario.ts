import type { HttpClient } from "@effect/platform/HttpClient"
import { type Context, Duration, Effect, Exit, Fiber, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { makeDirectory } from "../../src/domain/assets/directory.ts"
import { KrakenClientHttp } from "../../src/layers/kraken/client/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { NonceSourceMemory } from "../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PermissionCacheKraken } from "../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../src/layers/kraken/rates/RateBudgetOff.ts"
import type { Params } from "../../src/domain/endpoints/endpoints.ts"
import { nothingObserved } from "../../src/layers/kraken/feed/nothingObserved.ts"
import type { Row } from "../../src/domain/live/messages.ts"
import type { Observed } from "../../src/services/AccountData.ts"
import type { Config } from "../../src/services/Config.ts"
import { KrakenWriter, type SendError, type Sent } from "../../src/services/KrakenWriter.ts"
import { Names } from "../../src/services/Names.ts"
import { PermissionCache } from "../../src/services/PermissionCache.ts"
import type { Handler } from "../doubles/fake/Journal.ts"
import { assetPairs, assets } from "../doubles/fake/Market.ts"
import { type FakeKraken, makeFakeKraken } from "../doubles/FakeKraken.ts"
import { limit } from "../doubles/WriterAccount.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import type { Intent, Scenario, ClockChange, LookAlike, OpenOrderIds } from "./scenarios.ts"
import { Operated } from "../doubles/TestPrincipal.ts"
import type { Principal } from "../../src/services/Principal.ts"
import { RecordInMemory } from "../../src/layers/access/record/RecordSql.ts"
import { FeedOf, makeTestEvents } from "../doubles/NoFeed.ts"
import { makeFates } from "../doubles/LiveEvents.ts"
import { NoApprovals } from "../doubles/NoApprovals.ts"

/** The answer of a caller. Undefined if the caller left before. */
export type Answer = Exit.Exit<Sent, SendError> | undefined

/** A scenario that was run. */
export interface Run {
  readonly fake: FakeKraken
  /** Answers by intent. An intent that was sent twice has two. */
  readonly answers: ReadonlyArray<ReadonlyArray<Answer>>
  /** Times that a look among the observed orders found one which it looked for. */
  readonly settledByEvents: number
}

/** Makes a fake Kraken with an account that has two open orders. */
export const makeAccount = ({
  dateOff = 0,
  key,
  skew
}: Pick<Scenario, "key" | "skew"> & Partial<Pick<Scenario, "dateOff">>) => {
  const fake = makeFakeKraken()
  fake.state.skew = skew
  fake.state.dateOff = dateOff
  if (key === "blind") fake.keys.full.permissions = ["modify-trades", "close-trades", "withdraw-funds"]
  const { AddOrder } = fake.orders.handlers as { readonly AddOrder: Handler }
  for (const cl_ord_id of [undefined, "mine"]) {
    AddOrder({ now: Date.UTC(2025, 11), nonce: 0n, params: { ...limit, cl_ord_id, volume: "2" } })
  }
  return fake
}

/** The ids of the two open orders, which are the same in every new account. */
export const openOrderIds = ((): OpenOrderIds => {
  const [plain, named] = makeAccount({ key: "full", skew: 0 }).orders.all()
  return { plain: plain?.txid ?? "", named: named?.txid ?? "" }
})()

const directory = makeDirectory({ currency: { assets, pairs: assetPairs } })

/** Makes the writer and the layers below it, over any HTTP client. The API key belongs to the Kraken behind that client. */
export const writerOver = (
  http: Layer.Layer<HttpClient>,
  { key, secret }: { readonly key: string; readonly secret: string },
  config: Partial<Settings> = {},
  observed: Observed = nothingObserved
) =>
  KrakenWriterSettling.pipe(
    Layer.provide([RecordInMemory, NoApprovals, FeedOf(observed)]),
    Layer.provideMerge(PermissionCacheKraken),
    Layer.provide(Layer.mock(Names, { directory: Effect.succeed(directory) })),
    Layer.provide(KrakenClientHttp),
    Layer.provide([http, NonceSourceMemory, RateBudgetOff]),
    Layer.provide(
      TestConfig({
        credentials: Option.some({ key: Redacted.make(key), secret: Redacted.make(secret), otp: Option.none() }),
        ...config
      })
    ),
    Layer.merge(Operated),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )

type Settings = Context.Tag.Service<typeof Config>

/** Runs a scenario. `check` is called at its end, and again `after` that. */
export const runScenario = Effect.fnUntraced(function* (
  fake: FakeKraken,
  scenario: Scenario,
  http: Layer.Layer<HttpClient>,
  options: { readonly check: (run: Run) => void; readonly after: Duration.DurationInput } & {
    readonly config?: Partial<Settings>
    /** Changes our time of day by this many milliseconds. */
    readonly setWall?: (by: number) => Effect.Effect<void>
  }
) {
  const events = makeTestEvents()
  const feed = yield* Effect.fork(tellEvents(fake, scenario, events.tell))
  const answers = yield* Effect.gen(function* () {
    if (scenario.warm) yield* Effect.flatMap(PermissionCache, ({ known }) => known)
    fake.misbehave("*", ...scenario.others)
    for (const clockChange of scenario.clockChanges)
      yield* Effect.fork(Effect.delay(setClock(fake, clockChange, options.setWall), clockChange.at))
    for (const lookAlike of scenario.lookAlikes)
      yield* Effect.fork(Effect.delay(addLookAlike(fake, scenario, lookAlike), lookAlike.at))
    const writer = yield* KrakenWriter
    const all = yield* Effect.forEach(
      scenario.intents,
      (intent) => Effect.delay(sendIntent(fake, writer, intent), intent.at),
      { concurrency: "unbounded" }
    )
    yield* writer.settled
    return all
  }).pipe(
    Effect.provide(
      writerOver(
        http,
        scenario.key === "windowed" ? fake.keys.windowed : fake.keys.full,
        options.config ?? {},
        events.observed
      )
    )
  )
  yield* Fiber.interrupt(feed)
  options.check({ fake, answers, settledByEvents: events.state.found })
  yield* Effect.sleep(options.after)
  options.check({ fake, answers, settledByEvents: events.state.found })
})

/** The time in which a scenario has events. */
const eventful = { every: 300, times: 100 } as const

/** Tells live events of what happens to the orders of the account, with the faults of the scenario. */
const tellEvents = Effect.fnUntraced(function* (
  fake: FakeKraken,
  { live }: Scenario,
  tell: ReturnType<typeof makeTestEvents>["tell"]
) {
  if (live === undefined) return
  const fate = makeFates(live)
  const told = new Map<string, { readonly status: string; readonly amends: number }>()
  for (let n = 0; n < eventful.times; n++) {
    for (const order of fake.orders.all()) {
      const before = told.get(order.txid)
      const after = { status: order.status, amends: order.amends.length }
      told.set(order.txid, after)
      for (const row of eventsOf(order, before, n === 0)) yield* fate(() => tell(row, n === 0))
    }
    yield* Effect.sleep(eventful.every)
  }
})

/** Makes the rows of `executions` that tell what happened to an order. */
const eventsOf = (
  order: ReturnType<FakeKraken["orders"]["all"]>[number],
  before: { readonly status: string; readonly amends: number } | undefined,
  isSnapshot: boolean
): ReadonlyArray<Row> => {
  const ids = {
    order_id: order.txid,
    ...(order.clientId !== undefined && { cl_ord_id: order.clientId }),
    ...(order.userref !== undefined && { order_userref: order.userref })
  }
  const terms = {
    ...ids,
    symbol: order.pair,
    side: order.params["type"],
    order_type: order.params["ordertype"],
    order_qty: order.volume,
    ...(order.price !== undefined && { limit_price: order.price })
  }
  const live = { ...ids, exec_type: "new", order_status: "new", timestamp: new Date(order.opened).toISOString() }
  if (before === undefined && isSnapshot) return order.status === "open" ? [{ ...terms, ...live }] : []
  const ending = order.status === "closed" ? "filled" : "canceled"
  return [
    ...(before === undefined
      ? [{ ...terms, ...live, exec_type: "pending_new", order_status: "pending_new" }, live]
      : []),
    ...(order.amends.length > (before?.amends ?? 1) ? [{ ...terms, exec_type: "amended", order_status: "new" }] : []),
    ...(order.status !== (before?.status ?? "open") ? [{ ...ids, exec_type: ending, order_status: ending }] : [])
  ]
}

const setClock = (fake: FakeKraken, { by, clock }: ClockChange, setWall?: (by: number) => Effect.Effect<void>) =>
  clock === "ours" ? (setWall?.(by) ?? Effect.void) : Effect.sync(() => void (fake.state.skew += by))

/** Makes another program act on the account. Its action resembles an intent, except for its age or its terms. */
const addLookAlike = (fake: FakeKraken, { intents, clockChanges }: Scenario, { age, at, listedAfter, of }: LookAlike) =>
  Effect.map(fake.now, (now) => {
    const intent = intents[of]
    if (intent === undefined) return
    // An action has to be older than the intents even after Kraken's clock is set back.
    const setBack = clockChanges.reduce((sum, { by, clock }) => sum + (clock === "Kraken's" && by < 0 ? -by : 0), 0)
    const first = Math.min(...intents.map((intent) => intent.at))
    const older = age === undefined ? 0 : age + setBack + Math.max(0, at - first)
    const call = { now: now - older, listedAfter: listedAfter + older }
    const { tag: _, ...params } = intent.params
    switch (intent.endpoint) {
      case "private/AddOrder": {
        const { cl_ord_id, ...terms } = params
        if (age === undefined) return fake.orders.add({ ...terms, volume: "0.77" }, call)
        return fake.orders.add({ ...terms, cl_ord_id }, call, cl_ord_id === undefined ? "open" : "closed")
      }
      case "private/AddOrderBatch": {
        const [first] = params["orders"] as ReadonlyArray<Params>
        const different = age === undefined ? { volume: "0.77" } : {}
        return fake.orders.add({ ...first, pair: params["pair"], ...different }, call)
      }
      case "private/AmendOrder":
      case "private/EditOrder": {
        const [plain, named] = fake.orders.all()
        const order = params["txid"] === plain?.txid ? plain : named
        return (
          order && fake.orders.amend(order.txid, age === undefined ? "97000" : String(params["limit_price"]), call.now)
        )
      }
      case "private/Withdraw":
        return fake.withdrawals.add({ ...params, ...(age === undefined && { amount: "0.6" }) }, call)
    }
  })

const sendIntent = (fake: FakeKraken, writer: typeof KrakenWriter.Service, intent: Intent) =>
  Effect.suspend(() => {
    const { again, endpoint, faults, leavesAfter, params } = intent
    fake.misbehave(endpoint, ...faults)
    const first = Effect.exit(writer.send(endpoint, params))
    const calls = [
      leavesAfter === undefined ? first : callAndLeave(writer.send(endpoint, params), leavesAfter),
      ...(again === undefined ? [] : [again === 0 ? first : Effect.delay(first, again)])
    ]
    return Effect.all(calls, { concurrency: "unbounded" })
  })

/** Makes a call whose caller leaves after some milliseconds, unless it has its answer by then. */
const callAndLeave = Effect.fnUntraced(function* (call: Effect.Effect<Sent, SendError, Principal>, after: number) {
  const caller = yield* Effect.fork(call)
  yield* Effect.sleep(after)
  const exit = yield* Fiber.interrupt(caller)
  const answer: Answer = Exit.isInterrupted(exit) ? undefined : exit
  return answer
})
