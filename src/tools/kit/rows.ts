/** Fields that can be missing or undefined. */
type Missing<A> = { [K in keyof A]-?: {} extends Pick<A, K> ? K : undefined extends A[K] ? K : never }[keyof A]

/** A row without fields that are undefined. */
export type Compact<A> = { readonly [K in Exclude<keyof A, Missing<A>>]: A[K] } & {
  readonly [K in Missing<A>]?: Exclude<A[K], undefined>
}

/** Lists rows that Kraken keys by id, `{ OUF4EM-…: { … } }`, with the id as a field. */
export const keyed = <A extends object, K extends string>(
  rows: { readonly [id: string]: A },
  id: K
): Array<A & { readonly [key in K]: string }> =>
  Object.entries(rows).map(([key, row]) => ({ [id]: key, ...row }) as A & { readonly [key in K]: string })

/** Checks that a value is a list. `Array.isArray` does not narrow read-only lists. */
export const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

/**
 * Removes the fields of a row that carry no information: null, undefined, empty texts and lists, and the values that
 * mean "not set" in certain fields: zero in `zeros`, the word "none" in `none`.
 */
export const compact = <A extends object>(
  row: A,
  empty: { readonly zeros?: ReadonlyArray<string>; readonly none?: ReadonlyArray<string> } = {}
): Compact<A> =>
  Object.fromEntries(
    Object.entries(row).filter(
      ([field, value]) =>
        !isEmpty(value) &&
        !(empty.zeros?.includes(field) && isZero(value)) &&
        !(empty.none?.includes(field) && String(value).toLowerCase() === "none")
    )
  ) as Compact<A>

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)

const isZero = (value: unknown) => /^[+-]?0+(\.0+)?%?$/.test(String(value))

/** Sorts rows by time, the latest first. The time is the first of the given fields that a row has. */
export const newestFirst = <A>(rows: ReadonlyArray<A>, ...times: ReadonlyArray<keyof A>): Array<A> =>
  rows.toSorted((a, b) => time(b, times) - time(a, times))

const time = <A>(row: A, times: ReadonlyArray<keyof A>): number =>
  Number(times.map((field) => row[field]).find((value) => value !== undefined) ?? 0)
