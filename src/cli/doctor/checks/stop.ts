import type { Database } from "better-sqlite3"
import { Effect, Option } from "effect"
import { join } from "node:path"
import { haltFileIn, lookAtHaltFile } from "../../../layers/access/halt/haltFile.ts"
import { authorityOf } from "../../../layers/access/record/authority.ts"
import { stopIn } from "../../../layers/access/record/emergency.ts"
import { layout } from "../../../layers/access/record/layout.ts"
import { recordFile } from "../../../layers/access/record/recordFile.ts"
import { lookInto } from "../../../layers/storage/lookInto.ts"
import { runOnSqlite } from "../../../layers/storage/sqliteSteps.ts"
import type { Stop } from "../../../services/Halt.ts"
import { type Check, type Finding, skipped, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"

/** The emergency stop: it is not in force, or in force by both of its halves. */
export const stopCheck: Check = {
  name: "stop",
  run: Effect.fnUntraced(function* ({ config }: Installation) {
    const settings = config("stateDir", "databaseUrl", "databaseUrlFile")
    if (Option.isNone(settings)) return skipped("the emergency stop")
    const { databaseUrl, stateDir } = settings.value
    const file = haltFileIn(stateDir)
    const inFile = Option.getOrUndefined(lookAtHaltFile(file))
    const look =
      databaseUrl === undefined
        ? yield* lookInto(join(stateDir, recordFile), rowIn)
        : yield* (yield* authorityOf({ databaseUrl, stateDir })).look(rowInDatabase, patience)
    const inRow = look._tag === "Read" ? look.value.stop : undefined
    const stop = inRow ?? inFile
    if (stop === undefined) return []
    // A record that is missing, or that cannot be looked at, says nothing about the other half.
    const isRowMissing = look._tag === "Read" && look.value.isKnown && inRow === undefined
    return [
      frozen(stop),
      ...(inFile === undefined ? [half(`The record has it, and the file ${file} is missing.`)] : []),
      ...(isRowMissing ? [half(`The file ${file} has it, and the record does not.`)] : [])
    ]
  })
}

/** The longest wait for a database. */
const patience = "2 seconds"

function* rowInDatabase() {
  return { isKnown: true, stop: yield* stopIn() }
}

/** Reads the row of the stop. `isKnown` is false for a file that has no place for one, or that another program wrote. */
const rowIn = (db: Database) => {
  const isKnown =
    Number(db.pragma("application_id", { simple: true })) === layout.applicationId &&
    db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'halt'").get() !== undefined
  return { isKnown, stop: isKnown ? runOnSqlite(db, stopIn()) : undefined }
}

const frozen = ({ by, reason, since }: Stop): Finding =>
  warning(
    "stop.frozen",
    // The beginning of a stop that cannot be looked at is not known.
    `All trading is frozen${since === 0 ? "" : ` since ${new Date(since).toISOString()}`} by ${by}${reason === undefined ? "" : ` (${reason})`}: only reads and cancels pass.`,
    "Find out why. Then allow trading again with resume."
  )

const half = (problem: string): Finding =>
  warning(
    "stop.half",
    `The stop is only half in force. ${problem}`,
    "Run panic again, which writes both. Servers obey either half."
  )
