/** Prints rows of text in aligned columns, below a title. */
export const table = (
  title: string,
  head: ReadonlyArray<string>,
  cells: ReadonlyArray<ReadonlyArray<string>>
): string => {
  // Control characters in a token's name must not move the cursor.
  const rows = cells.map((row) => row.map((cell) => cell.replaceAll(/\p{Cc}/gu, "?")))
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd()
  return [title, "", line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}
