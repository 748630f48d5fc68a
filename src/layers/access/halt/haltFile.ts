import { Either, Option, Schema } from "effect"
import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, rmSync, utimesSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Stop } from "../../../services/Halt.ts"
import { makeFolder } from "../../process/makeFolder.ts"
import { syncFolder } from "../../storage/syncFolder.ts"

/** The file whose presence stops all writes but cancels. */
export const haltFileIn = (stateDir: string): string => join(stateDir, "halt.json")

const decode = Schema.decodeUnknownEither(
  Schema.parseJson(
    Schema.Struct({
      // A time beyond the last date of JavaScript could not be shown.
      since: Schema.Int.pipe(Schema.between(0, 8.64e15)),
      by: Schema.String,
      reason: Schema.optionalWith(Schema.String, { exact: true })
    })
  )
)

/** Looks for the stop in a file. One that is there and cannot be read or understood stops as well. */
export const lookAtHaltFile = (file: string): Option.Option<Stop> => {
  try {
    // A link to a file that does not exist is there as well.
    const found = lstatSync(file, { throwIfNoEntry: false })
    if (found === undefined) return Option.none()
    // Reading a pipe would wait for its writer.
    return Option.some(found.isFile() ? contentsOf(file, found.mtimeMs) : unreadable(found.mtimeMs))
  } catch (error) {
    const reason = `the file ${file} can't be looked at (${String(Object(error).code)})`
    return Option.some({ since: 0, by: "unknown", reason })
  }
}

const contentsOf = (file: string, since: number): Stop => {
  try {
    return Either.getOrElse(decode(readFileSync(file, "utf8")), () => unreadable(since))
  } catch {
    return unreadable(since)
  }
}

const unreadable = (since: number): Stop => ({ since: Math.trunc(since), by: "unknown" })

/**
 * Reads the time at which the file was written, or at which a later panic found it, in Unix milliseconds. Undefined if it is
 * missing or cannot be looked at.
 */
export const lastStopAt = (file: string): number | undefined => {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.mtimeMs
  } catch {
    return undefined
  }
}

/**
 * Writes the file for its owner only, with its name on the disk. The contents of an existing file stay as they are, since
 * they say when the stop began, and its time becomes that of now. Returns false for one. Throws if the file cannot be written.
 */
export const writeHaltFile = (file: string, stop: Stop): boolean => {
  makeFolder(dirname(file))
  const isNew = writeNewFile(file, `${JSON.stringify(stop)}\n`)
  if (!isNew) touch(file)
  syncFolder(dirname(file))
  return isNew
}

/** Writes a new file for its owner only, and puts its contents on the disk. Returns false if there is such a file. */
const writeNewFile = (file: string, text: string): boolean => {
  try {
    const opened = openSync(file, "wx", 0o600)
    try {
      writeSync(opened, text)
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
    return true
  } catch (error) {
    if (Object(error).code === "EEXIST") return false
    // A file that was made and not filled stops, too.
    if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) return true
    throw error
  }
}

/** Sets the time of a file that is understood. One that is not has no other time at which its stop began. */
const touch = (file: string): void => {
  try {
    const now = new Date()
    if (lstatSync(file).isFile() && Either.isRight(decode(readFileSync(file, "utf8")))) utimesSync(file, now, now)
  } catch {
    // It stops all the same.
  }
}

/** Removes the file, and puts that on the disk. Throws if it cannot be removed. */
export const removeHaltFile = (file: string): void => {
  rmSync(file, { force: true })
  syncFolder(dirname(file))
}
