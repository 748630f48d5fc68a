import { type Duration, Effect, Either, Option, Schedule } from "effect"
import { haltFileIn, lookAtHaltFile, writeHaltFile } from "../../layers/access/halt/haltFile.ts"
import type { Authority } from "../../layers/access/record/authority.ts"
import { halt, stopIn } from "../../layers/access/record/emergency.ts"
import type { Stop } from "../../services/Halt.ts"

/** The longest wait for a record that another process holds. The file stops meanwhile. */
const patience = "2 seconds"

/** The longest wait for a record that cancels do not wait for. */
const longPatience = "10 seconds"

/** The parts of the stop that are in force, and sentences about those that could not be written. */
export interface Freezing {
  readonly stop: Stop
  /** True if all was stopped before. */
  readonly wasFrozen: boolean
  readonly file: boolean
  readonly row: boolean
  readonly notes: ReadonlyArray<string>
}

/** Stops all writes but cancels, by a file first, which needs no database, and by a row of the record. */
export const freeze = Effect.fn("panic.freeze")(function* (stateDir: string, authority: Authority, stop: Stop) {
  const path = haltFileIn(stateDir)
  const file = yield* Effect.either(
    Effect.try({ try: () => writeHaltFile(path, stop), catch: (error) => String(Object(error).message) })
  )
  const row = yield* Effect.either(freezeRecord(authority, stop, patience))
  const inFile = lookAtHaltFile(path)
  const before = Either.isRight(row) ? row.right : undefined
  const freezing: Freezing = {
    stop: before ?? (inFile._tag === "Some" && Either.isRight(file) && !file.right ? inFile.value : stop),
    wasFrozen: before !== undefined || (Either.isRight(file) && !file.right),
    file: Either.isRight(file),
    row: Either.isRight(row),
    notes: [
      ...(Either.isLeft(file) ? [`The file ${path} can't be written (${file.left}).`] : []),
      ...(Either.isLeft(row) ? [`${row.left}${Either.isRight(file) ? fileAlone(authority) : ""}`] : [])
    ]
  }
  return freezing
})

const fileAlone = ({ isShared }: Authority): string =>
  isShared ? " The file stops only servers with this state folder." : " The file alone stops."

/**
 * Tries the row of a shared record again until it is there: servers of other machines obey nothing else. Cancels go on
 * meanwhile. A file of this machine stops all its servers, so its row can wait for the end.
 */
export const keepFreezing = (authority: Authority, stop: Stop, { row }: Freezing) =>
  row || !authority.isShared
    ? Effect.void
    : Effect.asVoid(
        Effect.fork(Effect.retry(freezeRecord(authority, stop, longPatience), Schedule.spaced("200 millis")))
      )

/** The halves of a stop that are there: the time at which its file began, and the row of the record. `unknown`: it can't be read. */
export interface Halves {
  readonly file: number | undefined
  readonly row: number | "unknown" | undefined
}

/** Reads the file and the row of the stop. */
export const halvesIn = Effect.fn("panic.halves")(function* (stateDir: string, authority: Authority) {
  const look = yield* authority.look(stopIn, patience)
  const halves: Halves = {
    file: Option.getOrUndefined(lookAtHaltFile(haltFileIn(stateDir)))?.since,
    row: look._tag === "Read" ? look.value?.seq : look._tag === "Missing" ? undefined : "unknown"
  }
  return halves
})

/** Tells whether each half that was there is still there. */
export const isSameStop = (before: Halves, now: Halves): boolean =>
  (before.file === undefined || before.file === now.file) &&
  (before.row === undefined || before.row === "unknown" || now.row === "unknown" || before.row === now.row)

/** Stops by a row. Returns the stop that was in force before. Fails with a sentence. */
const freezeRecord = Effect.fnUntraced(function* (
  { isMissing, name, openExisting }: Authority,
  stop: Stop,
  wait: Duration.DurationInput
) {
  if (isMissing()) return yield* Effect.fail(`There is no record (${name}).`)
  return yield* Effect.scoped(
    Effect.flatMap(openExisting, (db) =>
      db.write(function* () {
        const before = yield* stopIn()
        yield* halt(stop)
        return before
      }, wait)
    )
  ).pipe(
    Effect.mapError(({ message }) => message),
    Effect.disconnect,
    Effect.timeoutFail({ duration: wait, onTimeout: () => `The record ${name} is busy.` })
  )
})
