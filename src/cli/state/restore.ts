import type { Database } from "better-sqlite3"
import { Clock, Console, DateTime, Effect, Either, Option, Schema } from "effect"
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { append, readHead } from "../../layers/access/record/append.ts"
import { emptyHead, type Head, receiptOf } from "../../layers/access/record/chain.ts"
import { rowAt } from "../../layers/access/record/listing.ts"
import { layout } from "../../layers/access/record/layout.ts"
import { recordFile } from "../../layers/access/record/recordFile.ts"
import { openImmediateDatabase } from "../../layers/storage/immediateDatabase.ts"
import { runOnSqlite } from "../../layers/storage/sqliteSteps.ts"
import { run } from "../../layers/storage/steps.ts"
import { makePrivate } from "../../layers/storage/databaseFile.ts"
import { Config } from "../../services/Config.ts"
import { escapeText } from "../../domain/wire/escapeText.ts"
import type { Stop } from "../../services/Halt.ts"
import { forgetHeads } from "../../layers/paper/accountHeads.ts"
import { haltFileIn, lookAtHaltFile, writeHaltFile } from "../../layers/access/halt/haltFile.ts"
import { halt, stopIn } from "../../layers/access/record/emergency.ts"
import { type From, isoOf, withState } from "../audit/record.ts"
import { intactHead } from "./backup.ts"
import {
  databasesIn,
  failed,
  inDatabase,
  manifestFile,
  refuseIfUsed,
  refuseShared,
  sha256Of,
  StateRefusal,
  sync
} from "./databases.ts"

const nonceFile = "nonces.db"
const paperFile = "paper.db"

const decodeManifest = Schema.decodeUnknownEither(
  Schema.parseJson(
    Schema.Struct({
      format: Schema.Literal(1),
      files: Schema.Array(Schema.Struct({ name: Schema.String, sha256: Schema.String }))
    })
  )
)

export const restore = Effect.fn("state.restore")(function* ({
  folder,
  force
}: { readonly folder: string; readonly force: boolean } & From) {
  yield* refuseShared(
    "state restore",
    "pg_restore puts a dump of pg_dump back, and state import a file of state export into an empty database, both while no server runs."
  )
  const { stateDir } = yield* Config
  const from = resolve(folder)
  const names = yield* checkedFiles(from)
  const hasRecord = names.includes(recordFile)
  if (hasRecord) yield* intactHead(join(from, recordFile))
  yield* Effect.forEach(databasesIn(stateDir), (name) => refuseIfUsed(join(stateDir, name)))
  const current = yield* compare(join(stateDir, recordFile), hasRecord ? join(from, recordFile) : undefined)
  if (current._tag === "Newer" && !force)
    return yield* new StateRefusal({
      message: `The record in ${stateDir} ${current.reason}. With --force it is moved aside and the backup takes its place.`
    })
  const stop = yield* standingStop(stateDir, from)
  const keepsNonces = yield* hasNonces(join(stateDir, nonceFile))
  const replaced = names.filter((name) => name !== nonceFile || !keepsNonces)
  const unstage = Effect.try(() => {
    for (const name of replaced) rmSync(partialOf(stateDir, name), { force: true })
  })
  // Everything is here before anything is moved: a copy fails if the disk is full.
  const kept = yield* Effect.try({
    try: () => replaced.forEach((name) => stage(from, stateDir, name)),
    catch: failed(`The backup can't be copied to ${stateDir}`)
  }).pipe(
    Effect.zipRight(keepStop(stateDir, stop)),
    Effect.zipRight(moveAside(stateDir, names, keepsNonces)),
    Effect.onError(() => Effect.ignore(unstage))
  )
  yield* Effect.try({
    try: () => {
      for (const name of replaced) renameSync(partialOf(stateDir, name), join(stateDir, name))
      sync(stateDir)
    },
    catch: failed(`The backup can't be moved to ${stateDir}`)
  })
  if (names.includes(paperFile)) forgetHeads(join(stateDir, paperFile))
  if (names.includes(nonceFile)) yield* raiseNonces(join(from, nonceFile), join(stateDir, nonceFile))
  const head = !hasRecord ? undefined : yield* noteRestore(join(stateDir, recordFile), current.head, stop)
  yield* Console.log(
    [
      `Put back ${names.join(", ")} from ${folder}.`,
      ...(kept === undefined ? [] : [`What was there before is kept in ${kept}.`]),
      ...(head === undefined ? [] : [`The record goes on with ${receiptOf(head)}.`]),
      ...(stop === undefined ? [] : [`All trading is frozen ${describeStop(stop)}.`])
    ].join("\n")
  )
}, withState)

/**
 * Finds the stop that a restore must not lift: that of the state folder, or of the backup. A record that cannot be read
 * might have had one, so it counts as stopped.
 */
const standingStop = Effect.fnUntraced(function* (stateDir: string, backup: string) {
  const inFile = Option.getOrUndefined(lookAtHaltFile(haltFileIn(stateDir)))
  if (inFile !== undefined) return inFile
  const since = yield* Clock.currentTimeMillis
  const unreadable: Stop = { since, by: "local", reason: "the record that state restore replaced can't be read" }
  const rowOf = (file: string) =>
    existsSync(file) ? Effect.orElseSucceed(inDatabase(file, stopOf), () => unreadable) : Effect.succeed(undefined)
  const found = (yield* rowOf(join(stateDir, recordFile))) ?? (yield* rowOf(join(backup, recordFile)))
  return found ?? Option.getOrUndefined(lookAtHaltFile(haltFileIn(backup)))
})

/** Reads the stop of a record, whose layout can be of another version. Throws if it is no record. */
const stopOf = (db: Database): Stop | undefined => {
  if (Number(db.pragma("application_id", { simple: true })) !== layout.applicationId) throw new Error("it is no record")
  // Records of the first version have no place for a stop.
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'halt'").get() === undefined) return undefined
  const { seq: _, ...stop } = runOnSqlite(db, stopIn()) ?? {}
  return "since" in stop ? stop : undefined
}

/** Stops by the file, too, so that nothing can leave while the record is replaced. */
const keepStop = (stateDir: string, stop: Stop | undefined) =>
  stop === undefined
    ? Effect.void
    : Effect.try({
        try: () => writeHaltFile(haltFileIn(stateDir), stop),
        catch: failed("The file of the emergency stop can't be written")
      })

const describeStop = ({ by, reason, since }: Stop): string =>
  escapeText(`since ${isoOf(since)} by ${by}${reason === undefined ? "" : ` (${reason})`}`)

/** The names of the files of a backup, after their contents were compared with the description. */
const checkedFiles = Effect.fnUntraced(function* (folder: string) {
  const text = yield* Effect.try({
    try: () => readFileSync(join(folder, manifestFile), "utf8"),
    catch: failed(`${folder} is no backup`)
  })
  const manifest = decodeManifest(text)
  if (Either.isLeft(manifest)) return yield* new StateRefusal({ message: `${folder} is no backup of this version.` })
  const { files } = manifest.right
  for (const { name, sha256 } of files) {
    const file = join(folder, name)
    if (basename(name) !== name || !name.endsWith(".db") || !existsSync(file) || sha256Of(file) !== sha256)
      return yield* new StateRefusal({ message: `${file} is not the file that was backed up.` })
  }
  return files.map(({ name }) => name)
})

type Current =
  /** The backup has all rows of the record that is here, or none is here. */
  | { readonly _tag: "Older"; readonly head: Head }
  | { readonly _tag: "Newer"; readonly head: Head; readonly reason: string }

/** Compares the record that is here with the one of a backup. One that cannot be read counts as newer. */
const compare = (file: string, backup: string | undefined): Effect.Effect<Current, StateRefusal> =>
  !existsSync(file) || backup === undefined
    ? Effect.succeed({ _tag: "Older", head: emptyHead })
    : Effect.gen(function* () {
        const head = yield* inDatabase(file, (db) => runOnSqlite(db, readHead()))
        const there = yield* inDatabase(backup, (db) =>
          Option.map(runOnSqlite(db, rowAt(head.seq)), ({ hash }) => hash)
        )
        if (head.seq === 0 || Option.contains(there, head.hash)) return { _tag: "Older", head } as const
        const reason = Option.isNone(there) ? `goes on to row ${head.seq}` : "has other rows"
        return { _tag: "Newer", head, reason: `${reason}, which the backup lacks` } as const
      }).pipe(
        Effect.catchAll(({ message }) =>
          Effect.succeed<Current>({ _tag: "Newer", head: emptyHead, reason: `can't be read (${message})` })
        )
      )

/** Moves databases that are about to be replaced into a new folder beside them. Undefined if there are none. */
const moveAside = Effect.fnUntraced(function* (stateDir: string, names: ReadonlyArray<string>, keepsNonces: boolean) {
  const present = names.filter((name) => existsSync(join(stateDir, name)))
  if (present.length === 0) return undefined
  const stamp = DateTime.formatIso(yield* DateTime.now).replaceAll(/[:.]/g, "-")
  const kept = join(stateDir, `before-restore-${stamp}`)
  yield* Effect.try({
    try: () => {
      mkdirSync(kept, { mode: 0o700 })
      for (const name of present) {
        // Nonces stay where they are, and are kept as well. Those that cannot be read are replaced.
        for (const part of [name, `${name}-wal`, `${name}-shm`]) {
          const file = join(stateDir, part)
          if (!existsSync(file)) continue
          if (name === nonceFile && keepsNonces) copyFileSync(file, join(kept, part))
          else renameSync(file, join(kept, part))
        }
      }
      sync(kept)
    },
    catch: failed(`The databases can't be moved to ${kept}`)
  })
  return kept
})

/** The name under which a file is copied first, so that there is never half of one. */
const partialOf = (folder: string, name: string): string => join(folder, `${name}.partial`)

const stage = (from: string, to: string, name: string): void => {
  const partial = partialOf(to, name)
  rmSync(partial, { force: true })
  makePrivate(partial)
  copyFileSync(join(from, name), partial)
  sync(partial)
}

/** Tells whether a file has nonces that can be read. */
const hasNonces = (file: string) =>
  existsSync(file)
    ? Effect.isSuccess(
        inDatabase(file, (db) => db.prepare("SELECT max(nonce), max(factor), max(leased_until) FROM lanes").get())
      )
    : Effect.succeed(false)

/** Keeps the greater nonce of each key. Kraken refuses a nonce that is not greater than the last one. */
const raiseNonces = (from: string, to: string) =>
  inDatabase(to, (db) => {
    db.prepare("ATTACH ? AS backup").run(from)
    db.exec(`
      INSERT INTO main.lanes SELECT * FROM backup.lanes WHERE true
        ON CONFLICT (key) DO UPDATE SET nonce = max(nonce, excluded.nonce), factor = max(factor, excluded.factor);
      UPDATE main.lanes SET leased_until = 0, wanted_by = NULL, wanted_until = 0;
      DETACH backup`)
  })

/** Records the restore, and a stop in force. Processes of the backup's time work on none of its intents any more. */
const noteRestore = Effect.fnUntraced(function* (file: string, replaced: Head, stop: Stop | undefined) {
  const db = yield* openImmediateDatabase({ file, layout, existing: true })
  return yield* db.write(function* ({ wall }) {
    yield* run("DELETE FROM leases")
    const head = yield* append({ kind: "restore", at: wall, actor: { id: "local" }, replaced })
    return (stop && (yield* halt(stop))) ?? head
  })
})
