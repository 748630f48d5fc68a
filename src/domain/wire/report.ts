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
    throw cause instanceof Broken ? cause : new Broken(String(cause))
  }
}

export interface Member {
  readonly name: string
  /** The number of bytes when unpacked, according to the ZIP. */
  readonly size: number
}

/** The most members of a report. Kraken's have one; a ZIP can name thousands. */
const mostMembers = 100

/** Lists the members of a ZIP without unpacking them. Throws `Broken` if it is not a ZIP, or has too many members. */
export const members = (zip: Uint8Array): Array<Member> => {
  const found: Array<Member> = []
  reading(() =>
    unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        // The end of a ZIP can claim billions of members, which are read one by one even if none is there.
        if (found.length === mostMembers)
          throw new Broken(`it names more than ${mostMembers} files, the most that are read`)
        found.push({ name, size: originalSize })
        return false
      }
    })
  )
  return found
}

/** Finds the members that hold the report: its tables, or without one the first member that holds anything. */
export const tables = (members: ReadonlyArray<Member>): ReadonlyArray<Member> => {
  const named = members.filter(({ name, size }) => size > 0 && /\.(csv|tsv|txt)$/i.test(name))
  return named.length > 0 ? named : members.filter(({ size }) => size > 0).slice(0, 1)
}

export interface Page {
  readonly offset: number
  readonly limit: number
}

/**
 * Reads a page of a report's rows, and the offset of the next page. Unpacks no more bytes than the ZIP declares. Throws
 * `Broken` if the report can't be read.
 */
export const page = (zip: Uint8Array, { name, size }: Member, { limit, offset }: Page) => {
  // Each member of that name would be unpacked, so only the first one is.
  let taken = false
  const filter = (member: { readonly name: string; readonly originalSize: number }) => {
    if (taken || member.name !== name || member.originalSize !== size || size > largest) return false
    taken = true
    return true
  }
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
