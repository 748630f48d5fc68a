import { Schema } from "effect"
import { list, optional, text, whole, withDefault } from "./fields.ts"

/** Which part of Kraken's long lists is wanted. */
export const listing = {
  limit: withDefault(whole("Rows to show", 1, 500), 50),
  cursor: optional(text("next_cursor of the last answer"))
}

/** What an answer says of a list that goes on. */
export const listed = { count: optional(Schema.Number), next_cursor: optional(Schema.String) }

interface Part {
  readonly limit: number
  readonly cursor?: string
}

/** Rows in the order of their ids, from behind the one that `cursor` names: a list that changes loses no row. */
export const part = <A extends { readonly id: string }>(rows: ReadonlyArray<A>, { cursor, limit }: Part) => {
  const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rest = cursor === undefined ? sorted : sorted.filter((row) => row.id > cursor)
  const shown = rest.slice(0, limit)
  const last = shown.at(-1)
  return {
    rows: shown,
    page: rest.length > shown.length && last ? { count: rows.length, next_cursor: last.id } : {}
  }
}

/** Which fields are wanted beside those that every row has. */
export const fields = (examples: string) =>
  optional(list(Schema.String, `More fields, e.g. ${examples}, or all (default for named rows)`))

export const fieldFaults = (wanted: ReadonlyArray<string> | undefined, known: ReadonlyArray<string>) =>
  (wanted ?? [])
    .map((field, index) => ({ path: `fields.${index}`, field }))
    .filter(({ field }) => field !== "all" && !known.includes(field))
    .map(({ field, path }) => ({ path, fault: `must be all or one of ${known.join(", ")}; got ${field}` }))

/** A row with the fields in `always` and those that are wanted; all of them where `wanted` is not given. */
export const choose = <A extends object, K extends keyof A & string>(
  row: A,
  always: ReadonlyArray<K>,
  wanted?: ReadonlyArray<string>
): Pick<A, K> & Partial<A> => {
  if (wanted === undefined || wanted.includes("all")) return row
  const fields = new Set<string>([...always, ...wanted])
  return Object.fromEntries(Object.entries(row).filter(([field]) => fields.has(field))) as Pick<A, K> & Partial<A>
}
