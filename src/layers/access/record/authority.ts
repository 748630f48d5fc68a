import { Duration, Effect, Option, type Redacted, type Scope } from "effect"
import { statSync } from "node:fs"
import { join } from "node:path"
import type { Config } from "../../../services/Config.ts"
import { DatabaseUnavailable } from "../../storage/databaseFile.ts"
import { openImmediateDatabase } from "../../storage/immediateDatabase.ts"
import { type Look, lookInto } from "../../storage/lookInto.ts"
import { SharedPostgres } from "../../storage/SharedPostgres.ts"
import { runOnSqlite } from "../../storage/sqliteSteps.ts"
import type { Steps } from "../../storage/steps.ts"
import type { TransactionalDatabase } from "../../storage/transactionalDatabase.ts"
import { layout } from "./layout.ts"
import type { Receipt } from "./chain.ts"
import { recordFile } from "./recordFile.ts"
import { type Verification, verify, verifyRows } from "./verify.ts"

/** Checks that there is no file. A file that can't be reached is not missing: opening it says why. */
const isMissing = (file: string): boolean => {
  try {
    statSync(file)
    return false
  } catch (error) {
    return Object(error).code === "ENOENT"
  }
}

type Opened = Effect.Effect<TransactionalDatabase, DatabaseUnavailable, Scope.Scope>

/** The database of the record, mandates, approvals, alerts, the operator secret and counts of calls. */
export interface Authority {
  /** Its name in sentences: a path, or words that show no address. */
  readonly name: string
  /** True if servers of other machines use it. */
  readonly isShared: boolean
  /** Returns true if there is none, so that nothing is in it. */
  readonly isMissing: () => boolean
  /** Opens it for as long as the scope, and makes one that is missing. */
  readonly open: Opened
  /** Opens one that exists. */
  readonly openExisting: Opened
  /** Opens one that exists, to read it. */
  readonly openToRead: Opened
  /** Checks that nobody changed it. */
  readonly verify: (receipts: ReadonlyArray<Receipt>) => Effect.Effect<Verification, DatabaseUnavailable, Scope.Scope>
  /** Reads it once, as it is. */
  readonly look: <A>(body: () => Steps<A>, wait: Duration.DurationInput) => Effect.Effect<Look<A>>
}

/** The database in a file of SQLite, or in memory. */
export const authorityInFile = (file: string): Authority => ({
  name: file,
  isShared: false,
  isMissing: () => file !== ":memory:" && isMissing(file),
  open: openImmediateDatabase({ file, layout }),
  openExisting: openImmediateDatabase({ file, layout, existing: true }),
  openToRead: openImmediateDatabase({ file, layout, readonly: true }),
  verify: (receipts) =>
    Effect.flatMap(openImmediateDatabase({ file, layout, readonly: true }), (db) => db.read(() => verify(receipts))),
  look: (body, wait) => lookInto(file, (db) => runOnSqlite(db, body()), wait)
})

/** The database in PostgreSQL. Its driver is loaded when it is opened. */
const authorityInPostgres = (
  url: Redacted.Redacted,
  shared: Option.Option<typeof SharedPostgres.Service>
): Authority => {
  const connected = Effect.gen(function* () {
    const { openPostgres } = yield* Effect.promise(() => import("../../storage/postgres.ts"))
    return Option.isSome(shared) ? shared.value : yield* openPostgres(url)
  })
  const tables = Effect.promise(() => import("../../storage/postgresDatabase.ts"))
  const open: Opened = Effect.gen(function* () {
    const { openPostgresDatabase } = yield* tables
    return yield* openPostgresDatabase(yield* connected, layout)
  })
  /** Reads without making tables. None if there are none. */
  const readAsItIs = <A>(body: () => Steps<A>) =>
    Effect.gen(function* () {
      const { hasPostgresLayout, openPostgresDatabase } = yield* tables
      const postgres = yield* connected
      if (!(yield* hasPostgresLayout(postgres, layout))) return Option.none<A>()
      const { read } = yield* openPostgresDatabase(postgres, layout)
      return Option.some(yield* read(body))
    })
  return {
    name: "in PostgreSQL",
    isShared: true,
    isMissing: () => false,
    open,
    openExisting: open,
    openToRead: open,
    // The projections that are compared are rebuilt in temporary tables.
    verify: (receipts) => Effect.flatMap(open, (db) => db.write(() => verifyRows(receipts))),
    look: <A>(body: () => Steps<A>, wait: Duration.DurationInput) =>
      Effect.scoped(readAsItIs(body)).pipe(
        Effect.disconnect,
        Effect.timeoutOption(wait),
        Effect.match({
          onFailure: ({ reason }): Look<A> => ({ _tag: "Unusable", reason }),
          onSuccess: Option.match({
            onNone: (): Look<A> => ({ _tag: "Locked" }),
            onSome: (found): Look<A> =>
              Option.isSome(found) ? { _tag: "Read", value: found.value } : { _tag: "Missing" }
          })
        })
      )
  }
}

/** The database of settings that are not understood. */
export const unusableAuthority = (reason: string): Authority => {
  const fails = new DatabaseUnavailable({ reason, cause: undefined })
  return {
    name: "of the settings",
    isShared: false,
    isMissing: () => false,
    open: fails,
    openExisting: fails,
    openToRead: fails,
    verify: () => fails,
    look: () => Effect.succeed({ _tag: "Unusable", reason })
  }
}

/** Finds the database that the settings name. */
export const authorityOf = ({
  databaseUrl,
  stateDir
}: Pick<typeof Config.Service, "databaseUrl" | "stateDir">): Effect.Effect<Authority> =>
  Effect.map(Effect.serviceOption(SharedPostgres), (shared) =>
    databaseUrl === undefined ? authorityInFile(join(stateDir, recordFile)) : authorityInPostgres(databaseUrl, shared)
  )
