import { Clock, Console, Effect, Option } from "effect"
import { rmSync } from "node:fs"
import { resolve } from "node:path"
import { haltFileIn, lookAtHaltFile } from "../../layers/access/halt/haltFile.ts"
import { Config } from "../../services/Config.ts"
import { version } from "../../version.ts"
import { isoOf } from "../audit/record.ts"
import { failed, StateRefusal } from "./databases.ts"
import { openPlace } from "./places.ts"
import { createStateFile } from "./stateFile.ts"
import { exportPart, layouts } from "./tables.ts"

/** Writes the state that the settings name into a new file. Refuses while a server uses it, and if the record was altered. */
export const exportState = Effect.fn("state.export")(function* ({ file }: { readonly file: string }) {
  const { stateDir } = yield* Config
  const { authority, isPostgres, stores } = yield* openPlace(false)
  if (!authority.isMissing()) {
    const { findings } = yield* authority.verify([])
    if (findings.some(({ _tag }) => _tag !== "ClockWentBack"))
      return yield* new StateRefusal({
        message: "The record was altered, so it is not exported. audit verify says where."
      })
  }
  const path = resolve(file)
  const stop = Option.getOrUndefined(lookAtHaltFile(haltFileIn(stateDir)))
  const now = yield* Clock.currentTimeMillis
  const writer = yield* Effect.acquireRelease(
    Effect.try({ try: () => createStateFile(path), catch: failed(`${file} can't be made`) }),
    ({ close }) => Effect.sync(close)
  )
  const rows = yield* Effect.gen(function* () {
    writer.write({
      format: "mcp-kraken state 1",
      version,
      created_at: isoOf(now),
      layouts,
      ...(stop !== undefined && { stop })
    })
    let total = 0
    for (const { parts, read } of stores) {
      const takeBack = writer.mark()
      total += yield* read(function* () {
        takeBack()
        let rows = 0
        for (const part of parts) rows += yield* exportPart(part, isPostgres, writer.write)
        return rows
      })
    }
    if (total === 0) return yield* new StateRefusal({ message: "There is nothing to export." })
    yield* Effect.try({ try: writer.end, catch: failed(`${file} can't be written`) })
    return total
  }).pipe(Effect.onError(() => Effect.sync(() => rmSync(path, { force: true }))))
  yield* Console.log(
    `Exported ${rows} rows to ${file}. Simulated accounts are not in it. Remove the file once it is imported: it has the contents of the record.`
  )
})
