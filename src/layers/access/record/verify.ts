import type { Database } from "better-sqlite3"
import { Array, Either, Schema } from "effect"
import { Event } from "../../../domain/record/events.ts"
import { readHead } from "./append.ts"
import { emptyHead, extend, hashBody, type Head, type Receipt, receiptOf } from "./chain.ts"
import { makeTemporaryProjections, project } from "./project.ts"

/** One thing that is wrong with a record. */
export type Finding =
  /** The row's body or hash does not fit the rows before it, or rows are missing or were inserted before it. */
  | { readonly _tag: "Altered"; readonly seq: number; readonly reason: string }
  /** Projections differ from what the events add up to. */
  | { readonly _tag: "ProjectionDiffers"; readonly table: string; readonly seq: number }
  /** The record ends before a receipt's row. */
  | { readonly _tag: "ShorterThanReceipt"; readonly receipt: string; readonly head: string }
  /** The wall clock of the machine went back between two rows. The chain is intact. */
  | { readonly _tag: "ClockWentBack"; readonly seq: number; readonly seconds: number }

export interface Verification {
  readonly rows: number
  readonly head: Head
  /** At most `mostFindings` of each kind. */
  readonly findings: ReadonlyArray<Finding>
}

/** Findings of one kind that are listed. */
const mostFindings = 20

/** Steps back of the clock that are normal, in milliseconds: several processes read it before they write. */
const clockSlack = 5000

const decode = Schema.decodeUnknownEither(Schema.parseJson(Event))

interface Row {
  readonly seq: number
  readonly body: string | null
  readonly body_hash: string
  readonly hash: string
}

/**
 * Checks every row against the chain, and projections and receipts against the rows. Rebuilds the projections in
 * temporary tables of the connection.
 */
export const verify = (db: Database, receipts: ReadonlyArray<Receipt> = []): Verification => {
  const findings = makeFindings()
  makeTemporaryProjections(db)
  const bySeq = Array.groupBy(receipts, ({ seq }) => String(seq))
  const pruned = prunedThrough(db)
  let head = emptyHead
  let rows = 0
  let time = -Infinity
  for (const row of rowsOf(db)) {
    rows++
    const fault = faultOf(row, head, pruned)
    if (fault !== undefined) findings.add({ _tag: "Altered", seq: row.seq, reason: fault })
    for (const { hash } of bySeq[row.seq] ?? [])
      if (!row.hash.startsWith(hash))
        findings.add({ _tag: "Altered", seq: row.seq, reason: `its receipt says ${hash}` })
    // The next row is compared with what this one says of itself, so that one alteration is reported once.
    head = { seq: row.seq, hash: row.hash }
    if (row.body === null) continue
    const event = decode(row.body)
    if (Either.isLeft(event)) {
      findings.add({ _tag: "Altered", seq: row.seq, reason: "its body is not an event" })
      continue
    }
    if (event.right.at < time - clockSlack)
      findings.add({ _tag: "ClockWentBack", seq: row.seq, seconds: Math.round((time - event.right.at) / 1000) })
    time = event.right.at
    project(db, "temp", row.seq, event.right)
  }
  const last = readHead(db)
  if (last.seq !== head.seq || last.hash !== head.hash)
    findings.add({ _tag: "Altered", seq: head.seq, reason: "the row that was written last is missing or another one" })
  for (const receipt of receipts)
    if (receipt.seq > head.seq)
      findings.add({ _tag: "ShorterThanReceipt", receipt: receiptOf(receipt), head: receiptOf(head) })
  for (const table of ["intents", "made"] as const)
    for (const seq of differences(db, table)) findings.add({ _tag: "ProjectionDiffers", table, seq })
  return { rows, head, findings: findings.list }
}

/** Rows that are read at once. */
const batch = 1000

/** Reads the rows in order, in batches: other statements run in between. */
const rowsOf = function* (db: Database): Generator<Row> {
  const next = db.prepare("SELECT seq, body, body_hash, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
  let after = -Infinity
  for (;;) {
    const rows = next.all(Number.isFinite(after) ? after : Number.MIN_SAFE_INTEGER, batch) as ReadonlyArray<Row>
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.seq
  }
}

const faultOf = (row: Row, before: Head, pruned: number): string | undefined => {
  const expected = extend(before, row.body_hash)
  if (row.seq !== expected.seq) return `row ${expected.seq} should follow row ${before.seq}`
  if (row.hash !== expected.hash) return "its hash does not follow from the rows before it"
  if (row.body === null) return row.seq <= pruned ? undefined : "its body is missing"
  return hashBody(row.body) === row.body_hash ? undefined : "its body is not the one that was written"
}

/** The last row up to which bodies were removed on purpose. */
const prunedThrough = (db: Database): number =>
  db
    .prepare(`SELECT body FROM events WHERE body LIKE '%"kind":"prune"%'`)
    .pluck()
    .all()
    .map((body) => decode(body))
    .reduce((through, event) => {
      const isPrune = Either.isRight(event) && event.right.kind === "prune"
      return isPrune ? Math.max(through, event.right.through) : through
    }, 0)

const differences = (db: Database, table: "intents" | "made"): ReadonlyArray<number> =>
  db
    .prepare(
      `SELECT DISTINCT seq FROM (
         SELECT * FROM (SELECT * FROM main.${table} EXCEPT SELECT * FROM temp.${table})
         UNION ALL SELECT * FROM (SELECT * FROM temp.${table} EXCEPT SELECT * FROM main.${table})
       ) ORDER BY seq LIMIT ${mostFindings}`
    )
    .pluck()
    .all() as ReadonlyArray<number>

const makeFindings = () => {
  const list: globalThis.Array<Finding> = []
  const counts = new Map<Finding["_tag"], number>()
  return {
    list,
    add: (finding: Finding): void => {
      const count = counts.get(finding._tag) ?? 0
      counts.set(finding._tag, count + 1)
      if (count < mostFindings) list.push(finding)
    }
  }
}
