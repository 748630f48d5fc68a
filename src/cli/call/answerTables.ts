import { Predicate } from "effect"
import { table } from "../kit/textTable.ts"

type Json = { readonly [field: string]: unknown }

/** Prints an answer as tables: first its single values, then a table for each list. */
export const answerTables = (title: string, answer: Json): string => {
  const { columns, ...fields } = answer
  const names = Array.isArray(columns) ? columns.map(String) : undefined
  const parts = Object.entries(fields).map(([name, value]) => ({ name, value, rows: rowsOf(value, names) }))
  const single = parts.flatMap(({ name, rows, value }) => (rows === undefined ? [[name, textOf(value)]] : []))
  const lists = parts.flatMap(({ name, rows }) => (rows === undefined ? [] : [{ name, ...rows }]))
  return [
    ...(single.length > 0 || lists.length === 0 ? [table(title, ["Field", "Value"], single)] : []),
    ...lists.map(({ cells, head, name }) =>
      table(lists.length === 1 && single.length === 0 ? title : name, head, cells)
    )
  ].join("\n\n")
}

/** Reads a list of objects or of arrays as rows. Undefined for any other value. */
const rowsOf = (value: unknown, columns: ReadonlyArray<string> | undefined) => {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const rows: ReadonlyArray<unknown> = value
  if (rows.every(Predicate.isRecord)) {
    const head = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    return { head, cells: rows.map((row) => head.map((name) => textOf(row[name]))) }
  }
  if (!rows.every((row) => Array.isArray(row))) return undefined
  const width = Math.max(...rows.map((row) => row.length))
  const head = Array.from({ length: width }, (_, i) => columns?.[i] ?? String(i + 1))
  return { head, cells: rows.map((row) => head.map((_, i) => textOf(row[i]))) }
}

/** Prints a value in one cell. */
const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (Array.isArray(value) && value.length === 0) return "none"
  if (Array.isArray(value) && !value.some((item) => typeof item === "object")) return value.join(", ")
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}
