import { Schema, Struct } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { optional, text, withDefault } from "./fields.ts"
import { listedAs } from "./jsonSchema.ts"
import { integer } from "./numberFields.ts"

/**
 * Pages of answers. Every tool that gives its rows in pages takes `cursor` and `limit`, and answers with `next_cursor`
 * if there is more. A caller passes a cursor back unchanged.
 */

/** The listed schema of a cursor, which needs no words: `next_cursor` of the last answer. */
const listed = { type: "string" }

/** The limit needs no words: rows per page. */
const rowsAPage = (usual: number, most: number) =>
  withDefault(listedAs(integer("Rows per page", 1, most), { type: "integer", maximum: most, default: usual }), usual)

/** The cursor of a tool whose cursors are ids, or Kraken's own. */
export const cursor = optional(listedAs(text(""), listed))

/** Makes the inputs of a tool whose cursors are ids, or Kraken's own. */
export const paging = (usual: number, most: number) => ({ cursor, limit: rowsAPage(usual, most) })

const cursorLike = (form: RegExp) =>
  optional(
    text("").pipe(
      Schema.filter((cursor) => form.test(cursor), {
        jsonSchema: listed,
        message: ({ actual }) => `must be next_cursor of an earlier answer, got ${JSON.stringify(actual)}`
      })
    )
  )

/** Makes the inputs of a tool whose cursors are numbers of rows of the record. */
export const rowPaging = (usual: number, most: number) => ({
  cursor: cursorLike(/^\d{1,15}$/),
  limit: rowsAPage(usual, most)
})

/** Makes the inputs of a tool whose cursors are numbers of rows to skip. */
export const offsetPaging = (usual: number, most: number) => ({
  cursor: cursorLike(/^\d{1,9}$/),
  limit: rowsAPage(usual, most)
})

/** Makes the inputs of a tool whose cursors are numbers of rows to skip in a file: `50`, in the second file `1:50`. */
export const filePaging = (usual: number, most: number) => ({
  cursor: cursorLike(/^(\d{1,2}:)?\d{1,9}$/),
  limit: rowsAPage(usual, most)
})

/** Makes the inputs of a tool whose cursors are times: see `pageBackwards`. */
export const backwardsPaging = (usual: number, most: number) => ({
  cursor: cursorLike(/^\d{1,12}(-\d{1,6})?$/),
  limit: rowsAPage(usual, most)
})

/** Other names of a cursor that is a number of rows to skip. The first is the Python server's. */
export const aliases = { ofs: "cursor", offset: "cursor" } as const

/** The fields of an answer in pages. */
export const paged = {
  count: optional(Schema.Number.annotations({ description: "Rows in all" })),
  next_cursor: optional(Schema.String)
}

interface Page {
  readonly cursor?: string
  readonly limit: number
}

/** Returns the number of rows before a page. */
export const offsetOf = ({ cursor }: { readonly cursor?: string }): number => Number(cursor ?? 0)

/** Converts the inputs of `offsetPaging` to Kraken's `ofs`. Kraken's pages have a fixed size. */
export const offsetParams = (params: Params): Params => ({
  ...Struct.omit(params, "cursor", "limit"),
  ...(params["cursor"] !== undefined && { ofs: Number(params["cursor"]) })
})

/** Selects a page of a whole list by its offset. */
export const pageByOffset = <A>(rows: ReadonlyArray<A>, page: Page) =>
  pageFromKraken(rows.slice(offsetOf(page)), page, rows.length)

/**
 * Shortens a page that Kraken cut at 50 rows. `count` is the number of rows in all, if Kraken sent it.
 *
 * @see https://docs.kraken.com/api/docs/rest-api/get-ledgers read 2026-08-17
 */
export const pageFromKraken = <A>(rows: ReadonlyArray<A>, page: Page, count: string | number | undefined) => {
  const { limit } = page
  const next = offsetOf(page) + Math.min(rows.length, limit)
  const more = typeof count === "number" ? rows.length > 0 && next < count : rows.length > limit || rows.length >= 50
  return {
    rows: rows.slice(0, limit),
    page: { ...(typeof count === "number" && { count }), ...(more && { next_cursor: String(next) }) }
  }
}

/** Selects a page of a whole list in the order of ids. The cursor is the last id: a list that changes loses no row. */
export const pageById = <A extends { readonly id: string }>(rows: ReadonlyArray<A>, { cursor, limit }: Page) => {
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rest = cursor === undefined ? sorted : sorted.filter((row) => row.id > cursor)
  const shown = rest.slice(0, limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    page: rest.length > shown.length && last ? { count: rows.length, next_cursor: last.id } : {}
  }
}

/** A cursor within a page of Kraken's: the number of rows to skip, then the cursor of that page or nothing. */
const within = /^\+(\d{1,9}):(.*)$/s

/** Returns the cursor to send to Kraken; empty for the first page. */
export const krakenCursor = (cursor: string): string => within.exec(cursor)?.[2] ?? cursor

/** Puts Kraken's cursor in the place of one of `pageWithin`. */
export const krakenPaging = (params: Params): Params => ({
  ...params,
  ...(params["cursor"] !== undefined && { cursor: krakenCursor(String(params["cursor"])) })
})

/** Cuts a page of Kraken's at `limit`, which Kraken does not always keep to. `next` is the cursor that Kraken sent. */
export const pageWithin = <A>(
  rows: ReadonlyArray<A>,
  { cursor = "", limit }: Page,
  next: string | null | undefined
): { readonly rows: ReadonlyArray<A>; readonly page: { readonly next_cursor?: string } } => {
  const end = Number(within.exec(cursor)?.[1] ?? 0) + limit
  const next_cursor = end < rows.length ? `+${end}:${krakenCursor(cursor)}` : next
  return { rows: rows.slice(end - limit, end), page: next_cursor ? { next_cursor } : {} }
}

/**
 * Selects the newest rows of a series in order of time, or those before the cursor. A cursor is the time of the oldest
 * row that was shown and, as in `1764230400-2`, the number of earlier rows at the same time.
 */
export const pageBackwards = <A>(rows: ReadonlyArray<A>, time: (row: A) => number, { cursor, limit }: Page) => {
  const before = cursor === undefined ? rows : rowsBefore(rows, time, cursor)
  const rest = before.slice(0, -limit)
  const shown = before.slice(-limit)
  const [oldest] = shown.map(time)
  const same = rest.filter((row) => time(row) === oldest).length
  return {
    rows: shown,
    page: rest.length === 0 ? {} : { next_cursor: same === 0 ? String(oldest) : `${oldest}-${same}` }
  }
}

const rowsBefore = <A>(rows: ReadonlyArray<A>, time: (row: A) => number, cursor: string): ReadonlyArray<A> => {
  const [oldest = 0, same = 0] = cursor.split("-").map(Number)
  return rows.slice(0, rows.filter((row) => time(row) < oldest).length + same)
}
