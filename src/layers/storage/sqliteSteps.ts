import type { Database, Statement as Compiled } from "better-sqlite3"
import type { Statement, Steps } from "./steps.ts"

/** The compiled statements of a connection, by their texts. Those that return one column have a map of their own. */
interface Cache {
  readonly rows: Map<string, Compiled>
  readonly columns: Map<string, Compiled>
}

const caches = new WeakMap<Database, Cache>()

const cacheOf = (db: Database): Cache => {
  const known = caches.get(db)
  if (known !== undefined) return known
  const made: Cache = { rows: new Map(), columns: new Map() }
  caches.set(db, made)
  return made
}

/** Runs steps on a connection, one after the other, without waiting for anything. Each text is compiled once. */
export const runOnSqlite = <A>(db: Database, steps: Steps<A>): A => {
  const cache = cacheOf(db)
  let step = steps.next()
  while (step.done !== true) step = steps.next(resultOf(db, cache, step.value))
  return step.value
}

const resultOf = (db: Database, { columns, rows }: Cache, { parameters, text, wants }: Statement): unknown => {
  const isColumn = wants === "column" || wants === "value"
  const known = isColumn ? columns : rows
  let compiled = known.get(text)
  if (compiled === undefined) {
    compiled = isColumn ? db.prepare(text).pluck() : db.prepare(text)
    known.set(text, compiled)
  }
  switch (wants) {
    case "rows":
    case "column":
      return compiled.all(...parameters)
    case "row":
    case "value":
      return compiled.get(...parameters)
    case "changes":
      return compiled.run(...parameters).changes
  }
}
