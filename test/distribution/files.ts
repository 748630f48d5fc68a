import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { parse } from "yaml"
import { settings, withoutEffect } from "../../src/layers/settings/settingDefinitions.ts"

export const root = resolve(import.meta.dirname, "../..")

export const read = (path: string): string => readFileSync(resolve(root, path), "utf8")

export const readJson = (path: string) => JSON.parse(read(path))

export const readYaml = (path: string) => parse(read(path))

const known = new Set([...Object.values(settings).map(({ name }) => name), ...Object.keys(withoutEffect)])

/** Lists the variables in a text that this version does not have. */
export const unknownVariables = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/\b(?:MCP_)?KRAKEN_[A-Z_]*[A-Z]\b/g)].map(([name]) => name).filter((name) => !known.has(name))
