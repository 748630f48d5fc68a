import Database from "better-sqlite3"
import { Effect, Redacted, type Scope } from "effect"
import { join } from "node:path"
import { Client } from "pg"
import type { Config } from "../src/services/Config.ts"
import { inPostgres, isPostgresMissing, newPostgresDatabase } from "./postgres.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A place of the state, for tests that hold the same of SQLite and of PostgreSQL. */
export interface TestDatabase {
  /** The settings that name it. */
  readonly settings: Pick<typeof Config.Service, "databaseUrl" | "stateDir" | "tokenDb">
  /** The column by which rows are in the order of their making. */
  readonly order: "rowid" | "number"
  /** Runs a statement beside the program. `file` is the name of the SQLite file. */
  readonly rows: (file: string, text: string) => Effect.Effect<ReadonlyArray<object>>
}

interface Kind {
  /** The end of a title. */
  readonly title: string
  readonly isMissing: boolean
  readonly make: Effect.Effect<TestDatabase, never, Scope.Scope>
}

export const sqlite: Kind = {
  title: "in SQLite",
  isMissing: false,
  make: Effect.map(temporaryFolder, (folder) => ({
    settings: { tokenDb: join(folder, "tokens.db"), stateDir: folder, databaseUrl: undefined },
    order: "rowid",
    rows: (file, text) =>
      Effect.sync(() => {
        const db = new Database(join(folder, file))
        try {
          const statement = db.prepare<[], object>(text)
          return statement.reader ? statement.all() : (statement.run(), [])
        } finally {
          db.close()
        }
      })
  }))
}

export const postgres: Kind = {
  title: inPostgres,
  isMissing: isPostgresMissing,
  make: Effect.gen(function* () {
    const databaseUrl = yield* newPostgresDatabase
    const stateDir = yield* temporaryFolder
    return {
      settings: { tokenDb: join(stateDir, "unused.db"), stateDir, databaseUrl },
      order: "number",
      rows: (_, text) =>
        Effect.acquireUseRelease(
          Effect.promise(() => {
            const client = new Client(Redacted.value(databaseUrl))
            return client.connect().then(() => client)
          }),
          (client) => Effect.promise(() => client.query<object>(text).then(({ rows }) => rows)),
          (client) => Effect.promise(() => client.end())
        )
    }
  })
}

/** Both kinds, which have to behave in the same way. */
export const databases = [sqlite, postgres]
