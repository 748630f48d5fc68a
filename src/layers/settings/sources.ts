import { realpathSync, statSync } from "node:fs"
import { isAbsolute, join, resolve } from "node:path"
import { expandHome, homeFolder } from "./homeFolder.ts"

/** Variables of one source. Names are in capitals, and no value is empty. */
export type Source = ReadonlyMap<string, string>

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

/** Finds a `.env` in the working directory other than `read`, the file that was read. Undefined if there is none. */
export const unreadDotenv = (read: string | undefined): string | undefined => {
  const file = resolve(".env")
  try {
    return statSync(file).isFile() &&
      !(read !== undefined && realpathSync(expandHome(read) ?? read) === realpathSync(file))
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
