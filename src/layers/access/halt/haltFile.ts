import { Either, Option, Schema } from "effect"
import { closeSync, fsyncSync, lstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs"
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
 * Writes the file for its owner only, with its name on the disk. An existing file stays as it is, since it says when the
 * stop began. Returns false for one. Throws if the file cannot be written.
 */
export const writeHaltFile = (file: string, stop: Stop): boolean => {
  makeFolder(dirname(file))
  const isNew = writeNewFile(file, `${JSON.stringify(stop)}\n`)
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

/** Removes the file, and puts that on the disk. Throws if it cannot be removed. */
export const removeHaltFile = (file: string): void => {
  rmSync(file, { force: true })
  syncFolder(dirname(file))
}
