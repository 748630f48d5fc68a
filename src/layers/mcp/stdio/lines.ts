import { StringDecoder } from "node:string_decoder"

/** Longer lines are refused. */
export const maxLine = 4 * 1024 * 1024

/** A line that was read, or one that was too long and is gone. */
export type Line = { readonly text: string } | { readonly tooLong: true }

/**
 * Cuts chunks of bytes into lines, whatever the chunks; CRLF ends a line too, and empty lines are none. Without a chunk:
 * the input has ended, and with it its last line.
 */
export const makeLines = () => {
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
    // The end of a line that was refused before.
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
