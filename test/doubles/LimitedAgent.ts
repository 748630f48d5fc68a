import { Context, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, Scope } from "effect"
import { join } from "node:path"
import { handle } from "../../src/exchange/commands/handle.ts"
import { makeExchange as makeSimulatedExchange } from "../../src/exchange/state/state.ts"
import { makeKeys } from "../../src/exchange/rest/keys.ts"
import type { RestExchange } from "../../src/exchange/rest/restExchange.ts"
import type { Mandate, ServerLimits } from "../../src/domain/mandates/mandate.ts"
import { append } from "../../src/layers/access/record/append.ts"
import { layout } from "../../src/layers/access/record/layout.ts"
import { recordFile } from "../../src/layers/access/record/recordFile.ts"
import { RecordSql } from "../../src/layers/access/record/RecordSql.ts"
import { verify } from "../../src/layers/access/record/verify.ts"
import { makeCredentials } from "../../src/layers/exchange/keys.ts"
import { KrakenClientHttp } from "../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NamesKraken } from "../../src/layers/kraken/names/NamesKraken.ts"
import { NonceSourceInStateFolder } from "../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { PermissionCacheKraken } from "../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../src/layers/kraken/rates/RateBudgetOff.ts"
import { AbandonedWritesSettling } from "../../src/layers/kraken/writes/AbandonedWritesSettling.ts"
import { ReadBackOnEvents } from "../../src/layers/kraken/limits/ReadBackOnEvents.ts"
import { KrakenWriterSettling } from "../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { openImmediateDatabase } from "../../src/layers/storage/immediateDatabase.ts"
import { KrakenWriter } from "../../src/services/KrakenWriter.ts"
import { Principal } from "../../src/services/Principal.ts"
import { Record } from "../../src/services/Record.ts"
import type { WireRequest } from "./fake/Wire.ts"
import { inProcess } from "./fake/InProcess.ts"
import { handledBy } from "./handledBy.ts"
import { FeedOf } from "./NoFeed.ts"
import { liveEventsOf, type LiveFault } from "./LiveEvents.ts"
import { NoApprovals } from "./NoApprovals.ts"
import { TestConfig } from "./TestConfig.ts"
import { bearerOf, type TestPrincipal } from "./TestPrincipal.ts"
import { opening, type Prices, scripted } from "./TestMarket.ts"

/** The account of the simulated Kraken that the API key belongs to. */
const account = "ann"

/** The id of the token whose mandate is tested. */
export const subject = "agent0000001"

/** The name of the only withdrawal address. */
export const address = "usd-bank-1"

/** Makes a simulated Kraken with 100,000 USD and 10 BTC, whose market follows a script. */
export const makeExchange = (prices: Prices) => {
  const exchange = makeSimulatedExchange(scripted(prices), opening, { rateLimits: false })
  handle(exchange, {
    endpoint: "control/OpenAccount",
    params: { name: account, balances: { USD: "100000", XBT: "10" } },
    account,
    now: opening
  })
  const rest: RestExchange = {
    exchange,
    account,
    keys: makeKeys(makeCredentials(1), opening),
    faults: [],
    unlisted: new Map(),
    tokens: new Map(),
    ahead: 0
  }
  return { rest }
}

export type World = ReturnType<typeof makeExchange>

/** Makes the principal of an agent under a mandate. */
export const agentOf = (terms: Mandate, { id = subject, revision = 1 } = {}): TestPrincipal => ({
  ...bearerOf(id),
  mandate: Option.some({ subject: id, revision, terms })
})

/** A process that uses the record in a folder. */
export interface Process {
  readonly writer: typeof KrakenWriter.Service
  readonly record: typeof Record.Service
  /** Passes on the live events of what happened at the exchange. */
  readonly passEvents: Effect.Effect<void>
  /** Runs a call of a caller. */
  readonly as: (principal: TestPrincipal) => <A, E>(call: Effect.Effect<A, E, Principal>) => Effect.Effect<A, E>
  /** Runs a call of the agent. */
  readonly asAgent: <A, E>(call: Effect.Effect<A, E, Principal>) => Effect.Effect<A, E>
  /** Ends the process at once: it sends nothing more, renews no lease and records no outcome. */
  readonly crash: Effect.Effect<void>
}

/** Saves the mandate of an agent in the record in a folder, which is made if there is none. */
export const saveMandate = Effect.fnUntraced(function* (
  folder: string,
  terms: Mandate,
  { id = subject, revision = 1 } = {}
) {
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
  const actor = { id: "local" }
  yield* db.write(({ wall }) => append({ kind: "mandate", at: wall, actor, subject: id, token: id, revision, terms }))
}, Effect.scoped)

/** Lists the faults of the record in a folder. */
export const faultsIn = Effect.fnUntraced(function* (folder: string) {
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout, readonly: true })
  const { findings } = yield* db.read(() => verify())
  return findings.filter(({ _tag }) => _tag !== "ClockWentBack")
}, Effect.scoped)

/** Starts a process on a simulated Kraken. */
export const start = Effect.fnUntraced(function* (
  { rest }: World,
  folder: string,
  terms: Mandate,
  server: Option.Option<ServerLimits> = Option.none(),
  faults: ReadonlyArray<LiveFault> | undefined = undefined
) {
  const { key, secret } = makeCredentials(1)("full")
  const credentials = Option.some({ key: Redacted.make(key), secret, otp: Option.none() })
  const config = TestConfig({ credentials, stateDir: folder, serverLimits: server })
  const live = liveEventsOf(rest, account, faults)
  const handle = (request: WireRequest) => Effect.ensuring(handledBy(rest)(request), live.pass)
  let hasCrashed = false
  const scope = yield* Scope.make()
  const recordContext = yield* Layer.buildWithScope(Layer.fresh(Layer.provide(RecordSql, config)), scope)
  const layer = Layer.mergeAll(KrakenWriterSettling, AbandonedWritesSettling, ReadBackOnEvents).pipe(
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([
      inProcess({ handle: (request) => Effect.suspend(() => (hasCrashed ? Effect.never : handle(request))) }),
      NonceSourceInStateFolder,
      RateBudgetOff
    ]),
    Layer.provide([Layer.succeedContext(recordContext), NoApprovals, FeedOf(live.observed)]),
    Layer.provide(config),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
  const layerScope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(Layer.fresh(layer), layerScope)
  const process: Process = {
    writer: Context.get(context, KrakenWriter),
    record: Context.get(recordContext, Record),
    passEvents: live.pass,
    as: (principal) => Effect.provideService(Principal, principal),
    asAgent: Effect.provideService(Principal, agentOf(terms)),
    crash: Effect.suspend(() => {
      hasCrashed = true
      // What it still does in the background reaches neither Kraken nor the record.
      return Effect.zipRight(Scope.close(scope, Exit.void), Effect.forkDaemon(Scope.close(layerScope, Exit.void)))
    })
  }
  return process
})
