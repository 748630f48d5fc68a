import { Effect, Predicate } from "effect"
import type { Params } from "../../domain/endpoints/endpoints.ts"
import { KrakenClient, type ReadError } from "../../services/KrakenClient.ts"
import { Names } from "../../services/Names.ts"
import { withoutEmpty } from "../kit/arguments.ts"
import { offsetOf, offsetParams } from "../kit/paging.ts"

/** A history whose rows Kraken does not filter by pair, and the field that holds its rows. */
const histories = { "private/ClosedOrders": "closed", "private/TradesHistory": "trades" } as const

interface Input extends Params {
  readonly pair: string
  readonly cursor?: string
  readonly limit: number
}

interface Search {
  readonly rows: ReadonlyArray<readonly [id: string, row: unknown]>
  /** The rows of all pairs that were read, from the newest one on. */
  readonly offset: number
  readonly pages: number
  readonly state: "reading" | "full" | "end" | "paused"
  /** An answer that does not consist of rows. The endpoint's schema refuses it. */
  readonly odd?: unknown
}

/** The most pages that one call reads: at most 8 points of the REST counter. */
const mostPages = 4

/**
 * Reads a history page by page for the rows of one pair, until a page of the answer is full, the history ends, or four
 * pages are read. `next_cursor` continues behind the last row that was read.
 */
export const ofPair = Effect.fnUntraced(function* (endpoint: keyof typeof histories, input: Input) {
  const kraken = yield* KrakenClient
  const { findPair, pairDisplay } = yield* (yield* Names).directory
  const { detail: _, pair, ...rest } = input
  const wanted = pairDisplay(pair)
  const field = histories[endpoint]
  const start: Search = { rows: [], offset: offsetOf(input), pages: 0, state: "reading" }
  const search = yield* Effect.iterate(start, {
    while: ({ state }) => state === "reading",
    body: (search) =>
      kraken
        .read(endpoint, withoutEmpty({ ...offsetParams(rest), ...(search.offset > 0 && { ofs: search.offset }) }))
        .pipe(
          Effect.map((page) => {
            const found = rowsIn(page, field)
            if (found === undefined) return { ...search, state: "end" as const, odd: page }
            return advanced(search, found, countOf(page), input.limit, (row) => pairDisplay(pairOf(row)) === wanted)
          }),
          // What was found so far is an answer, too.
          Effect.catchIf(
            (error: ReadError) => search.pages > 0 && error._tag === "KrakenRateLimitError",
            () => Effect.succeed<Search>({ ...search, state: "paused" })
          )
        )
  })
  if ("odd" in search) return { result: search.odd, extra: {} }
  const notes = [
    ...(search.state === "paused"
      ? [`The newest ${search.offset} rows of all pairs were read: for older ones pass next_cursor.`]
      : []),
    ...(findPair(pair) === undefined ? ["Kraken's list of pairs could not be read, so rows might be missing."] : [])
  ]
  return {
    result: { [field]: Object.fromEntries(search.rows) },
    extra: {
      ...(search.state !== "end" && { next_cursor: String(search.offset) }),
      ...(notes.length > 0 && { note: notes.join(" ") })
    }
  }
})

/** Takes the rows of a page up to the one that fills the answer. */
const advanced = (
  search: Search,
  page: ReadonlyArray<readonly [string, unknown]>,
  count: number,
  limit: number,
  isWanted: (row: unknown) => boolean
): Search => {
  const rows = [...search.rows]
  let offset = search.offset
  for (const entry of page) {
    if (rows.length === limit) return { rows, offset, pages: search.pages + 1, state: "full" }
    offset += 1
    if (isWanted(entry[1])) rows.push(entry)
  }
  const pages = search.pages + 1
  const isEnd = page.length === 0 || (Number.isNaN(count) ? page.length < 50 : offset >= count)
  if (isEnd) return { rows, offset, pages, state: "end" }
  if (rows.length === limit) return { rows, offset, pages, state: "full" }
  return { rows, offset, pages, state: pages < mostPages ? "reading" : "paused" }
}

const rowsIn = (page: unknown, field: string) => {
  const rows = Predicate.isRecord(page) ? page[field] : undefined
  return Predicate.isRecord(rows) ? Object.entries(rows) : undefined
}

const countOf = (page: unknown): number => {
  const count = Predicate.isRecord(page) ? page["count"] : undefined
  return count === undefined || count === null ? Number.NaN : Number(count)
}

const pairOf = (row: unknown): string => {
  if (!Predicate.isRecord(row)) return ""
  const { descr, pair } = row
  return String(Predicate.isRecord(descr) ? descr["pair"] : pair)
}
