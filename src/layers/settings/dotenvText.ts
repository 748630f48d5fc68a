import { parse } from "dotenv"
import { settings } from "./settingDefinitions.ts"

/** A line of a file of settings that is not understood. */
export interface RefusedLine {
  /** Counted from 1. */
  readonly number: number
  /** The setting that the line names, if it names one. The rest of the line might be a secret. */
  readonly setting: string | undefined
  /** True if a value begins with a quotation mark that does not end it. */
  readonly openQuote: boolean
}

interface Lines {
  readonly variables: { readonly [name: string]: string }
  readonly refused: ReadonlyArray<RefusedLine>
}

/** The beginning of a line that sets a variable. */
const assignment = /^\s*(?:export\s+)?[\w.-]+\s*=\s*(?<value>.*)$/

/** A quoted value up to its closing quotation mark, and what follows on that line. */
const quoted = /^(?<mark>['"`])(?:\\\k<mark>|(?!\k<mark>)[^])*\k<mark>(?<rest>.*)/

const names: ReadonlyArray<string> = Object.values(settings).map(({ name }) => name)

const settingIn = (line: string): string | undefined =>
  (line.match(/(?:(?:MCP_)?KRAKEN|OTEL)_\w+/gi) ?? [])
    .map((name) => name.toUpperCase())
    .find((name) => names.includes(name))

const isEmpty = (line: string): boolean => /^\s*(?:#.*)?$/.test(line)

/**
 * Reads lines of the forms `NAME=value` and `export NAME=value`, blank lines and comments. A quoted value can span lines,
 * for the sake of other programs that read the same file. Lists every other line, so that no setting is skipped silently.
 */
export const readLines = (text: string): Lines => {
  const lines = text.split(/\r\n|\r|\n/)
  const variables: Record<string, string> = {}
  const refused: Array<RefusedLine> = []
  let index = 0
  while (index < lines.length) {
    const line = lines[index] ?? ""
    const value = assignment.exec(line)?.groups?.["value"]
    const second = value === undefined ? undefined : secondSetting(value)
    const count = value === undefined || second !== undefined ? 0 : lengthOf(value, lines.slice(index + 1))
    if (count > 0) Object.assign(variables, parse(lines.slice(index, index + count).join("\n")))
    else if (!isEmpty(line)) {
      const setting = second ?? settingIn(line)
      refused.push({ number: index + 1, setting, openQuote: value !== undefined && second === undefined })
    }
    index += Math.max(1, count)
  }
  return { variables, refused }
}

/**
 * Finds a setting that follows a value on its line, as in `A=1; export MCP_KRAKEN_READ_ONLY=true`, and would be a part of
 * that value.
 */
const secondSetting = (value: string): string | undefined => {
  const rest = (quoted.exec(value)?.groups?.["rest"] ?? value).replace(/#.*/, "")
  return (rest.match(/\w+(?=\s*=)/g) ?? []).map(settingIn).find((name) => name !== undefined)
}

/**
 * Counts the lines of a value. 0 if its quotation mark is not closed before the end or before a line with a setting,
 * which would be swallowed, or if more than a comment follows the mark.
 */
const lengthOf = (value: string, following: ReadonlyArray<string>): number => {
  const mark = /^['"`]/.exec(value)?.[0]
  // Without a closing mark of its own, `'it's'` is taken as it stands.
  if (mark === undefined || value.trimEnd().slice(1).endsWith(mark)) return 1
  let joined = value
  for (const [index, line] of [...following, undefined].entries()) {
    const rest = quoted.exec(joined)?.groups?.["rest"]
    if (rest !== undefined) return isEmpty(rest) ? index + 1 : 0
    if (line === undefined || settingIn(line) !== undefined) return 0
    joined += `\n${line}`
  }
  return 0
}
