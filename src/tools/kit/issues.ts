import { Array, ParseResult } from "effect"
import type { Fault } from "../../domain/orders/fault.ts"

/** Lists the faults of a parse, one for each path: `expected "buy" | "sell", got "by"`. */
export const faults = (error: ParseResult.ParseError): ReadonlyArray<Fault> => {
  const byPath = Array.groupBy(ParseResult.ArrayFormatter.formatErrorSync(error), ({ path }) => path.join("."))
  return Object.entries(byPath).map(([path, issues]) => ({ path, fault: merge(issues.map(({ message }) => message)) }))
}

/**
 * Writes a line for each of the first fifty faults, such as `- orders.0.type: expected "buy" | "sell", got "by"`.
 * `whole` is the path of a fault that is not in one field.
 */
export const format = (all: ReadonlyArray<Fault>, whole = "(arguments)"): string =>
  [
    ...all.slice(0, most).map((fault) => line(fault, whole)),
    ...(all.length > most ? [`- and ${all.length - most} more`] : [])
  ].join("\n")

const most = 50

/** Writes one fault, shortened, since it might repeat a long value. */
const line = ({ fault, path }: Fault, whole: string): string =>
  `- ${path === "" ? whole : cut(path, 200)}: ${cut(fault, 1000)}`

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)}…` : text)

/** Merges the messages of a union's members, "Expected A, actual C" for each member A, to one. */
const merge = (messages: ReadonlyArray<string>): string => {
  const matches = messages.flatMap((message) => Array.fromIterable(message.matchAll(/^Expected (.+), actual (.+)$/gs)))
  const actual = matches[0]?.[2]
  return matches.length === messages.length && matches.every((match) => match[2] === actual)
    ? `expected ${matches.map((match) => match[1]).join(" | ")}, got ${cut(actual ?? "", 200)}`
    : messages.join("; ")
}
