/** A row of an answer. Kraken's documentation is not always right about what it holds. */
export interface Row {
  readonly [field: string]: unknown
}

/** An answer is not of the form that its endpoint documents. Thrown by `shape`, and by nothing that is a fault of ours. */
export class Unreadable extends Error {
  override readonly name = "Unreadable"
}

/** The object that an answer should hold here; an empty list is Kraken's other spelling of an empty object. */
export const row = (value: unknown): Row => {
  if (Array.isArray(value) && value.length === 0) return {}
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Unreadable(wrong("an object", value))
  return value as Row
}

/** The list of anything that an answer should hold here. */
export const array = (value: unknown): ReadonlyArray<unknown> => {
  if (!Array.isArray(value)) throw new Unreadable(wrong("a list", value))
  return value
}

/** The list of objects that an answer should hold here. */
export const list = (value: unknown): Array<Row> => array(value).map(row)

const wrong = (expected: string, value: unknown) =>
  `expected ${expected}, got ${(JSON.stringify(value) ?? "nothing").slice(0, 100)}`

/** Kraken keys rows by their id: `{ OUF4EM-…: { … } }`. */
export const keyed = (result: unknown, id = "txid"): Array<Row> =>
  Object.entries(row(result)).map(([key, value]) => ({ [id]: key, ...row(value) }))

/**
 * A row without what says nothing: nulls, empty texts and lists; zeros in fields where zero means that there is none;
 * the word "none" in fields where Kraken writes it. Models pay for every word of an answer.
 */
export const compact = (row: Row, empty: { readonly zeros?: Array<string>; readonly none?: Array<string> } = {}): Row =>
  Object.fromEntries(
    Object.entries(row).filter(
      ([field, value]) =>
        !isEmpty(value) &&
        !(empty.zeros?.includes(field) && isZero(value)) &&
        !(empty.none?.includes(field) && String(value).toLowerCase() === "none")
    )
  )

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)

const isZero = (value: unknown) => /^[+-]?0+(\.0+)?%?$/.test(String(value))

/** The same rows with the greatest of a field first. */
export const newestFirst = (rows: ReadonlyArray<Row>, ...times: ReadonlyArray<string>): Array<Row> =>
  rows.toSorted((a, b) => time(b, times) - time(a, times))

const time = (row: Row, times: ReadonlyArray<string>): number =>
  Number(times.map((field) => row[field]).find((value) => value !== undefined) ?? 0)

interface Page {
  readonly ofs?: number
  readonly limit: number
}

/** Rows of a page that Kraken cut, at 50: those wanted, and where the next ones are. */
export const page = (rows: ReadonlyArray<Row>, { limit, ofs = 0 }: Page, count: unknown) => {
  const next = ofs + Math.min(rows.length, limit)
  const more = typeof count === "number" ? rows.length > 0 && next < count : rows.length > limit || rows.length >= 50
  return {
    rows: rows.slice(0, limit),
    ...(typeof count === "number" && { count }),
    ...(more && { next_ofs: next })
  }
}

/** The part of a whole list that is wanted. */
export const part = (rows: ReadonlyArray<Row>, { limit, ofs = 0 }: Page) =>
  page(rows.slice(ofs), { limit, ofs }, rows.length)
