import { Either, Schema } from "effect"
import { createHash, type Hash } from "node:crypto"
import { appendFileSync, closeSync, fsyncSync, ftruncateSync, openSync, readSync } from "node:fs"
import { type Entry, type Line, TableLine } from "./lines.ts"
import { layouts, tableNames } from "./tables.ts"

/**
 * A state in one file. Each line is JSON: a header, for each table a line that describes it and one for each row, and the hash
 * of all lines before.
 */

const Header = Schema.Struct({
  format: Schema.Literal("mcp-kraken state 1"),
  version: Schema.String,
  created_at: Schema.String,
  layouts: Schema.Struct({ nonces: Schema.Int, tokens: Schema.Int, authority: Schema.Int }),
  /** The stop of the state folder's file. */
  stop: Schema.optionalWith(
    Schema.Struct({
      since: Schema.Int.pipe(Schema.between(0, 8.64e15)),
      by: Schema.String,
      reason: Schema.optionalWith(Schema.String, { exact: true })
    }),
    { exact: true }
  )
})
export type Header = typeof Header.Type

const decodeHeader = Schema.decodeUnknownEither(Schema.parseJson(Header))
const decodeTable = Schema.decodeUnknownSync(Schema.parseJson(TableLine))
const decodeRow = Schema.decodeUnknownSync(Schema.parseJson(Schema.Array(Schema.NullOr(Schema.String))))
const decodeEnd = Schema.decodeUnknownEither(Schema.parseJson(Schema.Struct({ sha256: Schema.String })))

/** Writes a file line by line. */
export interface StateWriter {
  readonly write: (line: Header | Line) => void
  /** Returns a function that takes back what is written from here on. */
  readonly mark: () => () => void
  /** Writes the last line, and puts all on the disk. */
  readonly end: () => void
  readonly close: () => void
}

/** Makes a new file for its owner only. Throws if there is one. */
export const createStateFile = (file: string): StateWriter => {
  const opened = openSync(file, "ax", 0o600)
  let hash: Hash = createHash("sha256")
  let size = 0
  const write = (line: unknown) => {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    appendFileSync(opened, bytes)
    hash.update(bytes)
    size += bytes.length
  }
  return {
    write,
    mark: () => {
      const [before, sizeBefore] = [hash.copy(), size]
      return () => {
        ftruncateSync(opened, sizeBefore)
        hash = before.copy()
        size = sizeBefore
      }
    },
    end: () => {
      write({ sha256: hash.copy().digest("hex") })
      fsyncSync(opened)
    },
    close: () => closeSync(opened)
  }
}

/** Checks that a file is complete and of this version, and returns its header. Throws an error that says what is wrong. */
export const checkStateFile = (file: string): Header => {
  const hash = createHash("sha256")
  let first: Buffer | undefined
  let last: Buffer | undefined
  for (const line of linesOf(file)) {
    first ??= line
    if (last !== undefined) hash.update(last).update("\n")
    last = line
  }
  const header = decodeHeader(first?.toString())
  if (Either.isLeft(header)) throw new Error("it is no export of a state that this version reads")
  const end = decodeEnd(last?.toString())
  if (Either.isLeft(end) || end.right.sha256 !== hash.digest("hex"))
    throw new Error("it is not complete, or was altered")
  for (const part of ["nonces", "tokens", "authority"] as const) {
    const found = header.right.layouts[part]
    if (found > layouts[part])
      throw new Error(
        `a newer version of mcp-kraken wrote it (layout ${found} of ${part}, known up to ${layouts[part]})`
      )
    if (found < layouts[part]) throw new Error("an older version of mcp-kraken wrote it: export again with this one")
  }
  for (const { rows, table } of entriesOf(file)) {
    if (!tableNames.has(table)) throw new Error(`it has a table that is not known (${table})`)
    for (const _ of rows);
  }
  return header.right
}

/** Reads the tables of a file. Throws if a line has another form. */
export function* entriesOf(file: string): Generator<Entry> {
  const lines = linesOf(file)
  lines.next()
  for (;;) {
    const line = lines.next()
    if (line.done === true) return
    const text = line.value.toString()
    if (Either.isRight(decodeEnd(text))) return
    const { columns, rows, table } = decodeTable(text)
    const found = rowsOf(lines, rows, columns.length)
    yield { table, columns, rows: found }
    // Rows that were not wanted.
    for (const _ of found);
  }
}

function* rowsOf(lines: Generator<Buffer>, count: number, width: number): Generator<ReadonlyArray<string | null>> {
  for (let n = 0; n < count; n++) {
    const line = lines.next()
    const row = decodeRow(line.done === true ? "" : line.value.toString())
    if (row.length !== width) throw new Error("a row of it has other columns")
    yield row
  }
}

/** Bytes that are read at once. */
const chunk = 1 << 20

/** Reads the lines of a file, without their ends. */
function* linesOf(file: string): Generator<Buffer> {
  const opened = openSync(file, "r")
  try {
    let rest = Buffer.alloc(0)
    for (;;) {
      const read = Buffer.alloc(chunk)
      const size = readSync(opened, read, 0, chunk, null)
      rest = Buffer.concat([rest, read.subarray(0, size)])
      let from = 0
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, from)) {
        yield rest.subarray(from, end)
        from = end + 1
      }
      rest = rest.subarray(from)
      if (size === 0) break
    }
    if (rest.length > 0) yield rest
  } finally {
    closeSync(opened)
  }
}
