import { Array, ParseResult } from "effect"

/** Every fault in a parse, one line a path: `- orders.0.type: expected "buy" | "sell", got "by"`. */
export const format = (error: ParseResult.ParseError): string => {
  const byPath = Array.groupBy(ParseResult.ArrayFormatter.formatErrorSync(error), ({ path }) => path.join("."))
  return Object.entries(byPath)
    .map(([path, issues]) => line(path, merge(issues.map(({ message }) => message))))
    .join("\n")
}

/** One line of a list of faults: what was sent need not be read again at its full length. */
export const line = (path: string, fault: string): string =>
  `- ${path === "" ? "(arguments)" : cut(path, 200)}: ${cut(fault, 1000)}`

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** Effect reports "Expected A, actual C" for each member A of a union; a reader wants one line for all. */
const merge = (messages: ReadonlyArray<string>): string => {
  const matches = messages.flatMap((message) => Array.fromIterable(message.matchAll(/^Expected (.+), actual (.+)$/gs)))
  const actual = matches[0]?.[2]
  return matches.length === messages.length && matches.every((match) => match[2] === actual)
    ? `expected ${matches.map((match) => match[1]).join(" | ")}, got ${cut(actual ?? "", 200)}`
    : messages.join("; ")
}
