import { Schema } from "effect"
import { list, optional } from "./fields.ts"

/** Makes the input that names the fields to add to those that every row has. */
export const fields = (examples: string) =>
  optional(list(Schema.String, `More fields, e.g. ${examples}, or all (default if named)`))

export const fieldFaults = (wanted: ReadonlyArray<string> | undefined, known: ReadonlyArray<string>) =>
  (wanted ?? [])
    .map((field, index) => ({ path: `fields.${index}`, field }))
    .filter(({ field }) => field !== "all" && !known.includes(field))
    .map(({ field, path }) => ({ path, fault: `must be all or one of ${known.join(", ")}; got ${field}` }))

/** Selects the fields `always` and `wanted` of a row; all fields if `wanted` is undefined. */
export const selectFields = <A extends object, K extends keyof A & string>(
  row: A,
  always: ReadonlyArray<K>,
  wanted?: ReadonlyArray<string>
): Pick<A, K> & Partial<A> => {
  if (wanted === undefined || wanted.includes("all")) return row
  const fields = new Set<string>([...always, ...wanted])
  return Object.fromEntries(Object.entries(row).filter(([field]) => fields.has(field))) as Pick<A, K> & Partial<A>
}
