import { Schema } from "effect"

/** The lines of an exported state. */

/** A description of a table. */
export const TableLine = Schema.Struct({
  table: Schema.String,
  columns: Schema.Array(Schema.String.pipe(Schema.pattern(/^\w+$/))),
  rows: Schema.NonNegativeInt
})
export type TableLine = typeof TableLine.Type

/** A description of a table, or a row of the last one. */
export type Line = TableLine | ReadonlyArray<string | null>

/** A table, whose rows have to be read before the next one. */
export interface Entry {
  readonly table: string
  readonly columns: ReadonlyArray<string>
  readonly rows: Iterable<ReadonlyArray<string | null>>
}
