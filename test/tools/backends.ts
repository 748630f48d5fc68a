import { assert } from "@effect/vitest"
import Ajv2020 from "ajv/dist/2020.js"
import { Effect, Layer, Option, Redacted, TestClock } from "effect"
import type { RestExchange } from "../../src/exchange/rest/restExchange.ts"
import { makeKeys } from "../../src/exchange/rest/keys.ts"
import { makeCredentials } from "../../src/layers/exchange/keys.ts"
import { KrakenClientHttp } from "../../src/layers/kraken/client/KrakenClientHttp.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { NamesKraken } from "../../src/layers/kraken/names/NamesKraken.ts"
import { NonceSourceMemory } from "../../src/layers/kraken/nonces/NonceSourceMemory.ts"
import { PermissionCacheKraken } from "../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { PaperAccounts } from "../../src/layers/paper/PaperAccounts.ts"
import { RateBudgetOff } from "../../src/layers/kraken/rates/RateBudgetOff.ts"
import { TradingMode } from "../../src/services/TradingMode.ts"
import type { AnyTool } from "../../src/tools/toolsets.ts"
import { handledBy } from "../doubles/handledBy.ts"
import { type Json, type TestExchange, makeTestExchange } from "../doubles/TestExchange.ts"
import { inProcess } from "../doubles/fake/InProcess.ts"
import { morning, paperIn } from "../doubles/TestPaper.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { FeedsByRest, FeedsOfSimulation } from "../doubles/TestFeeds.ts"
import { TestConfig } from "../doubles/TestConfig.ts"
import { TestMandates } from "../doubles/TestMandates.ts"
import { CallBudgetInMemory } from "../../src/layers/access/CallBudgetSql.ts"
import { PolicyIntersecting } from "../../src/layers/access/PolicyIntersecting.ts"
import { Operated } from "../doubles/TestPrincipal.ts"
import { RecordInMemory } from "../../src/layers/access/record/RecordSql.ts"
import { NoFeed } from "../doubles/NoFeed.ts"
import { NoApprovals } from "../doubles/NoApprovals.ts"

const ajv = new Ajv2020.default({ strict: true, allowUnionTypes: true })

/** The services that decide about calls. */
export const Access = Layer.mergeAll(PolicyIntersecting, CallBudgetInMemory, TestMandates())

/** The services that tools need. */
type Needs = Layer.Layer.Success<ReturnType<typeof exchangeOf>>

/** Calls a tool and checks its answer against the tool's output schema. */
export const use = (tool: AnyTool, args: object = {}): Effect.Effect<Json, unknown, Needs> =>
  Effect.map(tool.call(args), ({ structuredContent }) => {
    const valid = ajv.compile(tool.schemas.output)
    assert.isTrue(valid(structuredContent), `${tool.name}: ${ajv.errorsText(valid.errors)}`)
    return structuredContent
  })

/** The product's layers from the tools to Kraken, without a socket. */
export const exchangeOf = (v: TestExchange) => {
  const rest: RestExchange = {
    exchange: v.x,
    account: "ann",
    keys: makeKeys(makeCredentials(1), v.x.now),
    faults: [],
    unlisted: new Map(),
    tokens: new Map(),
    ahead: 0
  }
  const { key, secret } = makeCredentials(1)("full")
  const credentials = { key: Redacted.make(key), secret, otp: Option.none() }
  const layer = Layer.merge(
    Layer.provideMerge(KrakenWriterSettling, Layer.mergeAll(RecordInMemory, NoApprovals, NoFeed)),
    Access
  ).pipe(
    Layer.provideMerge(FeedsByRest),
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([inProcess({ handle: handledBy(rest) }), NonceSourceMemory, RateBudgetOff]),
    Layer.provideMerge(TestConfig({ credentials: Option.some(credentials) })),
    Layer.merge(Operated)
  )
  // Before anything runs that waits: a test clock that is set later goes through all moments in between.
  return Layer.unwrapEffect(Effect.as(TestClock.setTime(v.x.now), layer))
}

/**
 * Runs a scenario of tool calls. `deposit` sends money to the account from outside, and `move` moves the market of a pair
 * to a price. The market of the exchange follows a script, and cannot be moved.
 */
type Backend = <E, A>(
  story: (
    deposit: (asset: string, amount: string) => Effect.Effect<void>,
    move: (pair: string, price: string) => Effect.Effect<void>
  ) => Effect.Effect<A, E, Needs>
) => Effect.Effect<A, E>

/** The environments of a scenario, a simulated Kraken and a paper account, each with 100,000 dollars and ten Bitcoin. */
export const backends: Record<string, Backend> = {
  "at the exchange": (story) =>
    Effect.suspend(() => {
      const v = makeTestExchange()
      const deposit = (asset: string, amount: string) =>
        Effect.sync(() => void v.ok("control/Deposit", { account: "ann", asset, amount }))
      const move = () => Effect.dieMessage("this market follows a script")
      return Effect.provide(story(deposit, move), exchangeOf(v))
    }),
  "on paper": (story) =>
    Effect.gen(function* () {
      yield* morning
      const paper = paperIn(yield* temporaryFolder, { paperBalances: { USD: "100000", BTC: "10" } })
      const market = { kind: "synthetic", name: "a market" } as const
      const layer = Layer.merge(
        Layer.provideMerge(KrakenWriterSettling, Layer.mergeAll(RecordInMemory, NoApprovals, NoFeed)),
        Access
      ).pipe(
        Layer.provideMerge(FeedsOfSimulation),
        Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
        Layer.provideMerge(Layer.merge(paper, TestConfig())),
        Layer.provideMerge(Layer.succeed(TradingMode, { mode: "paper", market }))
      )
      return yield* Effect.provide(
        Effect.flatMap(PaperAccounts, ({ carryOut }) => {
          const command = (endpoint: "control/Deposit" | "control/Price", params: object) =>
            Effect.orDie(Effect.asVoid(carryOut("local", [{ endpoint, params: { ...params } }])))
          return story(
            (asset, amount) => command("control/Deposit", { account: "local", asset, amount }),
            (pair, price) => command("control/Price", { pair, price })
          )
        }),
        Layer.orDie(layer)
      )
    }).pipe(Effect.scoped)
}
