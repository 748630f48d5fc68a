import { escapeText } from "../../domain/wire/escapeText.ts"

/** Prints rows of text in aligned columns, below a title. */
export const table = (
  title: string,
  head: ReadonlyArray<string>,
  cells: ReadonlyArray<ReadonlyArray<string>>
): string => {
  const rows = cells.map((row) => row.map(escapeText))
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()
  return [escapeText(title), "", line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join(
    "\n"
  )
}
