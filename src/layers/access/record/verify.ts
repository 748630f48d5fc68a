import { Array, Either, Schema } from "effect"
import { Event } from "../../../domain/record/events.ts"
import { clockTolerance } from "../../../services/Clocks.ts"
import { readHead } from "./append.ts"
import { emptyHead, extend, hashBody, type Head, type Receipt, receiptOf } from "./chain.ts"
import { layout } from "./layout.ts"
import { dropTemporaryProjections, makeTemporaryProjections, project, projections } from "./project.ts"
import { all, column, type Steps, value } from "../../storage/steps.ts"

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

/** Reads the event of a body. */
export const decodeEvent = Schema.decodeUnknownEither(Schema.parseJson(Event))

interface Row {
  readonly seq: number
  /** The bytes as they are stored. As text, bytes that are not UTF-8 could not be told from a replacement character. */
  readonly body: Buffer | null
  readonly body_hash: string
  readonly hash: string
}

/** Checks a file of SQLite, and the record in it. */
export function* verify(receipts: ReadonlyArray<Receipt> = []): Steps<Verification> {
  const faults = yield* schemaFaults()
  const fault = (reason: string): Finding => ({ _tag: "Altered", seq: 0, reason })
  if (faults.length > 0) {
    const findings = makeFindings(faults.map(fault))
    for (const receipt of receipts) findings.add(shorterThan(receipt, emptyHead))
    return { rows: 0, head: emptyHead, findings: findings.list }
  }
  const damage = yield* column<string>("PRAGMA integrity_check(5)")
  return yield* verifyRows(
    receipts,
    damage.flatMap((found) => (found === "ok" ? [] : [fault(`the file is damaged: ${found}`)]))
  )
}

/**
 * Checks every row against the chain, and projections and receipts against the rows. Rebuilds the projections in temporary
 * tables of the connection. `found` are findings on the database itself.
 */
export function* verifyRows(receipts: ReadonlyArray<Receipt>, found: ReadonlyArray<Finding> = []): Steps<Verification> {
  const findings = makeFindings(found)
  const altered = (seq: number, reason: string) => findings.add({ _tag: "Altered", seq, reason })
  yield* makeTemporaryProjections()
  const bySeq = Array.groupBy(receipts, ({ seq }) => String(seq))
  const missing: globalThis.Array<number> = []
  const dropped: globalThis.Array<readonly [number, number]> = []
  let head = emptyHead
  let rows = 0
  let after = Number.MIN_SAFE_INTEGER
  let time = -Infinity
  for (;;) {
    const found: ReadonlyArray<Row> = yield* rowsAfter(after)
    for (const row of found) {
      rows++
      after = row.seq
      const fault = faultOf(row, head)
      if (fault !== undefined) altered(row.seq, fault)
      for (const { hash } of bySeq[row.seq] ?? [])
        if (!row.hash.startsWith(hash)) altered(row.seq, `its receipt says ${hash}`)
      // The next row is compared with what this one says of itself, so that one alteration is reported once.
      head = { seq: row.seq, hash: row.hash }
      if (row.body === null) {
        missing.push(row.seq)
        continue
      }
      const decoded = decodeEvent(row.body.toString())
      if (Either.isLeft(decoded)) {
        altered(row.seq, "its body is not an event")
        continue
      }
      const event = decoded.right
      if (event.at < time - clockTolerance)
        findings.add({ _tag: "ClockWentBack", seq: row.seq, seconds: Math.round((time - event.at) / 1000) })
      time = event.at
      if (event.kind === "prune") dropped.push(...event.dropped)
      yield* project("temp.rebuilt_", row.seq, event)
    }
    // A number that JavaScript cannot hold would be read again and again.
    if (found.length < batch || !Number.isSafeInteger(after)) break
  }
  for (const seq of notIn(missing, dropped)) altered(seq, "its body is missing")
  const count = Number(yield* value("SELECT count(*) FROM events"))
  if (count !== rows) altered(head.seq, `${count - rows} rows follow that cannot be read`)
  const last = yield* readHead()
  if (last.seq !== head.seq || last.hash !== head.hash)
    altered(head.seq, "the row that was written last is missing or another one")
  for (const receipt of receipts) if (receipt.seq > head.seq) findings.add(shorterThan(receipt, head))
  for (const table of projections)
    for (const seq of yield* differences(table)) findings.add({ _tag: "ProjectionDiffers", table, seq })
  yield* dropTemporaryProjections()
  return { rows, head, findings: findings.list }
}

/** The finding on a receipt of a row that the record has not. */
export const shorterThan = (receipt: Receipt, head: Head): Finding => ({
  _tag: "ShorterThanReceipt",
  receipt: receiptOf(receipt),
  head: receiptOf(head)
})

/**
 * Differences between the tables, indices and triggers of the file and those that this program makes. The statistics that
 * SQLite's ANALYZE leaves are none.
 */
function* schemaFaults(): Steps<ReadonlyArray<string>> {
  const found = new Set(
    yield* column<string>(
      "SELECT sql FROM main.sqlite_master WHERE sql IS NOT NULL AND name NOT IN ('sqlite_stat1', 'sqlite_stat4')"
    )
  )
  const expected = new Set(layout.migrations.flatMap((migration) => migration.split(";")).flatMap(definition))
  return [
    ...Array.filter([...expected], (sql) => !found.has(sql)).map((sql) => `the file lacks ${nameOf(sql)}`),
    ...Array.filter([...found], (sql) => !expected.has(sql)).map((sql) => `the file has ${nameOf(sql)}`)
  ]
}

/** The definition that SQLite keeps of a statement that makes something: its text from the first word to the last. */
const definition = (sql: string): ReadonlyArray<string> => (sql.trim().startsWith("CREATE ") ? [sql.trim()] : [])

/** The first words of a definition, such as `TABLE events`. */
const nameOf = (sql: string): string => sql.split(/\s+/).slice(1, 3).join(" ")

/** Rows that are read at once. */
const batch = 1000

/** Reads the rows that follow a number. Other statements run between two batches. */
const rowsAfter = (seq: number): Steps<ReadonlyArray<Row>> =>
  all<Row>(
    `SELECT seq, CAST(body AS BLOB) AS body, body_hash, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ${batch}`,
    seq
  )

const faultOf = (row: Row, before: Head): string | undefined => {
  const expected = extend(before, row.body_hash)
  if (row.seq !== expected.seq) return `row ${expected.seq} should follow row ${before.seq}`
  if (row.hash !== expected.hash) return "its hash does not follow from the rows before it"
  if (row.body === null) return undefined
  return hashBody(row.body) === row.body_hash ? undefined : "its body is not the one that was written"
}

/** Selects the numbers, given in ascending order, that lie in none of the ranges. */
const notIn = (
  seqs: ReadonlyArray<number>,
  ranges: ReadonlyArray<readonly [number, number]>
): ReadonlyArray<number> => {
  const ascending = ranges.toSorted(([a], [b]) => a - b)
  let next = 0
  return seqs.filter((seq) => {
    while ((ascending[next]?.[1] ?? Infinity) < seq) next++
    return seq < (ascending[next]?.[0] ?? Infinity)
  })
}

/** The projections that are sums of many rows. */
const sums: ReadonlySet<string> = new Set(["holdings", "use_sums"])

/** Rows of the record whose part of a projection differs. Sums of many rows have the number 0. */
function* differences(table: (typeof projections)[number]): Steps<ReadonlyArray<number>> {
  return yield* column<number>(
    `SELECT DISTINCT ${sums.has(table) ? "0" : "seq"} AS seq FROM (
       SELECT * FROM (SELECT * FROM main.${table} EXCEPT SELECT * FROM temp.rebuilt_${table}) AS added
       UNION ALL SELECT * FROM (SELECT * FROM temp.rebuilt_${table} EXCEPT SELECT * FROM main.${table}) AS missing
     ) AS differing ORDER BY seq LIMIT ${mostFindings}`
  )
}

const makeFindings = (found: ReadonlyArray<Finding>) => {
  const list: globalThis.Array<Finding> = []
  const counts = new Map<Finding["_tag"], number>()
  const add = (finding: Finding): void => {
    const count = counts.get(finding._tag) ?? 0
    counts.set(finding._tag, count + 1)
    if (count < mostFindings) list.push(finding)
  }
  found.forEach(add)
  return { list, add }
}
