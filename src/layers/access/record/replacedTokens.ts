import { all, type Steps, value } from "../../storage/steps.ts"

/** Rows that are read at once. */
const batch = 100

interface Row {
  readonly seq: number
  readonly at: number
  readonly subject: string | null
  readonly replaces: string | null
}

/**
 * Lists the tokens that had the mandate of `token` at some time since `since` (Unix milliseconds), before they were
 * replaced. Usage that is counted by the caller of a write follows the mandate by them. It reads the rows of that time only
 * if the mandate was changed in it.
 */
export function* replacedTokens(
  { subject, token }: { readonly subject: string; readonly token: string },
  since: number
): Steps<ReadonlyArray<string>> {
  // A token that was never replaced has the id of its subject.
  if (subject === token) return []
  const changedAt = yield* value(
    `SELECT CAST(json_extract(body, '$.at') AS BIGINT) FROM mandates JOIN events USING (seq)
     WHERE token = ? AND json_valid(body)`,
    token
  )
  if (typeof changedAt === "number" && changedAt <= since) return []
  const tokens = new Set<string>()
  let last = Number.MAX_SAFE_INTEGER
  for (;;) {
    const rows: ReadonlyArray<Row> = yield* all<Row>(
      `SELECT seq, CAST(json_extract(body, '$.at') AS BIGINT) AS at, json_extract(body, '$.subject') AS subject,
         json_extract(body, '$.replaces') AS replaces
       FROM events WHERE seq < ? AND json_valid(body) ORDER BY seq DESC LIMIT ${batch}`,
      last
    )
    for (const { at, replaces, seq, subject: of } of rows) {
      if (at <= since) return [...tokens]
      last = seq
      if (replaces !== null && of === subject) tokens.add(replaces)
    }
    if (rows.length < batch) return [...tokens]
  }
}
