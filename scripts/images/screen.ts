/**
 * Returns the lines that a terminal shows after some output. Knows what questions on a terminal need: moving the cursor up and to
 * a column, and erasing a line. Colours are left out, and lines are as long as they come.
 */
export const screenOf = (output: string): ReadonlyArray<string> => {
  const rows: Array<string> = [""]
  let [row, column] = [0, 0]
  for (const [, sequence, parameter = "", command, text = ""] of output.matchAll(parts)) {
    const line = rows[row] ?? ""
    if (sequence !== undefined) {
      if (command === "A") row = Math.max(0, row - Number(parameter || 1))
      if (command === "G") column = Number(parameter || 1) - 1
      if (command === "K") rows[row] = parameter === "2" ? "" : line.slice(0, column)
    } else if (text === "\r") column = 0
    else if (text === "\n") {
      row += 1
      while (rows.length <= row) rows.push("")
    } else {
      rows[row] = line.slice(0, column).padEnd(column) + text + line.slice(column + text.length)
      column += text.length
    }
  }
  return rows.map((line) => line.trimEnd())
}

/** A control sequence with its parameter and its command, a control character, or text. */
const parts = new RegExp(`(${"\u001b"}\\[\\??([\\d;]*)([A-Za-z]))|([\\r\\n]|[^\\r\\n${"\u001b"}]+)`, "g")
