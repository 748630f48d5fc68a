import { StringDecoder } from "node:string_decoder"

/** The most characters of a line. Longer lines are refused. */
export const maxLine = 4 * 1024 * 1024

/** A line that was read, or a mark for one that was too long and was dropped. */
export type Line = { readonly text: string } | { readonly tooLong: true }

/**
 * Makes a splitter that turns chunks of bytes into lines, wherever the chunks are cut. LF or CRLF ends a line, and empty
 * lines are skipped. A call without a chunk ends the input and its last line.
 */
export const makeLineSplitter = () => {
  const decoder = new StringDecoder("utf8")
  let rest = ""
  let skipping = false
  const lineOf = (part: string): ReadonlyArray<Line> => {
    if (part.length > maxLine) return [{ tooLong: true }]
    const text = part.trim()
    return text === "" ? [] : [{ text }]
  }
  return (chunk?: Buffer): Array<Line> => {
    const parts = (rest + (chunk === undefined ? `${decoder.end()}\n` : decoder.write(chunk))).split("\n")
    rest = parts.pop() ?? ""
    // The rest of a line that was refused before.
    if (skipping && parts.length > 0) {
      parts.shift()
      skipping = false
    }
    const lines = parts.flatMap(lineOf)
    if (rest.length > maxLine || skipping) {
      if (!skipping) lines.push({ tooLong: true })
      rest = ""
      skipping = true
    }
    return lines
  }
}
