import { Schema } from "effect"
import { exactText } from "./answerFields.ts"
import { optional } from "./fields.ts"
import { listedAs, unlisted } from "./jsonSchema.ts"
import { isoOf, isoSeconds } from "./timeText.ts"

/**
 * Short and full answers. By default a row has the fields that are usually read, with decimals without trailing zeros
 * and times in whole seconds. With `detail: "full"` it has all fields, with all digits.
 */

const choice = Schema.Literal("full", "compact")

/** The input that asks for all fields. `compact` is understood too, and means the default. */
export const detail = optional(listedAs(choice, { type: "string", enum: ["full"] }))

/** The same for a tool whose full rows have hardly more than Kraken's own ids. It is understood but not listed. */
export const unlistedDetail = optional(unlisted(choice))

/** The part of a call's input that this file reads. */
export interface Wanted {
  readonly detail?: "full" | "compact"
}

export const isFull = (input: Wanted): boolean => input.detail === "full"

/** The fields of a row that are written shorter, or only in a full answer. */
export interface Form<K extends string> {
  /** Names of decimals, which lose trailing zeros. */
  readonly amounts?: ReadonlyArray<string>
  /** Names of times in Unix seconds, which are written in whole seconds. */
  readonly times?: ReadonlyArray<string>
  /** Names of fields that only a full answer has. */
  readonly rest?: ReadonlyArray<K>
}

/** Removes trailing zeros of a decimal. The number stays the same. Other text is returned unchanged. */
export const trimmed = (text: string): string => (/^[+-]?\d+\.\d*$/.test(text) ? text.replace(/\.?0*$/, "") : text)

/** A row without some fields that a full answer has. */
export type Shortened<A, K extends PropertyKey> = Omit<A, K> & Partial<Pick<A, K & keyof A>>

/** Makes the row of a short answer. */
export const shortened = <A extends object, K extends string>(row: A, form: Form<K>): Shortened<A, K> => {
  const rest: ReadonlyArray<string> = form.rest ?? []
  return Object.fromEntries(
    Object.entries(row)
      .filter(([field]) => !rest.includes(field))
      .map(([field, value]) => [field, valueOf(field, value, form, trimmed, isoSeconds)])
  ) as Shortened<A, K>
}

type Write = (text: string) => string

/** Writes a value as its field asks for. */
const valueOf = (
  field: string,
  value: unknown,
  { amounts = [], times = [] }: Form<string>,
  amount: Write,
  time: Write
) => {
  if (typeof value !== "string" && typeof value !== "number") return value
  if (amounts.includes(field)) return amount(exactText(value))
  return times.includes(field) ? time(String(value)) : value
}

/** Makes the rows of an answer: all fields of each if the call asks for them, otherwise short ones. */
export const rows = <A extends object, K extends string>(
  all: ReadonlyArray<A>,
  form: Form<K>,
  input: Wanted
): ReadonlyArray<Shortened<A, K>> => (isFull(input) ? all : all.map((row) => shortened(row, form)))

/** A value of a table. Null if the row has no such field. */
const Cell = Schema.Union(Schema.String, Schema.Number, Schema.Boolean, Schema.Null)

type Cell = typeof Cell.Type

/** Rows of a table, whose columns the answer names in `columns`. */
export const Cells = Schema.Array(Schema.Array(Cell)).annotations({ jsonSchema: { type: "array" } })

/** The names of a table's columns. Absent if rows are objects. */
export const columns = optional(Schema.Array(Schema.String))

/** Makes the schema of a list whose rows are those of a table or, in a full answer, objects. */
export const tableOr = <A, I>(row: Schema.Schema<A, I>) =>
  Schema.Array(Schema.Union(Schema.Array(Cell), row)).annotations({ jsonSchema: { type: "array" } })

interface Table {
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<Cell>>
}

/** Makes a table. A column that no row has is left out. */
export const table = (
  all: ReadonlyArray<object>,
  columns: ReadonlyArray<string>,
  form: Form<string>,
  input: Wanted = {}
): Table => {
  const [amount, time]: readonly [Write, Write] = isFull(input) ? [(text) => text, isoOf] : [trimmed, isoSeconds]
  const cells = all.map((row) => {
    const fields = new Map<string, unknown>(Object.entries(row))
    return columns.map((name) => cellOf(valueOf(name, fields.get(name), form, amount, time)))
  })
  const used = columns.map((_, i) => cells.length === 0 || cells.some((row) => row[i] !== null))
  return {
    columns: columns.filter((_, i) => used[i]),
    rows: cells.map((row) => row.filter((_, i) => used[i]))
  }
}

const cellOf = (value: unknown): Cell => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value
  return Array.isArray(value) ? value.join(",") : null
}
