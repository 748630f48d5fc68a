import type { Database, Statement } from "better-sqlite3"

const statements = new WeakMap<Database, Map<string, Statement>>()

/** A statement of a connection. Each text is compiled once. */
export const statement = (db: Database, sql: string): Statement => {
  const known = statements.get(db) ?? new Map<string, Statement>()
  statements.set(db, known)
  const found = known.get(sql) ?? db.prepare(sql)
  known.set(sql, found)
  return found
}
