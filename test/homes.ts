import { describe } from "@effect/vitest"
import { Context, Effect, Layer, type Redacted, type Scope } from "effect"
import { join } from "node:path"
import { authorityOf } from "../src/layers/access/record/authority.ts"
import { recordFile } from "../src/layers/access/record/recordFile.ts"
import type { DatabaseUnavailable } from "../src/layers/storage/databaseFile.ts"
import { openPostgres } from "../src/layers/storage/postgres.ts"
import { SharedPostgres } from "../src/layers/storage/SharedPostgres.ts"
import type { TransactionalDatabase } from "../src/layers/storage/transactionalDatabase.ts"
import type { Config } from "../src/services/Config.ts"
import { TestConfig } from "./doubles/TestConfig.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "./postgres.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A new state folder with the database of the record, which processes of a test share. */
export interface Home {
  readonly settings: Pick<typeof Config.Service, "databaseUrl" | "stateDir">
  /** The file of the record, if it is in one. */
  readonly file: string
  /** Opens the database as an operator does. */
  readonly database: Effect.Effect<TransactionalDatabase, DatabaseUnavailable, Scope.Scope>
  /** Starts the service of a layer as another process would. It ends with the scope. */
  readonly start: <I, S, E>(
    tag: Context.Tag<I, S>,
    layer: Layer.Layer<I, E, Config>,
    changes?: Partial<typeof Config.Service>
  ) => Effect.Effect<S, E, Scope.Scope>
}

/** Makes a home in one kind of database. */
export type MakeHome = Effect.Effect<Home, never, Scope.Scope>

const makeHome = (databaseUrl: Redacted.Redacted | undefined): MakeHome =>
  Effect.gen(function* () {
    const settings = { databaseUrl, stateDir: yield* temporaryFolder }
    const shared =
      databaseUrl === undefined
        ? Layer.empty
        : Layer.succeed(SharedPostgres, yield* Effect.orDie(openPostgres(databaseUrl)))
    return {
      settings,
      file: join(settings.stateDir, recordFile),
      database: Effect.flatMap(authorityOf(settings), ({ open }) => open),
      start: (tag, layer, changes) =>
        Effect.map(
          Layer.build(Layer.fresh(layer).pipe(Layer.provide([TestConfig({ ...settings, ...changes }), shared]))),
          Context.get(tag)
        )
    } satisfies Home
  })

/** Makes a home whose record is in a file. */
export const homeInFile = makeHome(undefined)

/** Makes a home whose record is in PostgreSQL. */
export const homeInPostgres = Effect.flatMap(newPostgresDatabase, makeHome)

/** Describes a contract of the record and the tables beside it, in each database that they can be in. */
export const describeInEachHome = (title: string, contract: (makeHome: MakeHome) => void): void => {
  describe(`${title} in SQLite`, () => {
    contract(homeInFile)
  })
  describe.skipIf(isPostgresMissing)(`${title} ${inPostgres}`, () => {
    contract(homeInPostgres)
  })
}
