import type { HttpClient } from "@effect/platform/HttpClient"
import { type Context, Duration, Effect, Exit, Fiber, Layer, Logger, LogLevel, Option, Redacted } from "effect"
import { makeDirectory } from "../../src/domain/assets/directory.ts"
import { KrakenClientHttp } from "../../src/layers/kraken/client/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { NonceSourceMemory } from "../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PermissionCacheKraken } from "../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../src/layers/kraken/rates/RateBudgetOff.ts"
import type { Params } from "../../src/domain/endpoints/endpoints.ts"
import type { Config } from "../../src/services/Config.ts"
import { KrakenWriter, type SendError, type Sent } from "../../src/services/KrakenWriter.ts"
import { Names } from "../../src/services/Names.ts"
import { PermissionCache } from "../../src/services/PermissionCache.ts"
import type { Handler } from "../doubles/fake/Journal.ts"
import { assetPairs, assets } from "../doubles/fake/Market.ts"
import { type FakeKraken, makeFakeKraken } from "../doubles/FakeKraken.ts"
import { limit } from "../doubles/WriterAccount.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import type { Intent, Journey, Jump, LookAlike, Standing } from "./journeys.ts"
import { Operated } from "../doubles/TestPrincipal.ts"
import type { Principal } from "../../src/services/Principal.ts"
import { RecordMemory } from "../../src/layers/access/RecordMemory.ts"

/** What a caller was told; none for one that has gone. */
export type Told = Exit.Exit<Sent, SendError> | undefined

export interface Story {
  readonly fake: FakeKraken
  /** One for each intent; two where it was dispatched twice. */
  readonly told: ReadonlyArray<ReadonlyArray<Told>>
}

/** An account with two open orders. */
export const makeAccount = ({
  dateOff = 0,
  key,
  skew
}: Pick<Journey, "key" | "skew"> & Partial<Pick<Journey, "dateOff">>) => {
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

/** The ids of the open orders are the same in every new account. */
export const standing = ((): Standing => {
  const [plain, named] = makeAccount({ key: "full", skew: 0 }).orders.all()
  return { plain: plain?.txid ?? "", named: named?.txid ?? "" }
})()

const directory = makeDirectory({ currency: { assets, pairs: assetPairs } })

/** The writer and all it needs, over any HTTP client, with an API key of whoever answers there. */
export const writerOver = (
  http: Layer.Layer<HttpClient>,
  { key, secret }: { readonly key: string; readonly secret: string },
  config: Partial<Settings> = {}
) =>
  KrakenWriterSettling.pipe(
    Layer.provide(RecordMemory),
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

/** Lets a journey happen, to its end and `after` that. `check` looks at the end, and again later. */
export const travel = Effect.fnUntraced(function* (
  fake: FakeKraken,
  journey: Journey,
  http: Layer.Layer<HttpClient>,
  options: { readonly check: (story: Story) => void; readonly after: Duration.DurationInput } & {
    readonly config?: Partial<Settings>
    /** Sets our time of day, by so many milliseconds. */
    readonly setWall?: (by: number) => Effect.Effect<void>
  }
) {
  const told = yield* Effect.gen(function* () {
    if (journey.warm) yield* Effect.flatMap(PermissionCache, ({ known }) => known)
    fake.misbehave("*", ...journey.others)
    for (const jump of journey.jumps) yield* Effect.fork(Effect.delay(setClock(fake, jump, options.setWall), jump.at))
    for (const lookAlike of journey.lookAlikes)
      yield* Effect.fork(Effect.delay(pose(fake, journey, lookAlike), lookAlike.at))
    const writer = yield* KrakenWriter
    const answers = yield* Effect.forEach(
      journey.intents,
      (intent) => Effect.delay(dispatch(fake, writer, intent), intent.at),
      { concurrency: "unbounded" }
    )
    yield* writer.settled
    return answers
  }).pipe(
    Effect.provide(
      writerOver(http, journey.key === "windowed" ? fake.keys.windowed : fake.keys.full, options.config ?? {})
    )
  )
  options.check({ fake, told })
  yield* Effect.sleep(options.after)
  options.check({ fake, told })
})

const setClock = (fake: FakeKraken, { by, whose }: Jump, setWall?: (by: number) => Effect.Effect<void>) =>
  whose === "ours" ? (setWall?.(by) ?? Effect.void) : Effect.sync(() => void (fake.state.skew += by))

/** Another program does something that looks like an intent, but for its age or its terms. */
const pose = (fake: FakeKraken, { intents, jumps }: Journey, { age, at, listedAfter, of }: LookAlike) =>
  Effect.map(fake.now, (now) => {
    const intent = intents[of]
    if (intent === undefined) return
    // What was done before Kraken's clock was set back is not newer for that.
    const setBack = jumps.reduce((sum, { by, whose }) => sum + (whose === "theirs" && by < 0 ? -by : 0), 0)
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

const dispatch = (fake: FakeKraken, writer: typeof KrakenWriter.Service, intent: Intent) =>
  Effect.suspend(() => {
    const { again, endpoint, faults, gone, params } = intent
    fake.misbehave(endpoint, ...faults)
    const first = Effect.exit(writer.send(endpoint, params))
    const calls = [
      gone === undefined ? first : leaving(writer.send(endpoint, params), gone),
      ...(again === undefined ? [] : [again === 0 ? first : Effect.delay(first, again)])
    ]
    return Effect.all(calls, { concurrency: "unbounded" })
  })

/** A caller that goes away, unless it has its answer by then. */
const leaving = (
  call: Effect.Effect<Sent, SendError, Principal>,
  after: number
): Effect.Effect<Told, never, Principal> =>
  Effect.gen(function* () {
    const caller = yield* Effect.fork(call)
    yield* Effect.sleep(after)
    const exit = yield* Fiber.interrupt(caller)
    return Exit.isInterrupted(exit) ? undefined : exit
  })
