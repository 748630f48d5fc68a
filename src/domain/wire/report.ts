import { parse } from "csv-parse/sync"
import { unzipSync } from "fflate"

/** The most bytes that are unpacked here, since a small ZIP can expand to gigabytes. */
export const largest = 32 * 1024 * 1024

/** An unreadable ZIP, or an unreadable table in it. */
export class Broken extends Error {
  override readonly name = "Broken"
}

/** Runs a parser and turns any error of the library into `Broken`. */
const reading = <A>(read: () => A): A => {
  try {
    return read()
  } catch (cause) {
    throw new Broken(String(cause))
  }
}

export interface Member {
  readonly name: string
  /** The number of bytes when unpacked, according to the ZIP. */
  readonly size: number
}

/** Lists the members of a ZIP without unpacking them. Throws `Broken` if it is not a ZIP. */
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

/** Finds the member that holds the report. A report has exactly one. */
export const table = (members: ReadonlyArray<Member>): Member | undefined =>
  members.find(({ name }) => /\.(csv|tsv|txt)$/i.test(name)) ?? members.find(({ size }) => size > 0)

export interface Page {
  readonly offset: number
  readonly limit: number
}

/**
 * Reads a page of a report's rows, and the offset of the next page. Unpacks no more bytes than the ZIP declares. Throws
 * `Broken` if the report can't be read.
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
    // The first line names the columns. One extra row shows that there is a next page.
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
