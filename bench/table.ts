export interface Table {
  /** Begins with the number of the table. */
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** All tables of this run. */
export const tables: Array<Table> = []

/** Prints rows of text in aligned columns: the first aligned left, the others right. */
export const table = (
  title: string,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): string => {
  tables.push({ title, head, rows })
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ")
  return [`\n${title}`, line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n")
}

export const number = (value: number | undefined, places = 0): string =>
  value === undefined ? "–" : value.toFixed(places)

export const ratio = (value: number, base: number): string => `${(value / base).toFixed(2)}×`

export const print = (text: string): void => void process.stdout.write(`${text}\n`)
