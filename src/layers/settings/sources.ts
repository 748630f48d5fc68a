import { parse } from "dotenv"
import { readFileSync, realpathSync, statSync } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"

/** Variables of one source. Names are in capitals, and no value is empty. */
export type Source = ReadonlyMap<string, string>

/** The contents of a file of settings. */
export interface DotenvFile {
  /** The name of the file in messages. Undefined if no file was to be read. */
  readonly name: string | undefined
  readonly source: Source
  /** Settings that a line names without a value. `MCP_KRAKEN_READ_ONLY true` must not be ignored. */
  readonly malformed: ReadonlyArray<string>
  readonly problems: ReadonlyArray<string>
}

export const noDotenv: DotenvFile = { name: undefined, source: new Map(), malformed: [], problems: [] }

/**
 * Normalizes names to capitals; a name already in capitals wins over other spellings. An empty value counts as not set,
 * and so does a part of the API key that a desktop client's user left out, for which some clients send the placeholder
 * itself.
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

/**
 * Reads the settings in `.env` of the working directory, without substitution. A missing file is not an error, nor is a
 * folder of that name.
 */
export const readDotenv = (file = ".env"): DotenvFile => {
  try {
    return parseDotenv(readFileSync(file, "utf8"))
  } catch (error) {
    const { code } = Object(error)
    const isThere = code !== "ENOENT" && code !== "EISDIR" && code !== "ENOTDIR"
    return { ...noDotenv, name: ".env", problems: isThere ? [unreadable(".env", error)] : [] }
  }
}

/** Reads the settings in a file that the user named, which must exist. */
export const readNamed = (file: string): DotenvFile => {
  try {
    return parseDotenv(readFileSync(file, "utf8"), file)
  } catch (error) {
    return { ...noDotenv, name: file, problems: [unreadable(file, error)] }
  }
}

const unreadable = (file: string, error: unknown): string =>
  `${file}: can't be read (${String(Object(error).code ?? error)})`

/** The most characters of a file of settings. Reading a larger one might take long. */
const longest = 65_536

/** Reads the settings in a text. `name` is the name of the file in messages. */
export const parseDotenv = (text: string, name = ".env"): DotenvFile => {
  if (text.length > longest) {
    return {
      ...noDotenv,
      name,
      problems: [`${name}: has ${text.length} characters; a settings file has at most ${longest}`]
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

/** Finds a `.env` in the working directory other than `read`, the file that was read. Undefined if there is none. */
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

/** Returns the folder in which this user's programs keep their state. Undefined if the user has no home folder. */
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
