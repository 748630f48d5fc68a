import type { Database } from "better-sqlite3"
import { statement } from "./statement.ts"

interface Row {
  readonly at: number
  readonly subject: string | null
  readonly replaces: string | null
}

/**
 * Lists the tokens that had the mandate of `token` at some time since `since` (Unix milliseconds), before they were
 * replaced. Usage that is counted by the caller of a write follows the mandate by them. It reads the rows of that time only
 * if the mandate was changed in it.
 */
export const replacedTokens = (
  db: Database,
  { subject, token }: { readonly subject: string; readonly token: string },
  since: number
): ReadonlyArray<string> => {
  // A token that was never replaced has the id of its subject.
  if (subject === token) return []
  const changedAt = statement(
    db,
    "SELECT json_extract(body, '$.at') FROM mandates JOIN events USING (seq) WHERE token = ? AND json_valid(body)"
  )
    .pluck()
    .get(token)
  if (typeof changedAt === "number" && changedAt <= since) return []
  const rows = db
    .prepare(
      `SELECT json_extract(body, '$.at') AS at, json_extract(body, '$.subject') AS subject,
         json_extract(body, '$.replaces') AS replaces
       FROM events WHERE json_valid(body) ORDER BY seq DESC`
    )
    .iterate() as IterableIterator<Row>
  const tokens = new Set<string>()
  for (const row of rows) {
    if (row.at <= since) break
    if (row.replaces !== null && row.subject === subject) tokens.add(row.replaces)
  }
  return [...tokens]
}
