import { StringDecoder } from "node:string_decoder"

/** Longer lines are refused. */
export const maxLine = 4 * 1024 * 1024

/** A line that was read, or one that was too long and is gone. */
export type Line = { readonly text: string } | { readonly tooLong: true }

/** Cuts chunks of bytes into lines, whatever the chunks; CRLF ends a line too, and empty lines are none. */
export const makeLines = () => {
  const decoder = new StringDecoder("utf8")
  let rest = ""
  let skipping = false
  return (chunk: Buffer): Array<Line> => {
    const parts = (rest + decoder.write(chunk)).split("\n")
    rest = parts.pop() ?? ""
    const lines: Array<Line> = []
    for (const part of parts) {
      const text = part.endsWith("\r") ? part.slice(0, -1) : part
      if (skipping) skipping = false
      else if (text.length > maxLine) lines.push({ tooLong: true })
      else if (text.trim() !== "") lines.push({ text })
    }
    if (rest.length > maxLine) {
      rest = ""
      if (!skipping) lines.push({ tooLong: true })
      skipping = true
    }
    return lines
  }
}
