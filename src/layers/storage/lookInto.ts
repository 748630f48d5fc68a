import type { Database } from "better-sqlite3"
import { type Duration, Effect, Schedule } from "effect"
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs"
import { isLocked, reasonOf } from "./databaseFile.ts"

/** The result of a look at a database file. */
export type Look<A> =
  | { readonly _tag: "Read"; readonly value: A }
  | { readonly _tag: "Missing" }
  /** Another process holds it. */
  | { readonly _tag: "Locked" }
  /** This user may not read it. */
  | { readonly _tag: "Forbidden" }
  | { readonly _tag: "Unusable"; readonly reason: string }

/**
 * Reads a SQLite file as it is, and leaves no trace: the file is neither made nor changed, and no file is made beside it.
 * Waits for a file that another process holds without blocking the event loop. Never fails.
 */
export const lookInto = Effect.fn("storage.lookInto")(function* <A>(
  file: string,
  body: (db: Database) => A,
  wait: Duration.DurationInput = "2 seconds"
): Effect.fn.Return<Look<A>> {
  const found = kindOf(file)
  if (found !== undefined) return found
  const look = Effect.flatMap(
    Effect.tryPromise(() => import("./driver.ts")),
    ({ default: Sqlite }) => Effect.try(() => read(Sqlite, file, body))
  )
  return yield* Effect.retry(look, {
    while: ({ error }) => isLocked(error),
    schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurUpTo(wait))
  }).pipe(
    Effect.match({
      onSuccess: (value): Look<A> => ({ _tag: "Read", value }),
      onFailure: ({ error }): Look<A> => {
        if (isLocked(error)) return { _tag: "Locked" }
        return isForbidden(error) ? { _tag: "Forbidden" } : { _tag: "Unusable", reason: reasonOf(error) }
      }
    })
  )
})

const isForbidden = (error: unknown): boolean => ["EACCES", "EPERM"].includes(String(Object(error).code))

/** The result for a path that is not a file. */
const kindOf = (file: string): Look<never> | undefined => {
  try {
    return statSync(file).isFile() ? undefined : { _tag: "Unusable", reason: "it is not a file" }
  } catch (error) {
    if (isForbidden(error)) return { _tag: "Forbidden" }
    const { code } = Object(error)
    return code === "ENOENT" || code === "ENOTDIR" ? { _tag: "Missing" } : { _tag: "Unusable", reason: reasonOf(error) }
  }
}

type Sqlite = typeof import("better-sqlite3")

/** The bytes of the header that say that a write-ahead log is used: 2 if it is, else 1. */
const logMarks = [18, 19] as const

/**
 * Opens a file and reads it. SQLite makes files beside one with a write-ahead log, also to read it, unless they are there.
 * If they are not, no process has the file open, and a copy in memory is read.
 */
const read = <A>(Sqlite: Sqlite, file: string, body: (db: Database) => A): A => {
  const inMemory = usesLog(file) && !hasLog(file)
  try {
    const db = inMemory
      ? new Sqlite(copyOf(file))
      : new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 0 })
    try {
      return db.transaction(() => body(db)).deferred()
    } finally {
      db.close()
    }
  } catch (error) {
    // A process has opened the file meanwhile, and might have written to it while it was copied.
    if (inMemory && hasLog(file)) return read(Sqlite, file, body)
    throw error
  }
}

const hasLog = (file: string): boolean => statSync(`${file}-wal`, { throwIfNoEntry: false }) !== undefined

const usesLog = (file: string): boolean => {
  const header = Buffer.alloc(20)
  const opened = openSync(file, "r")
  try {
    return readSync(opened, header, 0, header.length, 0) === header.length && header[logMarks[0]] === 2
  } finally {
    closeSync(opened)
  }
}

const copyOf = (file: string): Buffer => {
  const bytes = readFileSync(file)
  // A database in memory has no log.
  for (const mark of logMarks) bytes[mark] = 1
  return bytes
}
