import { Clock, Console, Effect } from "effect"
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { haltFileIn } from "../../layers/access/halt/haltFile.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { recordFile } from "../../layers/access/record/recordFile.ts"
import { verify } from "../../layers/access/record/verify.ts"
import { Config } from "../../services/Config.ts"
import { type From, isoOf, withState } from "../audit/record.ts"
import {
  copyDatabase,
  databasesIn,
  failed,
  inDatabase,
  manifestFile,
  refuseShared,
  sha256Of,
  StateRefusal,
  sync
} from "./databases.ts"
import { runOnSqlite } from "../../layers/storage/sqliteSteps.ts"

/** The contents of a backup. */
export interface Manifest {
  readonly format: 1
  readonly created_at: string
  /** The receipt of the record's last row. Absent if there is no record. */
  readonly head?: string
  readonly files: ReadonlyArray<{ readonly name: string; readonly sha256: string }>
}

export const backup = Effect.fn("state.backup")(function* ({ folder }: { readonly folder: string } & From) {
  yield* refuseShared(
    "state backup",
    "pg_dump copies the database, also while servers run. state export writes all but simulated accounts into one file, while no server runs."
  )
  const { stateDir } = yield* Config
  const { files, head } = yield* backUp(stateDir, resolve(folder))
  const record = head === undefined ? "" : ` The record ends with ${head}.`
  yield* Console.log(`Copied ${files.map(({ name }) => name).join(", ")} to ${folder}.${record}`)
}, withState)

/**
 * Copies the databases of a state folder into a new folder. The folder gets its name only when all are complete. Fails if
 * the record was altered.
 */
export const backUp = Effect.fnUntraced(function* (from: string, to: string) {
  const names = databasesIn(from)
  if (names.length === 0) return yield* new StateRefusal({ message: `There is nothing to copy in ${from}.` })
  if (existsSync(to)) return yield* new StateRefusal({ message: `${to} exists already.` })
  const partial = `${to}.partial`
  const made = Effect.try({
    try: () => {
      mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
      mkdirSync(partial, { mode: 0o700 })
      chmodSync(partial, 0o700)
    },
    catch: failed(`${partial} can't be made`)
  })
  const copied = Effect.gen(function* () {
    for (const name of names) yield* copyDatabase(join(from, name), join(partial, name))
    yield* copyStop(haltFileIn(from), haltFileIn(partial))
    const head = names.includes(recordFile) ? yield* intactHead(join(partial, recordFile)) : undefined
    const manifest: Manifest = {
      format: 1,
      created_at: isoOf(yield* Clock.currentTimeMillis),
      ...(head !== undefined && { head: receiptOf(head) }),
      files: names.map((name) => ({ name, sha256: sha256Of(join(partial, name)) }))
    }
    yield* Effect.try({
      try: () => {
        const file = join(partial, manifestFile)
        writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600, flag: "wx" })
        sync(file)
        sync(partial)
        renameSync(partial, to)
        sync(dirname(to))
      },
      catch: failed(`${to} can't be written`)
    })
    return manifest
  })
  return yield* Effect.zipRight(
    made,
    Effect.onError(copied, () => Effect.sync(() => rmSync(partial, { recursive: true, force: true })))
  )
})

/** Copies the file of the emergency stop, so that a restore elsewhere does not lift the stop. */
const copyStop = (from: string, to: string) =>
  Effect.try({
    try: () => {
      if (!existsSync(from)) return
      writeFileSync(to, readFileSync(from), { mode: 0o600, flag: "wx" })
      sync(to)
    },
    catch: failed(`${from} can't be copied to ${to}`)
  })

/** Verifies a record, and returns its end. */
export const intactHead = (file: string) =>
  Effect.flatMap(
    inDatabase(file, (db) => runOnSqlite(db, verify())),
    ({ findings, head }) =>
      findings.some(({ _tag }) => _tag !== "ClockWentBack")
        ? new StateRefusal({ message: `The record in ${file} was altered.` })
        : Effect.succeed(head)
  )
