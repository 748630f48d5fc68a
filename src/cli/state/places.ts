import { Effect, Layer, type Redacted, type Scope } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type Authority, authorityOf } from "../../layers/access/record/authority.ts"
import { recordFile } from "../../layers/access/record/recordFile.ts"
import { TokenDatabase, TokenStoreSql } from "../../layers/access/TokenStoreSql.ts"
import { fileIn } from "../../layers/kraken/nonces/laneFile.ts"
import type { DatabaseUnavailable } from "../../layers/storage/databaseFile.ts"
import { SharedPostgres } from "../../layers/storage/SharedPostgres.ts"
import { runOnSqlite } from "../../layers/storage/sqliteSteps.ts"
import type { Steps } from "../../layers/storage/steps.ts"
import { Config } from "../../services/Config.ts"
import { failed, inDatabase, refuseIfUsed, StateRefusal } from "./databases.ts"
import { type Part, parts } from "./tables.ts"

/** One database, with the parts of the state that are in it. Nothing is kept of a body that throws. */
interface Store {
  readonly parts: ReadonlyArray<Part>
  readonly read: <A>(body: () => Steps<A>) => Effect.Effect<A, StateRefusal | DatabaseUnavailable>
  readonly write: <A>(body: () => Steps<A>) => Effect.Effect<A, StateRefusal | DatabaseUnavailable>
}

/** The databases that the settings name, which no server uses. */
export interface Place {
  readonly isPostgres: boolean
  readonly authority: Authority
  /** Nonces come first, since they may be written twice. */
  readonly stores: ReadonlyArray<Store>
}

/** Opens the databases of the settings. `makes` makes files that are missing; without it, they are left out. */
export const openPlace = Effect.fn("state.openPlace")(function* (makes: boolean) {
  const { databaseUrl } = yield* Config
  return yield* databaseUrl === undefined ? inFiles(makes) : inPostgres(databaseUrl)
})

const inFiles = Effect.fnUntraced(function* (
  makes: boolean
): Effect.fn.Return<Place, StateRefusal | DatabaseUnavailable, Config | Scope.Scope> {
  const config = yield* Config
  const { stateDir, tokenDb } = config
  const authority = yield* authorityOf(config)
  const files = { nonces: fileIn(stateDir), tokens: tokenDb, authority: join(stateDir, recordFile) }
  const present = parts.filter((part) => existsSync(files[part]))
  yield* Effect.forEach(present, (part) => refuseIfUsed(files[part]))
  const inFile = (file: string, part: Part): Store => ({
    parts: [part],
    read: (body) => inDatabase(file, (db) => db.transaction(() => runOnSqlite(db, body())).deferred()),
    write: (body) => inDatabase(file, (db) => db.transaction(() => runOnSqlite(db, body())).immediate())
  })
  const stores = yield* Effect.forEach(makes ? parts : present, (part) =>
    Effect.gen(function* (): Effect.fn.Return<Store, StateRefusal | DatabaseUnavailable, Config | Scope.Scope> {
      switch (part) {
        case "nonces":
          yield* makeLanes(files.nonces)
          break
        case "tokens":
          yield* makeTokens
          break
        case "authority": {
          const { read, write } = yield* authority.open
          return { parts: [part], read, write }
        }
      }
      return inFile(files[part], part)
    })
  )
  return { isPostgres: false, authority, stores }
})

const inPostgres = Effect.fnUntraced(function* (
  url: Redacted.Redacted
): Effect.fn.Return<Place, StateRefusal | DatabaseUnavailable, Config | Scope.Scope> {
  const { openPostgres } = yield* Effect.promise(() => import("../../layers/storage/postgres.ts"))
  const { prepareLanes } = yield* Effect.promise(() => import("../../layers/kraken/nonces/postgresCounter.ts"))
  const postgres = yield* openPostgres(url)
  const { changes } = yield* postgres.query({
    name: "other_sessions",
    text: `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'mcp-kraken'`,
    values: []
  })
  if (changes > 0)
    return yield* new StateRefusal({
      message: "The PostgreSQL database is in use. Stop the servers and other commands first."
    })
  const shared = Layer.succeed(SharedPostgres, postgres)
  yield* Effect.provide(makeTokens, shared)
  yield* prepareLanes(postgres)
  const authority = yield* Effect.provide(authorityOf(yield* Config), shared)
  const { read, write } = yield* authority.open
  return { isPostgres: true, authority, stores: [{ parts, read, write }] }
})

/** Makes the file of the nonces and its table, if they are missing. */
const makeLanes = Effect.fnUntraced(function* (file: string) {
  const { openConnection } = yield* Effect.promise(() => import("../../layers/storage/openConnection.ts"))
  const { migrations } = yield* Effect.promise(() => import("../../layers/kraken/nonces/sharedCounter.ts"))
  yield* Effect.mapError(Effect.scoped(openConnection(file, migrations)), failed(`${file} can't be opened`))
})

/** Makes the tables of the tokens, if they are missing. */
const makeTokens = Effect.suspend(() =>
  Effect.scoped(Layer.build(Layer.fresh(TokenStoreSql.pipe(Layer.provide(TokenDatabase)))))
).pipe(Effect.mapError(({ message }) => new StateRefusal({ message })))
