/** Fields that may be missing or undefined. */
type Missing<A> = { [K in keyof A]-?: {} extends Pick<A, K> ? K : undefined extends A[K] ? K : never }[keyof A]

/** A row in which what would be undefined is missing. */
export type Compact<A> = { readonly [K in Exclude<keyof A, Missing<A>>]: A[K] } & {
  readonly [K in Missing<A>]?: Exclude<A[K], undefined>
}

/** Kraken keys rows by their id, `{ OUF4EM-…: { … } }`; here the id is a field. */
export const keyed = <A extends object, K extends string>(
  rows: { readonly [id: string]: A },
  id: K
): Array<A & { readonly [key in K]: string }> =>
  Object.entries(rows).map(([key, row]) => ({ [id]: key, ...row }) as A & { readonly [key in K]: string })

/** Tells a list from an object; `Array.isArray` does not for read-only ones. */
export const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

/**
 * A row without what says nothing: undefined, empty texts and lists; zeros in fields where zero means that there is none;
 * the word "none" in fields where Kraken writes it. Models pay for every word of an answer.
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

/** The same rows with the greatest of a field first. */
export const newestFirst = <A>(rows: ReadonlyArray<A>, ...times: ReadonlyArray<keyof A>): Array<A> =>
  rows.toSorted((a, b) => time(b, times) - time(a, times))

const time = <A>(row: A, times: ReadonlyArray<keyof A>): number =>
  Number(times.map((field) => row[field]).find((value) => value !== undefined) ?? 0)
