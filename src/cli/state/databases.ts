import type { Database } from "better-sqlite3"
import { Data, Effect } from "effect"
import { createHash } from "node:crypto"
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync } from "node:fs"
import { Config } from "../../services/Config.ts"
import { isLocked, makePrivate, reasonOf } from "../../layers/storage/databaseFile.ts"

/** Backups of SQLite files. */

/** A backup that is not made, or not put back. */
export class StateRefusal extends Data.TaggedError("StateRefusal")<{ readonly message: string }> {}

/** Refuses a command that copies files while the settings keep the state in PostgreSQL. `instead` says what does it there. */
export const refuseShared = (command: string, instead: string) =>
  Effect.flatMap(Config, ({ databaseUrl }) =>
    databaseUrl === undefined
      ? Effect.void
      : new StateRefusal({ message: `The state is in PostgreSQL, and ${command} copies files only. ${instead}` })
  )

/** The description of a backup, in the folder of the backup. */
export const manifestFile = "backup.json"

export const failed = (what: string) => (error: unknown) =>
  new StateRefusal({ message: `${what}: ${reasonOf(error)}.` })

/** Loads the native module. */
export const sqlite = Effect.map(
  Effect.tryPromise({
    try: () => import("../../layers/storage/driver.ts"),
    catch: failed("The native module better-sqlite3 can't be loaded")
  }),
  ({ default: Sqlite }) => Sqlite
)

/** The databases of a folder, by the names of their files. */
export const databasesIn = (folder: string): ReadonlyArray<string> =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".db"))
        .toSorted()
    : []

/** Copies a database as it is at one moment, into a new file for its owner only. Other processes can go on writing. */
export const copyDatabase = Effect.fnUntraced(function* (from: string, to: string) {
  const Sqlite = yield* sqlite
  yield* Effect.acquireUseRelease(
    Effect.try({
      try: () => new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5000 }),
      catch: failed(`${from} can't be opened`)
    }),
    (db) =>
      Effect.tryPromise({
        try: () => {
          makePrivate(to)
          // All pages in one step: another process that writes in between would make it begin again.
          return db.backup(to, { progress: () => 2 ** 31 - 1 })
        },
        catch: failed(`${from} can't be copied to ${to}`)
      }),
    (db) => Effect.sync(() => db.close())
  )
  yield* inDatabase(to, (db) => {
    // A file that is complete in itself, without a log beside it.
    db.pragma("journal_mode = DELETE")
    const [damage] = db.pragma("integrity_check(1)") as ReadonlyArray<{ readonly integrity_check: string }>
    if (damage?.integrity_check !== "ok") throw new Error(damage?.integrity_check)
  })
  yield* Effect.sync(() => sync(to))
})

/** Uses a database that exists. */
export const inDatabase = <A>(file: string, use: (db: Database) => A) =>
  Effect.flatMap(sqlite, (Sqlite) =>
    Effect.try({
      try: () => {
        const db = new Sqlite(file, { fileMustExist: true, timeout: 5000 })
        try {
          return use(db)
        } finally {
          db.close()
        }
      },
      catch: failed(`${file} can't be used`)
    })
  )

/** Fails if a process has the database open. The last connection moves its log into the file and removes the log. */
export const refuseIfUsed = Effect.fnUntraced(function* (file: string) {
  const Sqlite = yield* sqlite
  const isUsed = yield* Effect.try({
    try: () => {
      const db = new Sqlite(file, { fileMustExist: true, timeout: 0 })
      try {
        db.pragma("journal_mode = DELETE")
        db.exec("BEGIN EXCLUSIVE; COMMIT")
        return false
      } catch (error) {
        // A damaged file is moved aside with the others.
        return isLocked(error)
      } finally {
        db.close()
      }
    },
    catch: failed(`${file} can't be opened`)
  })
  if (isUsed) return yield* new StateRefusal({ message: `${file} is in use. Stop the servers first.` })
})

/** Puts a file or the names in a folder on the disk. */
export const sync = (path: string): void => {
  const opened = openSync(path, "r")
  try {
    fsyncSync(opened)
  } catch {
    // Windows does not sync what is open for reading.
  } finally {
    closeSync(opened)
  }
}

export const sha256Of = (file: string): string => createHash("sha256").update(readFileSync(file)).digest("hex")
