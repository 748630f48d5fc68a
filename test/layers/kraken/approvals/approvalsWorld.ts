import { Context, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, Scope } from "effect"
import { join } from "node:path"
import type { Mandate } from "../../../../src/domain/mandates/mandate.ts"
import { save } from "../../../../src/layers/access/mandates/administer.ts"
import { ApprovalsSql } from "../../../../src/layers/access/approvals/ApprovalsSql.ts"
import { mandateOf } from "../../../../src/layers/access/record/mandates.ts"
import { layout } from "../../../../src/layers/access/record/layout.ts"
import { recordFile } from "../../../../src/layers/access/record/recordFile.ts"
import { RecordSql } from "../../../../src/layers/access/record/RecordSql.ts"
import { makeCredentials } from "../../../../src/layers/exchange/keys.ts"
import { ApprovalsExecuting } from "../../../../src/layers/kraken/approvals/ApprovalsExecuting.ts"
import { KrakenClientHttp } from "../../../../src/layers/kraken/client/KrakenClientHttp.ts"
import { NamesKraken } from "../../../../src/layers/kraken/names/NamesKraken.ts"
import { NonceSourceInStateFolder } from "../../../../src/layers/kraken/nonces/NonceSourceSqlite.ts"
import { PermissionCacheKraken } from "../../../../src/layers/kraken/permissions/PermissionCacheKraken.ts"
import { RateBudgetOff } from "../../../../src/layers/kraken/rates/RateBudgetOff.ts"
import { KrakenWriterSettling } from "../../../../src/layers/kraken/writes/KrakenWriterSettling.ts"
import { openImmediateDatabase } from "../../../../src/layers/storage/immediateDatabase.ts"
import { run } from "../../../../src/layers/storage/steps.ts"
import type { Body } from "../../../../src/layers/storage/transactionalDatabase.ts"
import { Approvals } from "../../../../src/services/Approvals.ts"
import { Callers } from "../../../../src/services/Callers.ts"
import type { Config } from "../../../../src/services/Config.ts"
import { KrakenClient } from "../../../../src/services/KrakenClient.ts"
import { KrakenWriter } from "../../../../src/services/KrakenWriter.ts"
import { Principal } from "../../../../src/services/Principal.ts"
import { inProcess } from "../../../doubles/fake/InProcess.ts"
import { handledBy } from "../../../doubles/handledBy.ts"
import { TestConfig } from "../../../doubles/TestConfig.ts"
import { bearerOf } from "../../../doubles/TestPrincipal.ts"
import { temporaryFolder } from "../../../temporaryFolder.ts"
import { NoFeed } from "../../../doubles/NoFeed.ts"
import type { World } from "../../../doubles/LimitedAgent.ts"

/** The operator secret of the tests, which is not a hash of any passphrase. */
export const secret = { fingerprint: "0123456789abcdef" }

type Changes = Partial<typeof Config.Service>

/** A state folder with an operator secret, and the record in it. */
export const makeInstallation = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const db = yield* openImmediateDatabase({ file: join(folder, recordFile), layout })
  const write = <A>(body: Body<A>) => Effect.orDie(db.write(body))
  yield* write(() =>
    run("INSERT INTO secret (id, salt, hash, parameters, fingerprint) VALUES (1, '', '', '{}', ?)", secret.fingerprint)
  )
  return {
    folder,
    write,
    /** Saves the mandate of a token, as its next revision. */
    limit: (token: string, terms: Mandate) =>
      write(function* ({ wall }) {
        return yield* save(wall, { token, terms, expected: (yield* mandateOf(token))?.revision ?? 0 })
      })
  }
})

export type Installation = Effect.Effect.Success<typeof makeInstallation>

/**
 * Starts a process on a simulated Kraken. It knows all tokens, with the mandates that are saved. `sent` are the paths of the
 * writes that reached Kraken.
 */
export const startServer = Effect.fnUntraced(function* (
  { rest }: World,
  { folder, write }: Installation,
  changes: Changes = {},
  invalid: ReadonlySet<string> = new Set()
) {
  const { key, secret } = makeCredentials(1)("full")
  const credentials = Option.some({ key: Redacted.make(key), secret, otp: Option.none() })
  const config = TestConfig({ credentials, stateDir: folder, ...changes })
  const handle = handledBy(rest)
  const sent: Array<string> = []
  let hasCrashed = false
  const principalOf = (id: string) =>
    Effect.map(
      write(() => mandateOf(id)),
      (mandate): typeof Principal.Service => ({ ...bearerOf(id), mandate: Option.fromNullable(mandate) })
    )
  const callers = Layer.succeed(Callers, {
    serves: (id) => id !== "local",
    find: (id) =>
      invalid.has(id)
        ? Effect.succeed({ _tag: "Invalid" })
        : Effect.map(principalOf(id), (principal) => ({ _tag: "Valid", principal }))
  })
  const layer = ApprovalsExecuting.pipe(
    Layer.provideMerge(KrakenWriterSettling),
    Layer.provideMerge(Layer.mergeAll(RecordSql, ApprovalsSql, NoFeed)),
    Layer.provideMerge(Layer.merge(NamesKraken, PermissionCacheKraken)),
    Layer.provideMerge(KrakenClientHttp),
    Layer.provide([
      callers,
      inProcess({
        handle: (request) =>
          Effect.suspend(() => {
            if (hasCrashed) return Effect.never
            const path = request.path.split("/").at(-1) ?? ""
            if (/^(Add|Amend|Cancel|Withdraw$|WalletTransfer)/.test(path)) sent.push(path)
            return handle(request)
          })
      }),
      NonceSourceInStateFolder,
      RateBudgetOff
    ]),
    Layer.provide(config),
    Layer.provide(Logger.minimumLogLevel(LogLevel.None))
  )
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Effect.forkDaemon(Scope.close(scope, Exit.void)))
  const context = yield* Layer.buildWithScope(Layer.fresh(layer), scope)
  const writer = Context.get(context, KrakenWriter)
  const approvals = Context.get(context, Approvals)
  // The clock jumps while files are opened for the first request.
  yield* Context.get(context, KrakenClient)
    .read("private/BalanceEx", {})
    .pipe(Effect.provideService(Principal, bearerOf("0")), Effect.ignore)
  const as =
    (id: string) =>
    <A, E>(call: Effect.Effect<A, E, Principal>) =>
      Effect.flatMap(principalOf(id), (principal) => Effect.provideService(call, Principal, principal))
  return {
    sent,
    as,
    approvals,
    send: (id: string, ...call: Parameters<typeof writer.send>) => as(id)(writer.send(...call)),
    /** Ends the process at once: it sends nothing more. */
    crash: Effect.suspend(() => {
      hasCrashed = true
      return Effect.asVoid(Effect.forkDaemon(Scope.close(scope, Exit.void)))
    })
  }
})
