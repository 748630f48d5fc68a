import { Data, Effect, Predicate, Schedule } from "effect"
import { chmodSync, closeSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { makeFolder } from "../process/makeFolder.ts"

/** An unusable database file. */
export class DatabaseUnavailable extends Data.TaggedError("DatabaseUnavailable")<{
  /** A sentence with the path. It names no command, so that a model can read it. */
  readonly reason: string
  /** A sentence that tells the operator what to do. */
  readonly remedy?: string
  readonly cause: unknown
}> {
  override get message() {
    return this.remedy === undefined ? this.reason : `${this.reason} ${this.remedy}`
  }
}

/** Makes the error of a file that can't be created, opened or used. */
export const unavailable =
  (file: string, what: string) =>
  (cause: unknown): DatabaseUnavailable =>
    new DatabaseUnavailable(
      lacksModule(cause)
        ? { reason: `The database ${file} can't be ${what}: ${firstLine(reasonOf(cause))}.`, remedy, cause }
        : { reason: `The database ${file} can't be ${what}: ${reasonOf(cause)}.`, cause }
    )

/** Checks for a native module that is missing or was built for another system or Node.js. */
const lacksModule = (cause: unknown): boolean =>
  /bindings file|NODE_MODULE_VERSION|invalid ELF header|dlopen|Cannot find (?:module|package)/i.test(reasonOf(cause))

const remedy =
  "Install mcp-kraken again on this machine, with the Node.js that runs it; 22.14 or newer needs no compiler. See docs/troubleshooting.md"

/** Returns the first line, since the others list all folders that were searched. */
const firstLine = (text: string): string => (text.split("\n", 1)[0] ?? "").replace(/[.:]?(?: Tried)?[.:]?$/, "")

/**
 * Opens a SQLite file with a module, which is loaded now rather than at the start of the program. Creates the file and
 * its folder for their owner only, if they are missing. Tries again for a second while another process holds the file.
 */
export const openFile = Effect.fnUntraced(function* <M, A, R>(
  file: string,
  load: () => Promise<M>,
  open: (module: M) => Effect.Effect<A, unknown, R>
) {
  yield* Effect.try({ try: () => makePrivate(file), catch: unavailable(file, "created") })
  const module = yield* Effect.tryPromise({
    try: load,
    catch: unavailable(file, "opened without the native module better-sqlite3")
  })
  return yield* retryWhileLocked(open(module)).pipe(Effect.mapError(unavailable(file, "opened")))
})

/**
 * Tries again every 50 ms, for `seconds` at most, while another process holds the file. Does not block the event loop.
 */
export const retryWhileLocked = <A, E, R>(effect: Effect.Effect<A, E, R>, seconds = 1): Effect.Effect<A, E, R> =>
  Effect.catchIf(effect, isLocked, () =>
    Effect.delay(
      Effect.retry(effect, {
        while: isLocked,
        schedule: Schedule.intersect(Schedule.spaced(pause), Schedule.recurs(20 * seconds - 1))
      }),
      pause
    )
  )

const pause = "50 millis"

/** Creates the file for its owner only. SQLite would let everyone read it, and gives its mode to the files beside it. */
export const makePrivate = (file: string): void => {
  makeFolder(dirname(file))
  closeSync(openSync(file, "a", 0o600))
  try {
    chmodSync(file, 0o600)
  } catch {
    // The file of another user who gave this one access keeps its mode.
  }
}

export const isLocked = (error: unknown): boolean =>
  (Predicate.hasProperty(error, "code") && String(error.code).startsWith("SQLITE_BUSY")) ||
  (Predicate.hasProperty(error, "cause") && isLocked(error.cause))

/** Returns the message of an error, or that of SQLite if it is an error of `@effect/sql`. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}
