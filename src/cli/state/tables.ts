import { layout } from "../../layers/access/record/layout.ts"
import { verifyRows } from "../../layers/access/record/verify.ts"
import { tokenLayout } from "../../layers/access/TokenStoreSql.ts"
import { migrations } from "../../layers/kraken/nonces/sharedCounter.ts"
import { all, column, exists, run, type Steps, value } from "../../layers/storage/steps.ts"
import { Unreadable } from "../../layers/storage/transactionalDatabase.ts"
import type { Entry, Line } from "./lines.ts"

/** The steps that read all rows of a state, and those that write them. Numbers are texts, which have no largest one. */

/** A part of the state. Each has a file of its own in SQLite; PostgreSQL has all of them in one database. */
export const parts = ["nonces", "tokens", "authority"] as const
export type Part = (typeof parts)[number]

/** The version of the tables of each part. */
export const layouts = { nonces: migrations.length, tokens: tokenLayout, authority: layout.migrations.length } as const

/** The tables of each part. */
const tablesOf: Readonly<Record<Part, ReadonlyArray<string>>> = {
  nonces: ["lanes"],
  tokens: ["tokens", "operator_secrets"],
  authority: layout.migrations.flatMap((text) =>
    [...text.matchAll(/\bCREATE TABLE (\w+)/g)].flatMap(([, name]) => name ?? [])
  )
}

/** The names of all tables. */
export const tableNames: ReadonlySet<string> = new Set(parts.flatMap((part) => tablesOf[part]))

/** The columns that are not moved: leases of nonces end with their process, and a number that PostgreSQL gives to rows. */
const leftOut: ReadonlySet<string> = new Set([
  "lanes.leased_until",
  "lanes.wanted_by",
  "lanes.wanted_until",
  "tokens.number"
])

/** Lists the columns of a table. */
function* columnsOf(table: string, isPostgres: boolean): Steps<ReadonlyArray<string>> {
  const columns = yield* column<string>(
    isPostgres
      ? "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
      : "SELECT name FROM pragma_table_info(?)",
    table
  )
  return columns.filter((name) => !leftOut.has(`${table}.${name}`))
}

/** Rows that are read at once. */
const page = 500

/** Writes the rows of a part. Returns how many there are. */
export function* exportPart(part: Part, isPostgres: boolean, write: (line: Line) => void): Steps<number> {
  let total = 0
  for (const table of tablesOf[part]) {
    const columns = yield* columnsOf(table, isPostgres)
    const rows = Number(yield* value(`SELECT count(*) FROM ${table}`))
    total += rows
    write({ table, columns, rows })
    const selected = columns.map((name) => `CAST(${quoted(name)} AS TEXT) AS ${quoted(name)}`).join(", ")
    const writeAll = (found: ReadonlyArray<Readonly<Record<string, string | null>>>) => {
      for (const row of found) write(columns.map((name) => row[name] ?? null))
    }
    if (table !== "events") {
      const order = table !== "tokens" ? "" : isPostgres ? " ORDER BY number" : " ORDER BY rowid"
      writeAll(yield* all(`SELECT ${selected} FROM ${table}${order}`))
      continue
    }
    for (let after = 0; ;) {
      const found = yield* all<Readonly<Record<string, string | null>>>(
        `SELECT ${selected} FROM events WHERE events.seq > ? ORDER BY events.seq LIMIT ${page}`,
        after
      )
      writeAll(found)
      after = Number(found.at(-1)?.["seq"])
      if (found.length < page) break
    }
  }
  return total
}

/** Describes what is in a part, except for nonces, which are no obstacle. */
export function* contents(part: Part): Steps<ReadonlyArray<string>> {
  const found: Array<string> = []
  if (part !== "nonces")
    for (const table of tablesOf[part]) {
      const rows = Number(yield* value(`SELECT count(*) FROM ${table}`))
      if (rows > 0) found.push(`${table} (${rows})`)
    }
  return found
}

/** Rows that are written at once. */
const batch = 50

/** Writes the rows of a part that is empty. A nonce is never lowered. Throws on rows that are not of these tables. */
export function* importPart(part: Part, isPostgres: boolean, entries: Iterable<Entry>): Steps<void> {
  for (const { columns, rows, table } of entries) {
    if (!tablesOf[part].includes(table)) continue
    const known = yield* columnsOf(table, isPostgres)
    if (known.toSorted().join() !== columns.toSorted().join())
      throw new Unreadable({ message: `the columns of ${table} are others` })
    let waiting: Array<ReadonlyArray<string | null>> = []
    for (const row of rows) {
      waiting.push(row)
      if (waiting.length < batch) continue
      yield* insert(table, columns, waiting)
      waiting = []
    }
    for (const row of waiting) yield* insert(table, columns, [row])
    if (isPostgres && (yield* numbersItsRows(table)))
      yield* value(`SELECT setval(pg_get_serial_sequence('${table}', 'id'), max(id)) FROM ${table}`)
  }
}

/** Tells whether PostgreSQL gives numbers to the rows of a table, which go on after those that are there. */
const numbersItsRows = (table: string): Steps<boolean> =>
  exists("SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(?) AND attname = 'id' AND attidentity <> ''", table)

const insert = (
  table: string,
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | null>>
): Steps<number> => {
  const names = columns.map(quoted).join(", ")
  const marks = columns.map(() => "?").join(", ")
  return table === "lanes"
    ? run(
        `INSERT INTO lanes (${names}, leased_until, wanted_until) VALUES ${rows.map(() => `(${marks}, 0, 0)`).join(", ")}
         ON CONFLICT (key) DO UPDATE SET ${greater("nonce")}, ${greater("factor")}`,
        ...rows.flat()
      )
    : run(`INSERT INTO ${table} (${names}) VALUES ${rows.map(() => `(${marks})`).join(", ")}`, ...rows.flat())
}

const greater = (name: string): string =>
  `${name} = CASE WHEN lanes.${name} < excluded.${name} THEN excluded.${name} ELSE lanes.${name} END`

const quoted = (name: string): string => `"${name}"`

/** Checks the record that was written, in the transaction that wrote it. Throws if its rows do not fit each other. */
export function* requireIntact(): Steps<void> {
  const { findings } = yield* verifyRows([])
  const [fault] = findings.filter(({ _tag }) => _tag !== "ClockWentBack")
  if (fault !== undefined) throw new Unreadable({ message: "the record was altered before it was exported" })
}
