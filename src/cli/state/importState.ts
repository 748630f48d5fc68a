import { Console, Effect } from "effect"
import { resolve } from "node:path"
import { escapeText } from "../../domain/wire/escapeText.ts"
import { haltFileIn, writeHaltFile } from "../../layers/access/halt/haltFile.ts"
import { halt } from "../../layers/access/record/emergency.ts"
import { receiptOf } from "../../layers/access/record/chain.ts"
import { requireStored } from "../../layers/access/secret/OperatorSecretSql.ts"
import { map } from "../../layers/storage/steps.ts"
import { Config } from "../../services/Config.ts"
import { failed, StateRefusal } from "./databases.ts"
import { openPlace } from "./places.ts"
import { checkStateFile, entriesOf } from "./stateFile.ts"
import { contents, importPart, requireIntact } from "./tables.ts"

/** Writes an exported state into the databases that the settings name, if they are empty, and verifies the record. */
export const importState = Effect.fn("state.import")(function* ({ file }: { readonly file: string }) {
  const { stateDir } = yield* Config
  const path = resolve(file)
  const { stop } = yield* Effect.try({ try: () => checkStateFile(path), catch: failed(`${file} can't be imported`) })
  const secret = secretIn(path)
  if (secret !== undefined) yield* requireStored(secret, "Importing a state")
  const { authority, isPostgres, stores } = yield* openPlace(true)
  const found = yield* Effect.forEach(stores, ({ parts, read }) => read(() => map(parts, contents)))
  yield* refuseContents(found.flat(2))
  // A stop in the file of a folder holds for the servers of all folders.
  if (stop !== undefined)
    yield* Effect.try({
      try: () => writeHaltFile(haltFileIn(stateDir), stop),
      catch: failed("The file of the emergency stop can't be written")
    })
  for (const { parts, write } of stores) {
    const meanwhile = yield* write(function* () {
      const found = (yield* map(parts, contents)).flat()
      if (found.length > 0) return found
      for (const part of parts) yield* importPart(part, isPostgres, entriesOf(path))
      if (!parts.includes("authority")) return found
      yield* requireIntact()
      if (stop !== undefined) yield* halt(stop)
      return found
    })
    yield* refuseContents(meanwhile)
  }
  const { findings, head, rows } = yield* authority.verify([])
  if (findings.some(({ _tag }) => _tag !== "ClockWentBack"))
    return yield* new StateRefusal({ message: "The record is not intact after the import. audit verify says where." })
  const receipt = head.seq === 0 ? "" : ` It is intact: ${rows} rows, receipt ${receiptOf(head)}.`
  yield* Console.log(
    [
      `Imported the state of ${file}.${receipt}`,
      ...(stop === undefined ? [] : [`All trading is frozen by ${escapeText(stop.by)}.`]),
      "Simulated accounts were not moved. Put the state it came from away, so that no server goes on with it."
    ].join("\n")
  )
})

const refuseContents = (found: ReadonlyArray<string>) =>
  found.length === 0
    ? Effect.void
    : new StateRefusal({ message: `The state is not empty, so nothing is imported. There is: ${found.join(", ")}.` })

/** Finds the operator secret in a file. */
const secretIn = (file: string) => {
  for (const { columns, rows, table } of entriesOf(file))
    if (table === "secret")
      for (const row of rows) {
        const of = (name: string) => row[columns.indexOf(name)] ?? ""
        return { salt: of("salt"), hash: of("hash"), parameters: of("parameters"), fingerprint: of("fingerprint") }
      }
  return undefined
}
