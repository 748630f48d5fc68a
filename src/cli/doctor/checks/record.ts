import type { Database } from "better-sqlite3"
import { Clock, Effect, Option } from "effect"
import { join } from "node:path"
import { type Authority, authorityOf } from "../../../layers/access/record/authority.ts"
import { layout } from "../../../layers/access/record/layout.ts"
import { recordFile } from "../../../layers/access/record/recordFile.ts"
import { type Undecided, undecided } from "../../../layers/access/record/undecided.ts"
import { type Verification, verify } from "../../../layers/access/record/verify.ts"
import { lookInto } from "../../../layers/storage/lookInto.ts"
import { runOnSqlite } from "../../../layers/storage/sqliteSteps.ts"
import { type Check, error, type Finding, info, skipped, warning } from "../kit/finding.ts"
import type { Installation } from "../kit/installation.ts"

/** The most rows of a record that are verified here. More take longer than an operator waits. */
export const mostRows = 50_000

type Seen =
  | { readonly _tag: "Empty" | "Foreign" | "Older" }
  | { readonly _tag: "Newer"; readonly found: number }
  | { readonly _tag: "Known"; readonly verification: Verification | undefined; readonly undecided: Undecided }

/** The record of all writes: it can be read, it is intact, and nothing in it waits for a decision. */
export const recordCheck: Check = {
  name: "record",
  run: Effect.fnUntraced(function* ({ config }: Installation) {
    const settings = config("stateDir", "databaseUrl", "databaseUrlFile")
    if (Option.isNone(settings)) return skipped("the record")
    const file = join(settings.value.stateDir, recordFile)
    const now = yield* Clock.currentTimeMillis
    if (settings.value.databaseUrl !== undefined) return yield* ofDatabase(yield* authorityOf(settings.value), now)
    const look = yield* lookInto(file, (db) => see(db, now))
    switch (look._tag) {
      case "Missing":
        return [info("record.none", "There is no record of writes yet.")]
      case "Locked":
        return [
          warning(
            "record.locked",
            `The record ${file} is locked by another program, so it was not checked. Meanwhile no write is sent except cancels.`,
            "End the program that holds it; a server of mcp-kraken does not."
          )
        ]
      case "Forbidden":
        return [info("record.unreadable", `The record ${file} can't be read by this user. Its own user can check it.`)]
      case "Unusable":
        return [
          error(
            "record.damaged",
            `The record ${file} can't be read: ${look.reason}. No write is sent except cancels.`,
            restore
          )
        ]
      case "Read":
        return findings(file, look.value)
    }
  })
}

/** Checks a record that several servers share. The commands of audit verify it. */
const ofDatabase = Effect.fnUntraced(function* ({ look }: Authority, now: number) {
  const found = yield* look(() => undecided(now), "5 seconds")
  if (found._tag === "Read") return waiting(found.value)
  if (found._tag === "Missing") return [info("record.none", "There is no record of writes yet.")]
  const reason = found._tag === "Unusable" ? found.reason : "The PostgreSQL database does not answer in time."
  return [
    error(
      "database.away",
      `${reason} No write is sent meanwhile.`,
      "Look at the database; docs/several-servers.md lists reasons. Servers go on by themselves."
    )
  ]
})

const restore = "Stop the servers and put a backup in its place; docs/operations.md describes how."

const see = (db: Database, now: number): Seen => {
  const id = Number(db.pragma("application_id", { simple: true }))
  const version = Number(db.pragma("user_version", { simple: true }))
  const isEmpty = id === 0 && version === 0 && db.prepare("SELECT 1 FROM sqlite_master").get() === undefined
  if (isEmpty) return { _tag: "Empty" }
  if (id !== layout.applicationId) return { _tag: "Foreign" }
  const known = layout.migrations.length
  if (version !== known) return version > known ? { _tag: "Newer", found: version } : { _tag: "Older" }
  const rows = Number(db.prepare("SELECT count(*) FROM events").pluck().get())
  return {
    _tag: "Known",
    verification: rows > mostRows ? undefined : runOnSqlite(db, verify()),
    undecided: hasProjections(db) ? runOnSqlite(db, undecided(now)) : { unknown: [], abandoned: [] }
  }
}

const hasProjections = (db: Database): boolean =>
  Number(db.prepare("SELECT count(*) FROM sqlite_master WHERE name IN ('intents', 'leases')").pluck().get()) === 2

const findings = (file: string, seen: Seen): ReadonlyArray<Finding> => {
  switch (seen._tag) {
    case "Empty":
      return [info("record.none", "There is no record of writes yet.")]
    case "Foreign":
      return [
        error("record.foreign", `Another program wrote ${file}. No write is sent except cancels.`, "Move it away.")
      ]
    case "Older":
      return [info("record.older", `An older version wrote the record ${file}. The next write brings it up to date.`)]
    case "Newer":
      return [
        error(
          "record.newer",
          `A newer version of mcp-kraken wrote the record ${file} (layout ${seen.found}, known up to ${layout.migrations.length}). No write is sent except cancels.`,
          "Use that version."
        )
      ]
    case "Known":
      return [...verified(file, seen.verification), ...waiting(seen.undecided)]
  }
}

const verified = (file: string, verification: Verification | undefined): ReadonlyArray<Finding> => {
  if (verification === undefined)
    return [
      info(
        "record.not-verified",
        `The record ${file} has more than ${mostRows} rows, so it was not verified.`,
        "Run audit verify."
      )
    ]
  const altered = verification.findings.filter(({ _tag }) => _tag === "Altered" || _tag === "ProjectionDiffers")
  const clocks = verification.findings.filter(({ _tag }) => _tag === "ClockWentBack")
  return [
    ...(altered.length > 0
      ? [
          error(
            "record.altered",
            `The record ${file} was altered or is damaged (${altered.length} ${altered.length === 1 ? "place" : "places"}).`,
            "Run audit verify, which names the rows. Find out who changed the file before you go on."
          )
        ]
      : []),
    ...(clocks.length > 0
      ? [info("record.clock-back", "The clock of this machine went back while the record was written (no alteration).")]
      : [])
  ]
}

const waiting = ({ abandoned, unknown }: Undecided): ReadonlyArray<Finding> => [
  ...(unknown.length > 0
    ? [
        warning(
          "record.unknown-outcomes",
          `Writes whose outcome is unknown: ${rowsOf(unknown)}.`,
          "Look on kraken.com for what became of each (audit show SEQ says what to look for), then decide it with audit resolve."
        )
      ]
    : []),
  ...(abandoned.length > 0
    ? [
        warning(
          "record.abandoned",
          `Writes whose server ended before their outcome was known: ${rowsOf(abandoned)}.`,
          "Start a server with the same API key: it finds out what became of them."
        )
      ]
    : [])
]

/** The most rows that a finding names. */
const mostNamed = 10

const rowsOf = (numbers: ReadonlyArray<number>): string => {
  const named = numbers.slice(0, mostNamed).join(", ")
  const more = numbers.length > mostNamed ? ` and ${numbers.length - mostNamed} more` : ""
  return `${numbers.length === 1 ? "row" : "rows"} ${named}${more}`
}
