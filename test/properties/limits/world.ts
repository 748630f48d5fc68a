import { Context, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, Scope } from "effect"
import { join } from "node:path"
import { makeKeys } from "../../../src/exchange/rest/keys.ts"
import type { RestExchange } from "../../../src/exchange/rest/restExchange.ts"
import type { Mandate } from "../../../src/domain/mandates/mandate.ts"
import { append } from "../../../src/layers/access/record/append.ts"
import { layout } from "../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../src/layers/access/record/recordFile.ts"
import { RecordSqlite } from "../../../src/layers/access/record/RecordSqlite.ts"
import { NoApprovals } from "../../doubles/NoApprovals.ts"
import { verify } from "../../../src/layers/access/record/verify.ts"
import { makeCredentials } from "../../../src/layers/exchange/keys.ts"
import { KrakenClientHttp } from "../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NamesKraken } from "../../../src/layers/kraken/names/NamesKraken.ts"
import { NonceSourceInStateFolder } from "../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { PermissionCacheKraken } from "../../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { AbandonedWritesSettling } from "../../../src/layers/kraken/writes/AbandonedWritesSettling.ts"
import { KrakenWriterSettling } from "../../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { openImmediateDatabase } from "../../../src/layers/storage/immediateDatabase.ts"
import { KrakenWriter } from "../../../src/services/KrakenWriter.ts"
import { Principal } from "../../../src/services/Principal.ts"
import { Record } from "../../../src/services/Record.ts"
import { inProcess } from "../../doubles/fake/InProcess.ts"
import { handledBy } from "../../doubles/handledBy.ts"
import { TestConfig } from "../../doubles/TestConfig.ts"
import { bearerOf } from "../../doubles/TestPrincipal.ts"
import { makeTestExchange } from "../../doubles/TestExchange.ts"
import type { Prices } from "../../doubles/TestMarket.ts"

/** The account of the simulated Kraken that the API key belongs to. */
const account = "ann"

/** The id of the token whose mandate is tested. */
export const subject = "agent0000001"

/** The name of the only withdrawal address. */
export const address = "ledger"

/** Makes a simulated Kraken with 100,000 USD and 10 BTC, whose market follows a script. */
export const makeExchange = (prices: Prices) => {
  const { ok, x } = makeTestExchange({ prices })
  const rest: RestExchange = {
    exchange: x,
    account,
    keys: makeKeys(makeCredentials(1), x.now),
    faults: [],
    unlisted: new Map(),
    ahead: 0
  }
  return { ok, rest }
}

export type World = ReturnType<typeof makeExchange>

/** The agent, under its mandate. */
const principalOf = (terms: Mandate): typeof Principal.Service => ({
  ...bearerOf(subject),
  mandate: Option.some({ subject, revision: 1, terms })
})

/** A process that uses the record in a folder. */
export interface Process {
  readonly writer: typeof KrakenWriter.Service
  readonly record: typeof Record.Service
  /** Runs a call of the agent. */
  readonly asAgent: <A, E>(call: Effect.Effect<A, E, Principal>) => Effect.Effect<A, E>
  /** Ends the process at once: it sends nothing more, renews no lease and records no outcome. */
  readonly crash: Effect.Effect<void>
}

/** Makes the record in a folder, with the mandate of the agent in it. */
export const makeRecordIn = Effect.fnUntraced(function* (folder: string, terms: Mandate) {
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
  const actor = { id: "local" }
  yield* db.write((db, { wall }) =>
    append(db, { kind: "mandate", at: wall, actor, subject, token: subject, revision: 1, terms })
  )
}, Effect.scoped)

/** Lists the faults of the record in a folder. */
export const faultsIn = Effect.fnUntraced(function* (folder: string) {
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout, readonly: true })
  const { findings } = yield* db.read((db) => verify(db))
  return findings.filter(({ _tag }) => _tag !== "ClockWentBack")
}, Effect.scoped)

/** Starts a process on a simulated Kraken. */
export const start = Effect.fnUntraced(function* ({ rest }: World, folder: string, terms: Mandate) {
  const { key, secret } = makeCredentials(1)("full")
  const credentials = Option.some({ key: Redacted.make(key), secret, otp: Option.none() })
  const config = TestConfig({ credentials, stateDir: folder })
  const handle = handledBy(rest)
  let hasCrashed = false
  const scope = yield* Scope.make()
  const recordContext = yield* Layer.buildWithScope(Layer.fresh(Layer.provide(RecordSqlite, config)), scope)
  const layer = Layer.merge(KrakenWriterSettling, AbandonedWritesSettling).pipe(
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([
      inProcess({ handle: (request) => Effect.suspend(() => (hasCrashed ? Effect.never : handle(request))) }),
      NonceSourceInStateFolder,
      RateBudgetOff
    ]),
    Layer.provide([Layer.succeedContext(recordContext), NoApprovals]),
    Layer.provide(config),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
  const layerScope = yield* Scope.make()
  const context = yield* Layer.buildWithScope(Layer.fresh(layer), layerScope)
  const process: Process = {
    writer: Context.get(context, KrakenWriter),
    record: Context.get(recordContext, Record),
    asAgent: Effect.provideService(Principal, principalOf(terms)),
    crash: Effect.suspend(() => {
      hasCrashed = true
      // What it still does in the background reaches neither Kraken nor the record.
      return Effect.zipRight(Scope.close(scope, Exit.void), Effect.forkDaemon(Scope.close(layerScope, Exit.void)))
    })
  }
  return process
})
