import { parse } from "csv-parse/sync"
import { unzipSync } from "fflate"

/** More than this is not unpacked here: a small ZIP can hold gigabytes. */
export const largest = 32 * 1024 * 1024

/** A ZIP, or a table in it, that can't be read. */
export class Broken extends Error {
  override readonly name = "Broken"
}

/** Libraries throw errors of their own about what they read. */
const reading = <A>(read: () => A): A => {
  try {
    return read()
  } catch (cause) {
    throw new Broken(String(cause))
  }
}

export interface Member {
  readonly name: string
  /** Bytes when unpacked, as the ZIP says. */
  readonly size: number
}

/** What a ZIP holds, without unpacking it. Throws `Broken` if it is none. */
export const members = (zip: Uint8Array): Array<Member> => {
  const found: Array<Member> = []
  reading(() =>
    unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        found.push({ name, size: originalSize })
        return false
      }
    })
  )
  return found
}

/** The member that holds the report; there is one. */
export const table = (members: ReadonlyArray<Member>): Member | undefined =>
  members.find(({ name }) => /\.(csv|tsv|txt)$/i.test(name)) ?? members.find(({ size }) => size > 0)

export interface Page {
  readonly offset: number
  readonly limit: number
}

/**
 * Some rows of a report, and where the next ones are; never more bytes than the ZIP says that there are. Throws
 * `Broken` if it can't be read.
 */
export const page = (zip: Uint8Array, { name, size }: Member, { limit, offset }: Page) => {
  const filter = (member: { readonly name: string; readonly originalSize: number }) =>
    member.name === name && member.originalSize <= largest
  const bytes = reading(() => unzipSync(zip, { filter }))[name]
  if (bytes === undefined || bytes.length !== size) throw new Broken(`${name} does not have the size that it says`)
  const text = reading(() => new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  const options = {
    bom: true,
    delimiter: text.slice(0, (text + "\n").indexOf("\n")).includes("\t") ? "\t" : ",",
    relax_column_count: true,
    skip_empty_lines: true,
    // The first line names the columns, and one row more tells whether there are more.
    to: offset + limit + 2
  }
  const lines = reading(() => parse(text, options))
  const [columns = [], ...rows] = lines
  return {
    columns,
    rows: rows.slice(offset, offset + limit),
    ...(rows.length > offset + limit && { next_offset: offset + limit })
  }
}
