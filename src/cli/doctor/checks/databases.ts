import { Effect, Option } from "effect"
import { join } from "node:path"
import { lookInto } from "../../../layers/storage/lookInto.ts"
import { type Check, error, type Finding } from "../kit/finding.ts"
import { unusable } from "./unusable.ts"

/** The databases of the state folder besides the record. Simulated accounts stay there if the rest is in PostgreSQL. */
const paper = ["paper.db", "paper-seals.db"]
const all = ["nonces.db", "seals.db", ...paper]

/** The most pages that are checked one by one. More take longer than an operator waits. */
const mostPages = 50_000

/** The databases that keep nonces, sealing keys and paper accounts. */
export const databasesCheck: Check = {
  name: "databases",
  run: ({ config }) =>
    Option.match(config("stateDir", "databaseUrl", "databaseUrlFile"), {
      onNone: () => Effect.succeed([]),
      onSome: ({ databaseUrl, stateDir }) =>
        Effect.map(
          Effect.forEach(databaseUrl === undefined ? all : paper, (name) => look(join(stateDir, name)), {
            concurrency: "unbounded"
          }),
          (found) => found.flat()
        )
    })
}

const look = Effect.fnUntraced(function* (file: string): Effect.fn.Return<ReadonlyArray<Finding>> {
  const found = yield* lookInto(file, (db) => {
    const pages = Number(db.pragma("page_count", { simple: true }))
    return pages > mostPages ? "ok" : String(db.pragma("quick_check(1)", { simple: true }))
  })
  if (found._tag === "Missing") return []
  if (found._tag !== "Read") return unusable(file, found)
  return found.value === "ok"
    ? []
    : [
        error(
          "database.damaged",
          `The database ${file} is damaged: ${found.value}.`,
          "Put a backup in its place; docs/operations.md describes how."
        )
      ]
})
