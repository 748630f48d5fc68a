import type { Json } from "../doubles/TestExchange.ts"

/** Reads the rows of an answer as objects: those of a table by its `columns`, others as they are. */
export const objects = (answer: Json, list: string): ReadonlyArray<Json> =>
  answer[list].map((row: Json) =>
    Array.isArray(row) ? Object.fromEntries(answer.columns.map((name: string, i: number) => [name, row[i]])) : row
  )
