import { assert } from "@effect/vitest"

/** A table of TOML, and the tables in it. */
interface Table {
  [name: string]: unknown
}

/**
 * Reads the TOML that documents show: tables, and keys with a string, a number, a boolean or a list of these on one line.
 * Anything else fails.
 */
export const parseToml = (text: string): Table => {
  const top: Table = {}
  let table = top
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (line === "" || line.startsWith("#")) continue
    const {
      key = "",
      name,
      value = ""
    } = /^(?:\[(?<name>[\w.-]+)\]|(?<key>[\w-]+) = (?<value>.+))$/.exec(line)?.groups ??
    assert.fail(`${line}: no test reads this TOML`)
    if (name === undefined) table[key] = JSON.parse(value)
    else table = name.split(".").reduce((parent, part) => (parent[part] ??= {}) as Table, top)
  }
  return top
}
