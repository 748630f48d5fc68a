import { parse } from "dotenv"
import { readFileSync } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/** Variables from one place, names in capitals, none empty. */
export type Source = ReadonlyMap<string, string>

export interface DotenvFile {
  readonly source: Source
  readonly problems: ReadonlyArray<string>
}

/**
 * Names in capitals, where a name that is so already counts most. What is empty counts as not set, and so does a half of
 * the API key that the user of a desktop client left out, for which some put in the place where it should have gone.
 */
export const normalize = (variables: { readonly [name: string]: string | undefined }): Source => {
  const entries = Object.entries(variables).flatMap(([name, value]) =>
    value === undefined || value.trim() === "" || isLeftOut(name, value)
      ? []
      : [{ name, capitals: name.toUpperCase(), value: value.trim() }]
  )
  const inOrder = entries.toSorted((a, b) => Number(a.name === a.capitals) - Number(b.name === b.capitals))
  return new Map(inOrder.map(({ capitals, value }) => [capitals, value]))
}

const isLeftOut = (name: string, value: string) =>
  /^KRAKEN_API_/i.test(name) && /^\$\{user_config\.\w+\}$/.test(value.trim())

/** The settings in `.env` of the working directory, taken literally. No file is no problem, and neither is a folder. */
export const readDotenv = (file = ".env"): DotenvFile => {
  try {
    return parseDotenv(readFileSync(file, "utf8"))
  } catch (error) {
    const { code } = Object(error)
    const isThere = code !== "ENOENT" && code !== "EISDIR" && code !== "ENOTDIR"
    return { source: new Map(), problems: isThere ? [`.env: can't be read (${String(code ?? error)})`] : [] }
  }
}

/** A line that names a setting and sets nothing is told: `MCP_KRAKEN_READ_ONLY true` must not be passed over. */
export const parseDotenv = (text: string): DotenvFile => {
  const variables = parse(text)
  const named = [...text.matchAll(/^[\s\uFEFF]*(?:export\s+)?((?:MCP_)?KRAKEN_\w+)/gim)].flatMap(
    ([, name]) => name ?? []
  )
  return {
    source: normalize(variables),
    problems: named.filter((name) => !(name in variables)).map((name) => `${name} (.env): expected ${name}=VALUE`)
  }
}

/** Where programs of this user keep what they must remember; undefined where the user has no home. */
export const stateFolder = (environment: Source, platform: NodeJS.Platform): string | undefined => {
  const folder = (name: string, ...inHome: ReadonlyArray<string>) => {
    const given = environment.get(name)
    if (given !== undefined && isAbsolute(given)) return join(given, "mcp-kraken")
    const home = homeFolder()
    return home === undefined ? undefined : join(home, ...inHome, "mcp-kraken")
  }
  if (platform === "darwin") return folder("", "Library", "Application Support")
  if (platform === "win32") return folder("LOCALAPPDATA", "AppData", "Local")
  return folder("XDG_STATE_HOME", ".local", "state")
}

const homeFolder = (): string | undefined => {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
