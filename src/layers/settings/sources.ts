import { parse } from "dotenv"
import { readFileSync, realpathSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"

/** Variables from one place, names in capitals, none empty. */
export type Source = ReadonlyMap<string, string>

/** What was found in a file of settings. */
export interface DotenvFile {
  /** How the file is called in messages; none if no file was to be read. */
  readonly name: string | undefined
  readonly source: Source
  /** Settings that a line names without setting them. `MCP_KRAKEN_READ_ONLY true` must not be passed over. */
  readonly malformed: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

export const noDotenv: DotenvFile = { name: undefined, source: new Map(), malformed: [], problems: [] }

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
    return { ...noDotenv, name: ".env", problems: isThere ? [unreadable(".env", error)] : [] }
  }
}

/** The settings in a file that somebody named: it has to be there. */
export const readNamed = (file: string): DotenvFile => {
  try {
    return parseDotenv(readFileSync(file, "utf8"), file)
  } catch (error) {
    return { ...noDotenv, name: file, problems: [unreadable(file, error)] }
  }
}

const unreadable = (file: string, error: unknown): string =>
  `${file}: can't be read (${String(Object(error).code ?? error)})`

/** Characters that a file of settings has at most: reading a larger one might take long. */
const longest = 65_536

/** Reads the settings of a text. `name` is how the file is called in messages. */
export const parseDotenv = (text: string, name = ".env"): DotenvFile => {
  if (text.length > longest) {
    return {
      ...noDotenv,
      name,
      problems: [`${name}: has ${text.length} characters; a file of settings has at most ${longest}`]
    }
  }
  const variables = parse(text)
  const named = [...text.matchAll(/^[^\S\n]*\uFEFF?[^\S\n]*(?:export\s+)?((?:MCP_)?KRAKEN_\w+)/gim)].flatMap(
    ([, name]) => name ?? []
  )
  return {
    name,
    source: normalize(variables),
    malformed: named.filter((name) => !(name in variables)),
    problems: []
  }
}

/** The path of a `.env` in the working directory that is not `read`, the file that was; undefined if there is none. */
export const unreadDotenv = (read: string | undefined): string | undefined => {
  const file = resolve(".env")
  try {
    return statSync(file).isFile() && !(read !== undefined && realpathSync(read) === realpathSync(file))
      ? file
      : undefined
  } catch {
    return undefined
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
